/** Kinds of our own that compositions compose: cluster-scoped CustomResourceDefinitions with one version. */
import type { PrinterColumn, Schema } from '@larder/kube';
import type { CustomResourceDefinition } from './service.ts';

const text: Schema = { type: 'string' };

/** `status.conditions`, as Kubernetes has them. */
export const conditionsSchema: Schema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['type', 'status', 'reason', 'lastTransitionTime'],
    properties: {
      type: text,
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      reason: text,
      message: text,
      lastTransitionTime: { type: 'string', format: 'date-time' },
      observedGeneration: { type: 'integer', format: 'int64' },
    },
  },
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
};

/** Where a composed object reads or writes a Secret. */
export function secretReference(description: string): Schema {
  return {
    type: 'object',
    required: ['namespace', 'name'],
    properties: { namespace: text, name: text },
    description,
  };
}

export interface CustomKind {
  /** Group and version: `local.larder.dev/v1alpha1`. */
  apiVersion: string;
  /** In CamelCase. The plural is in lower case with an `s`. */
  name: string;
  /** With a `status` among its properties, there is the sub-resource. */
  schema: Schema;
  columns: PrinterColumn[];
}

export function customKind({ apiVersion, name, schema, columns }: CustomKind): CustomResourceDefinition {
  const [group = '', version = ''] = apiVersion.split('/');
  const singular = name.toLowerCase();
  const plural = `${singular}s`;
  const hasStatus = schema.properties?.status !== undefined;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind: name, plural, singular, listKind: `${name}List`, categories: ['larder'] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', ...schema } },
          ...(hasStatus ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}
