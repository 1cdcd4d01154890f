/** The fields that Crossplane adds to every composite and claim of an XRD (API v1, as 2.x serves it), and their columns. */
import type { PrinterColumn, Schema } from '@larder/kube';

type Properties = Record<string, Schema>;

const text: Schema = { type: 'string' };

function reference(...fields: string[]): Schema {
  return { type: 'object', required: fields, properties: Object.fromEntries(fields.map(field => [field, text])) };
}

const selector: Schema = {
  type: 'object',
  required: ['matchLabels'],
  properties: { matchLabels: { type: 'object', additionalProperties: text } },
};

const composition: Properties = {
  compositionRef: reference('name'),
  compositionSelector: selector,
  compositionRevisionRef: reference('name'),
  compositionRevisionSelector: selector,
};

/** `spec` of a composite. */
export function compositeSpecFields(defaultUpdatePolicy?: string): Properties {
  return {
    ...composition,
    compositionUpdatePolicy: { type: 'string', enum: ['Automatic', 'Manual'], ...defaultTo(defaultUpdatePolicy) },
    claimRef: reference('apiVersion', 'kind', 'namespace', 'name'),
    resourceRefs: {
      type: 'array',
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        required: ['apiVersion', 'kind'],
        properties: { apiVersion: text, kind: text, name: text, namespace: text },
      },
    },
    writeConnectionSecretToRef: reference('name', 'namespace'),
  };
}

/** `spec` of a claim. */
export function claimSpecFields(defaultDeletePolicy?: string): Properties {
  return {
    ...composition,
    compositionUpdatePolicy: { type: 'string', enum: ['Automatic', 'Manual'] },
    compositeDeletePolicy: { type: 'string', enum: ['Background', 'Foreground'], ...defaultTo(defaultDeletePolicy) },
    resourceRef: reference('apiVersion', 'kind', 'name'),
    writeConnectionSecretToRef: reference('name'),
  };
}

/** What a claim's `spec` hands on to its composite's although Crossplane defines it. */
export const propagatedFields: readonly string[] = [
  'compositionRef',
  'compositionSelector',
  'compositionUpdatePolicy',
  'compositionRevisionSelector',
];

/** `status` of both. */
export const statusFields: Properties = {
  conditions: {
    description: 'Conditions of the resource.',
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    items: {
      type: 'object',
      required: ['lastTransitionTime', 'reason', 'status', 'type'],
      properties: {
        lastTransitionTime: { type: 'string', format: 'date-time' },
        message: text,
        reason: text,
        status: text,
        type: text,
        observedGeneration: { type: 'integer', format: 'int64' },
      },
    },
  },
  connectionDetails: { type: 'object', properties: { lastPublishedTime: { type: 'string', format: 'date-time' } } },
  claimConditionTypes: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
};

const synced = column('SYNCED', ".status.conditions[?(@.type=='Synced')].status");
const ready = column('READY', ".status.conditions[?(@.type=='Ready')].status");
const age: PrinterColumn = { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' };

export const compositeColumns: PrinterColumn[] = [
  synced,
  ready,
  column('COMPOSITION', '.spec.compositionRef.name'),
  { ...column('COMPOSITIONREVISION', '.spec.compositionRevisionRef.name'), priority: 1 },
  age,
];

export const claimColumns: PrinterColumn[] = [
  synced,
  ready,
  column('CONNECTION-SECRET', '.spec.writeConnectionSecretToRef.name'),
  age,
];

function column(name: string, jsonPath: string): PrinterColumn {
  return { name, type: 'string', jsonPath };
}

function defaultTo(value: string | undefined): Schema {
  return value === undefined ? {} : { default: value };
}
