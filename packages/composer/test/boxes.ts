/** A small service for tests: a `Box` holds ConfigMaps. What a composition decides here is what the tests decide. */
import type {
  CompositeResourceDefinition,
  Composition,
  CompositionCondition,
  CompositionRequest,
  CompositionResponse,
  Service,
} from '@larder/catalog';
import type { KubeObject, Refusal } from '@larder/kube';
import type { Claim, Composite } from '../src/index.ts';

export const boxKind = { apiVersion: 'test.dev/v1', kind: 'Box' };
export const xboxKind = { apiVersion: 'test.dev/v1', kind: 'XBox' };
export const configMapKind = { apiVersion: 'v1', kind: 'ConfigMap' };
export const secretKind = { apiVersion: 'v1', kind: 'Secret' };

export const definition: CompositeResourceDefinition = {
  apiVersion: 'apiextensions.crossplane.io/v1',
  kind: 'CompositeResourceDefinition',
  metadata: { name: 'xboxes.test.dev', labels: { team: 'tests' } },
  spec: {
    group: 'test.dev',
    names: { kind: 'XBox', plural: 'xboxes' },
    claimNames: { kind: 'Box', plural: 'boxes', shortNames: ['bx'], categories: ['all'] },
    connectionSecretKeys: ['endpoint', 'password'],
    defaultCompositionRef: { name: 'boxes' },
    defaultCompositeDeletePolicy: 'Foreground',
    versions: [
      {
        name: 'v1',
        served: true,
        referenceable: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A box.',
            required: ['spec'],
            'x-kubernetes-validations': [{ rule: 'self.metadata.name != "forbidden"', message: 'no' }],
            properties: {
              metadata: {
                type: 'object',
                properties: { name: { type: 'string', maxLength: 38, pattern: '^[a-z]+[0-9]*$' } },
              },
              spec: {
                type: 'object',
                required: ['parameters'],
                properties: {
                  parameters: {
                    type: 'object',
                    required: ['size'],
                    properties: {
                      size: { type: 'integer' },
                      lid: { type: 'string', default: 'closed' },
                      deletionProtection: { type: 'boolean' },
                    },
                  },
                },
              },
              status: { type: 'object', properties: { weight: { type: 'integer' }, ware: { type: 'string' } } },
            },
          },
        },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.parameters.size' }],
      },
    ],
  },
};

/** ConfigMaps `first` and `second`, ready when somebody labels them so; the details come with the first one's data. */
export const composeBox: Composition = ({ composite, composed }) => {
  const { size } = (composite.spec as { parameters: { size: number } }).parameters;
  const password = dataOf(composed.first?.resource).password;
  const names = ['first', 'second'].slice(0, size);
  return {
    ...nothing,
    composed: Object.fromEntries(
      names.map(name => [name, { resource: map(name), ready: isReady(composed[name]?.resource) }]),
    ),
    status: { weight: size },
    ...(password !== undefined && {
      connectionDetails: { endpoint: 'box.test', password, secretive: 'not published' },
    }),
  };
};

export const nothing: CompositionResponse = { composed: {}, status: {}, conditions: [], events: [], requirements: {} };

export function map(content: string): CompositionResponse['composed'][string]['resource'] {
  return { ...configMapKind, metadata: { namespace: 'larder-system' }, data: { content } };
}

export function dataOf(object: KubeObject | undefined): Record<string, string> {
  return (object?.data as Record<string, string> | undefined) ?? {};
}

export function isReady(object: KubeObject | undefined): boolean {
  return object?.metadata.labels?.ready === 'yes';
}

/** The service with this composition, and one more by the label `kind=spare`. */
export function boxes(
  compose: Composition = composeBox,
  spec: Partial<CompositeResourceDefinition['spec']> = {},
): Service {
  const composition = (name: string, labels: Record<string, string>): Service['compositions'][number] => ({
    name,
    engine: 'local',
    labels,
    compose,
    resource: {
      apiVersion: 'apiextensions.crossplane.io/v1',
      kind: 'Composition',
      metadata: { name, labels },
      spec: {
        compositeTypeRef: xboxKind,
        mode: 'Pipeline',
        pipeline: [{ step: 'compose', functionRef: { name: 'boxes' } }],
        writeConnectionSecretsToNamespace: 'larder-system',
      },
    },
  });
  return {
    name: 'boxes',
    definition: { ...definition, spec: { ...definition.spec, ...spec } },
    compositions: [composition('boxes', { kind: 'plain' }), composition('spare', { kind: 'spare' })],
    kinds: [],
    admission: [{ ...boxKind, operations: ['DELETE'], refuse: refuseProtected }],
    connectionSecretName: claim => `${claim}-connection`,
  };
}

function refuseProtected({ metadata, spec }: KubeObject): Refusal | undefined {
  const { parameters } = spec as { parameters: { deletionProtection?: boolean } };
  return parameters.deletionProtection
    ? { reason: 'Forbidden', message: `Box "${metadata.name}" is protected` }
    : undefined;
}

export function box(
  name: string,
  more: { size?: number; spec?: Partial<Claim['spec']>; metadata?: Partial<Claim['metadata']> } = {},
): Claim {
  const spec = { parameters: { size: more.size ?? 2 }, ...more.spec };
  return { ...boxKind, metadata: { name, namespace: 'default', ...more.metadata }, spec };
}

export function xbox(name: string, more: Partial<Composite> = {}): Composite {
  const { metadata, ...rest } = more;
  return {
    ...xboxKind,
    spec: { parameters: { size: 2 } },
    ...rest,
    metadata: { name, uid: 'uid-x', resourceVersion: '7', ...metadata },
  };
}

export function said(condition: Partial<CompositionCondition>): CompositionCondition {
  return { type: 'Accepted', status: 'True', reason: 'Fine', target: 'Composite', ...condition };
}

export type { CompositionRequest };
