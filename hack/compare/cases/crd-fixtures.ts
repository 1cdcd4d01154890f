/** A kind of everything: what the cases about custom resources define. */
import type { HttpStep } from '../case.ts';

const name = { type: 'string' };

export const specSchema = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 100, description: 'How many jars fit.' },
    replicas: { type: 'integer' },
    tier: { type: 'string', enum: ['top', 'middle', 'bottom'], default: 'middle' },
    label: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
    ratio: { type: 'number', multipleOf: 0.5, exclusiveMinimum: true, minimum: 0 },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    port: { 'x-kubernetes-int-or-string': true },
    maybe: { type: 'string', nullable: true },
    when: { type: 'string', format: 'date-time' },
    address: { type: 'string', format: 'ipv4' },
    weights: { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 2 },
    jars: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', required: ['name'], properties: { name, grams: { type: 'integer', default: 100 } } },
    },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' }, minItems: 1, maxItems: 3 },
  },
  'x-kubernetes-validations': [
    { rule: '!has(self.label) || self.label != "bad"', message: 'label must not be bad' },
    {
      rule: '!has(self.weights) || self.weights.all(k, self.weights[k] < self.size)',
      messageExpression: '"too heavy for " + (has(self.label) ? self.label : "nobody")',
      reason: 'FieldValueForbidden',
      fieldPath: '.weights',
    },
    { rule: 'self.size >= oldSelf.size', message: 'size must not shrink' },
  ],
};

const statusSchema = {
  type: 'object',
  properties: { phase: { type: 'string' }, replicas: { type: 'integer' }, selector: { type: 'string' } },
};

/** @param plural all else is named after it, so that each case has a kind of its own */
export function definition(plural: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  const kind = kindOf(plural);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.store.example` },
    spec: {
      group: 'store.example',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [version('v1')],
      ...change,
    },
  };
}

export function version(versionName: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: versionName,
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Tier', type: 'string', jsonPath: '.spec.tier', priority: 1, description: 'Where it hangs.' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
    schema: {
      openAPIV3Schema: {
        type: 'object',
        description: 'A shelf.',
        required: ['spec'],
        properties: { spec: specSchema, status: statusSchema },
      },
    },
    ...change,
  };
}

/** `jars` → `Jar`. */
export const kindOf = (plural: string): string => plural.charAt(0).toUpperCase() + plural.slice(1, -1);

/** Defines the kind and waits until it is served. */
export function define(plural: string, change: Record<string, unknown> = {}, served = 'v1'): HttpStep[] {
  return [
    {
      ask: 'POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      body: definition(plural, change),
      show: () => 'defined',
    },
    {
      ask: `GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.store.example`,
      until: '"InitialNamesAccepted"',
      show: () => 'established',
    },
    {
      ask: `GET /apis/store.example/${served}/namespaces/default/${plural}`,
      until: '"items"',
      show: () => 'served',
    },
    // The judge's watch cache of a new kind needs its first look.
    { ask: `GET /openapi/v3/apis/store.example/${served}`, until: kindOf(plural), show: () => 'documented' },
  ];
}

export const pathOf = (plural: string): string => `/apis/store.example/v1/namespaces/default/${plural}`;

export function custom(plural: string, name: string, spec: unknown, more: object = {}): object {
  return { apiVersion: 'store.example/v1', kind: kindOf(plural), metadata: { name }, spec, ...more };
}
