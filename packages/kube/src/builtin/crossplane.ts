/** What Crossplane calls the definition of a composite resource, and a composition, with Crossplane's fields. */
import type { PrinterColumn, ResourceDefinition } from '../resource.ts';
import type { Schema, ValidationRule } from '../schema.ts';
import { conditions, kindSchema, labelSelector } from './meta.ts';
import { choice, described, flag, int32, int64, list, map, object, open, text, withDefault } from './shapes.ts';

const group = 'apiextensions.crossplane.io';
const fixed: ValidationRule = { rule: 'self == oldSelf', message: 'Value is immutable' };
const age: PrinterColumn = { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const names: Schema = {
  ...object(
    { plural: text, singular: text, shortNames: list(text), kind: text, listKind: text, categories: list(text) },
    ['kind', 'plural'],
  ),
  'x-kubernetes-validations': [
    fixed,
    { rule: 'self.plural == self.plural.lowerAscii()', message: 'Plural name must be lowercase' },
    {
      rule: '!has(self.singular) || self.singular == self.singular.lowerAscii()',
      message: 'Singular name must be lowercase',
    },
  ],
};

const printerColumn = object(
  { name: text, type: text, format: text, description: text, priority: int32, jsonPath: text },
  ['name', 'type', 'jsonPath'],
);

const version = object(
  {
    name: text,
    referenceable: described(flag, 'Whether compositions may name this version. Exactly one version must say true.'),
    served: flag,
    deprecated: flag,
    deprecationWarning: { ...text, maxLength: 256 },
    schema: object({ openAPIV3Schema: open }),
    additionalPrinterColumns: list(printerColumn),
  },
  ['name', 'referenceable', 'served'],
);

const compositionRef = object({ name: text }, ['name']);
const kindReference = object({ apiVersion: text, kind: text }, ['apiVersion', 'kind']);

export const compositeResourceDefinition: ResourceDefinition = {
  group,
  version: 'v1',
  kind: 'CompositeResourceDefinition',
  plural: 'compositeresourcedefinitions',
  singular: 'compositeresourcedefinition',
  shortNames: ['xrd', 'xrds'],
  categories: ['crossplane'],
  namespaced: false,
  status: true,
  schema: kindSchema('CompositeResourceDefinition defines a composite resource, and the claim for it.', {
    spec: object(
      {
        group: { ...text, 'x-kubernetes-validations': [fixed] },
        names,
        claimNames: described(names, 'What people write to get one; without it there is no claim.'),
        connectionSecretKeys: list(text),
        conversion: object({ strategy: text, webhook: open }, ['strategy']),
        defaultCompositeDeletePolicy: withDefault(choice('Background', 'Foreground'), 'Background'),
        defaultCompositionRef: compositionRef,
        defaultCompositionRevisionSelector: labelSelector,
        defaultCompositionUpdatePolicy: withDefault(choice('Automatic', 'Manual'), 'Automatic'),
        enforcedCompositionRef: compositionRef,
        metadata: object({ annotations: map(text), labels: map(text) }),
        scope: withDefault(choice('LegacyCluster', 'Namespaced', 'Cluster'), 'LegacyCluster'),
        versions: list(version),
      },
      ['group', 'names', 'versions'],
    ),
    status: object({
      conditions,
      controllers: object({
        compositeResourceClaimType: kindReference,
        compositeResourceType: kindReference,
      }),
      observedGeneration: int64,
    }),
  }),
  columns: [
    {
      name: 'ESTABLISHED',
      type: 'string',
      jsonPath: ".status.conditions[?(@.type=='Established')].status",
    },
    { name: 'OFFERED', type: 'string', jsonPath: ".status.conditions[?(@.type=='Offered')].status" },
    age,
  ],
};

const pipelineStep = object(
  {
    step: { ...text, description: 'The name of the step, unique within the pipeline.' },
    functionRef: object({ name: text }, ['name']),
    input: { ...open, 'x-kubernetes-embedded-resource': true },
    credentials: list(
      object({ name: text, source: choice('None', 'Secret'), secretRef: object({ name: text, namespace: text }) }, [
        'name',
        'source',
      ]),
      { keys: ['name'] },
    ),
    requirements: open,
  },
  ['step', 'functionRef'],
);

export const composition: ResourceDefinition = {
  group,
  version: 'v1',
  kind: 'Composition',
  plural: 'compositions',
  singular: 'composition',
  shortNames: ['comp'],
  categories: ['crossplane'],
  namespaced: false,
  schema: kindSchema('Composition says how a composite resource is made of others.', {
    spec: object(
      {
        compositeTypeRef: { ...kindReference, 'x-kubernetes-validations': [fixed] },
        mode: withDefault(choice('Pipeline'), 'Pipeline'),
        pipeline: { ...list(pipelineStep, { keys: ['step'] }), minItems: 1, maxItems: 99 },
        writeConnectionSecretsToNamespace: text,
      },
      ['compositeTypeRef', 'mode'],
    ),
  }),
  columns: [
    { name: 'XR-KIND', type: 'string', jsonPath: '.spec.compositeTypeRef.kind' },
    { name: 'XR-APIVERSION', type: 'string', jsonPath: '.spec.compositeTypeRef.apiVersion' },
    age,
  ],
};
