/** The kinds that definitions and compositions are objects of: CustomResourceDefinitions, as far as Larder reads them. */
import type { CustomResourceDefinition } from '@larder/catalog';
import type { PrinterColumn, Schema } from '@larder/kube';
import { statusFields } from './standard-fields.ts';

const text: Schema = { type: 'string' };
const reference: Schema = { type: 'object', required: ['name'], properties: { name: text } };
const typeReference: Schema = {
  type: 'object',
  required: ['apiVersion', 'kind'],
  properties: { apiVersion: text, kind: text },
};
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const age: PrinterColumn = { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' };

export const crossplaneKinds: CustomResourceDefinition[] = [
  crd({
    kind: 'CompositeResourceDefinition',
    shortNames: ['xrd', 'xrds'],
    spec: {
      type: 'object',
      required: ['group', 'names', 'versions'],
      properties: {
        group: immutable(text),
        names: immutable(names()),
        claimNames: names(),
        connectionSecretKeys: { type: 'array', items: text },
        conversion: open,
        defaultCompositeDeletePolicy: { type: 'string', enum: ['Background', 'Foreground'], default: 'Background' },
        defaultCompositionRef: reference,
        defaultCompositionUpdatePolicy: { type: 'string', enum: ['Automatic', 'Manual'], default: 'Automatic' },
        enforcedCompositionRef: reference,
        metadata: open,
        scope: { type: 'string', enum: ['LegacyCluster'], default: 'LegacyCluster' },
        versions: { type: 'array', items: version() },
      },
    },
    status: {
      type: 'object',
      properties: {
        conditions: statusFields.conditions ?? {},
        controllers: {
          type: 'object',
          properties: { compositeResourceType: typeReference, compositeResourceClaimType: typeReference },
        },
      },
    },
    columns: [condition('ESTABLISHED', 'Established'), condition('OFFERED', 'Offered'), age],
  }),
  crd({
    kind: 'Composition',
    shortNames: ['comp'],
    spec: {
      type: 'object',
      required: ['compositeTypeRef'],
      properties: {
        compositeTypeRef: immutable(typeReference),
        mode: { type: 'string', enum: ['Pipeline'], default: 'Pipeline' },
        pipeline: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['step'],
          items: {
            type: 'object',
            required: ['step', 'functionRef'],
            properties: { step: text, functionRef: reference, input: open },
          },
        },
        writeConnectionSecretsToNamespace: text,
      },
    },
    columns: [
      { name: 'XR-KIND', type: 'string', jsonPath: '.spec.compositeTypeRef.kind' },
      { name: 'XR-APIVERSION', type: 'string', jsonPath: '.spec.compositeTypeRef.apiVersion' },
      age,
    ],
  }),
];

interface Definition {
  kind: string;
  shortNames: string[];
  spec: Schema;
  status?: Schema;
  columns: PrinterColumn[];
}

function crd({ kind, shortNames, spec, status, columns }: Definition): CustomResourceDefinition {
  const group = 'apiextensions.crossplane.io';
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const openAPIV3Schema: Schema = {
    type: 'object',
    required: ['spec'],
    properties: { apiVersion: text, kind: text, metadata: { type: 'object' }, spec, ...(status && { status }) },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, plural, singular, listKind: `${kind}List`, shortNames, categories: ['crossplane'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema },
          ...(status && { subresources: { status: {} } }),
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}

function names(): Schema {
  const list: Schema = { type: 'array', 'x-kubernetes-list-type': 'atomic', items: text };
  return {
    type: 'object',
    required: ['kind', 'plural'],
    properties: { kind: text, plural: text, singular: text, listKind: text, shortNames: list, categories: list },
  };
}

function version(): Schema {
  return {
    type: 'object',
    required: ['name', 'referenceable', 'served'],
    properties: {
      name: text,
      served: { type: 'boolean' },
      referenceable: { type: 'boolean' },
      deprecated: { type: 'boolean' },
      deprecationWarning: text,
      schema: { type: 'object', properties: { openAPIV3Schema: open } },
      additionalPrinterColumns: { type: 'array', items: open },
    },
  };
}

function immutable(schema: Schema): Schema {
  return { ...schema, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'Value is immutable' }] };
}

function condition(name: string, type: string): PrinterColumn {
  return { name, type: 'string', jsonPath: `.status.conditions[?(@.type=='${type}')].status` };
}
