/** The life of CustomResourceDefinitions: what is refused, versions, names, changes, the end. */
import type { HttpCase } from '../case.ts';
import { custom, define, definition, pathOf, specSchema, version } from './crd-fixtures.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const withSchema = (openAPIV3Schema: unknown) => ({ versions: [version('v1', { schema: { openAPIV3Schema } })] });
const refused = (plural: string, change: Record<string, unknown>) => ({
  ask: `POST ${definitions}`,
  body: definition(plural, change),
});
const inSpec = (schema: unknown) => withSchema({ type: 'object', properties: { spec: schema } });
const rule = (rule: string, more: object = {}) =>
  inSpec({ type: 'object', properties: { a: { type: 'integer' } }, 'x-kubernetes-validations': [{ rule, ...more }] });

const spec = (body: unknown): unknown => (body as { spec?: unknown }).spec ?? body;

export const definitionCases: HttpCase[] = [
  {
    name: 'refused definitions',
    steps: [
      refused('refused', { versions: [] }),
      refused('refused', { versions: [version('v1', { storage: false })] }),
      refused('refused', { versions: [version('v1'), version('v2')] }),
      refused('refused', { versions: [version('v1'), version('v1', { storage: false })] }),
      refused('refused', { versions: [version('V 1')] }),
      refused('refused', { versions: [version('v1', { schema: undefined })] }),
      refused('refused', { scope: 'Everywhere' }),
      refused('refused', { scope: undefined }),
      refused('refused', { group: 'bad_group' }),
      refused('refused', { names: { plural: 'other', kind: 'Other' } }),
      refused('refused', { names: { plural: 'refused', kind: 'bad kind' } }),
      refused('refused', { names: {} }),
      refused('refused', { conversion: { strategy: 'Webhook' } }),
      refused('refused', { preserveUnknownFields: true }),
      refused('refused', withSchema({ type: 'string' })),
      refused('refused', withSchema({ type: 'object', properties: { spec: {} } })),
      refused('refused', withSchema({ properties: {} })),
      refused('refused', inSpec({ type: 'object', properties: { a: { type: 'sting' } } })),
      refused('refused', inSpec({ type: 'array' })),
      refused('refused', inSpec({ type: 'object', properties: { a: {} }, additionalProperties: { type: 'string' } })),
      refused('refused', inSpec({ type: 'object', properties: { a: { $ref: '#/x' } } })),
      refused('refused', inSpec({ type: 'object', properties: { a: { type: 'string', pattern: '(' } } })),
      refused('refused', inSpec({ type: 'object', properties: { a: { type: 'string', default: 5 } } })),
      refused('refused', inSpec({ type: 'object', properties: { a: { type: 'integer', default: 5, maximum: 3 } } })),
      refused(
        'refused',
        inSpec({ type: 'object', properties: { a: { type: 'array', uniqueItems: true, items: { type: 'string' } } } }),
      ),
      refused(
        'refused',
        inSpec({
          type: 'object',
          properties: { a: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' } },
        }),
      ),
      refused(
        'refused',
        inSpec({
          type: 'object',
          properties: {
            a: {
              type: 'array',
              items: { type: 'object' },
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['k'],
            },
          },
        }),
      ),
      refused(
        'refused',
        inSpec({
          type: 'object',
          properties: { a: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' } },
        }),
      ),
      refused('refused', inSpec({ type: 'object', properties: { a: { type: 'string', nullable: true, enum: [1] } } })),
      refused('refused', inSpec({ type: 'object', allOf: [{ type: 'object' }] })),
      refused(
        'refused',
        inSpec({
          type: 'object',
          properties: { a: { type: 'string' } },
          oneOf: [{ required: ['b'], properties: { b: { minLength: 1 } } }],
        }),
      ),
      refused(
        'refused',
        withSchema({
          type: 'object',
          properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
        }),
      ),
      refused('refused', rule('self.a >')),
      refused('refused', rule('self.b > 1')),
      refused('refused', rule('self.a + 1')),
      refused('refused', rule('')),
      refused('refused', rule('self.a > 1', { message: '' })),
      refused('refused', rule('self.a > 1', { message: 'two\nlines' })),
      refused('refused', rule('self.a > 1', { messageExpression: 'self.a' })),
      refused('refused', rule('self.a > 1', { reason: 'Because' })),
      refused('refused', rule('self.a > 1', { fieldPath: '.nothing' })),
      refused('refused', {
        versions: [version('v1', { additionalPrinterColumns: [{ name: 'a', type: 'sting', jsonPath: '.x' }] })],
      }),
      refused('refused', {
        versions: [version('v1', { additionalPrinterColumns: [{ name: 'a', type: 'string', jsonPath: 'x[' }] })],
      }),
      refused('refused', { versions: [version('v1', { additionalPrinterColumns: [{ type: 'string' }] })] }),
      refused('refused', { versions: [version('v1', { subresources: { scale: {} } })] }),
      refused('refused', {
        versions: [
          version('v1', {
            subresources: { scale: { specReplicasPath: '.replicas', statusReplicasPath: '.status.replicas' } },
          }),
        ],
      }),
      refused('refused', { versions: [version('v1', { selectableFields: [{ jsonPath: '.spec.none' }] })] }),
      refused('refused', { versions: [version('v1', { deprecationWarning: 'x'.repeat(300), deprecated: true })] }),
      {
        ask: `POST ${definitions}?fieldValidation=Strict`,
        body: definition('refused', { nothing: true, ...inSpec({ type: 'object', frob: 1 }) }),
      },
      { ask: `POST ${definitions}`, body: { ...definition('refused'), metadata: { name: 'wrong' } } },
      { ask: `POST ${definitions}`, body: { ...definition('refused'), spec: undefined } },
      refused('refused', rule("'a'.matches('[a')")),
      refused('refused', rule("'a'.find('[a') == 'a'")),
      refused('refused', rule("'a'.findAll('(', 1) == ['a']")),
      refused('refused', rule('self.a > 1', { messageExpression: "'a'.find('*')" })),
    ],
  },
  {
    name: 'a definition and its versions',
    steps: [
      { ask: `POST ${definitions}?dryRun=All`, body: definition('casks') },
      { ask: `POST ${definitions}`, body: definition('casks') },
      { ask: `GET ${definitions}/casks.store.example`, until: '"InitialNamesAccepted"' },
      { ask: `GET ${pathOf('casks')}`, until: '"items"', show: () => 'served' },
      { ask: `POST ${pathOf('casks')}`, body: custom('casks', 'c', { size: 3 }) },
      {
        ask: `PATCH ${definitions}/casks.store.example`,
        body: {
          spec: {
            versions: [
              version('v1', { storage: false }),
              version('v2', {
                deprecated: true,
                schema: {
                  openAPIV3Schema: {
                    type: 'object',
                    properties: {
                      spec: {
                        type: 'object',
                        'x-kubernetes-preserve-unknown-fields': true,
                        properties: { new: { type: 'string', default: 'x' } },
                      },
                    },
                  },
                },
              }),
              version('v3alpha1', { storage: false, served: false }),
              version('v3beta2', { storage: false, deprecated: true, deprecationWarning: 'use v2' }),
            ],
          },
        },
        keep: { rv: 'metadata.resourceVersion' },
      },
      { ask: 'GET /apis/store.example/v2/namespaces/default/casks/c', until: '"v2"' },
      { ask: 'GET /apis/store.example/v2/namespaces/default/casks' },
      { ask: 'GET /apis/store.example/v3beta2/namespaces/default/casks/c' },
      { ask: 'GET /apis/store.example/v3alpha1/namespaces/default/casks/c' },
      { ask: 'GET /apis/store.example/v1/namespaces/default/casks/c' },
      { ask: 'PATCH /apis/store.example/v2/namespaces/default/casks/c', body: { spec: { more: 1 } } },
      { ask: 'GET /apis/store.example/v1/namespaces/default/casks/c' },
      {
        ask: 'POST /apis/store.example/v2/namespaces/default/casks',
        body: { apiVersion: 'store.example/v1', kind: 'Cask', metadata: { name: 'd' } },
      },
      { ask: `GET ${definitions}/casks.store.example/status`, show: body => (body as { status: unknown }).status },
      { ask: `PATCH ${definitions}/casks.store.example`, body: { spec: { versions: [version('v2')] } } },
      { ask: `PATCH ${definitions}/casks.store.example`, body: { spec: { scope: 'Cluster' } } },
      { ask: `PATCH ${definitions}/casks.store.example`, body: { spec: { names: { kind: 'Barrel' } } }, show: spec },
      { ask: `PATCH ${definitions}/casks.store.example`, body: { spec: { group: 'other.example' } } },
      {
        ask: `POST ${definitions}`,
        body: definition('jugs', { names: { plural: 'jugs', kind: 'Jug', shortNames: ['casks'] } }),
      },
      { ask: `GET ${definitions}/jugs.store.example`, until: 'Conflict' },
      { ask: `DELETE ${definitions}/jugs.store.example`, show: () => 'deleted' },
      { ask: `DELETE ${definitions}/casks.store.example` },
      { ask: `GET ${definitions}/casks.store.example`, until: 'NotFound' },
      { ask: `GET ${pathOf('casks')}`, until: '404' },
    ],
  },
  {
    name: 'scale',
    steps: [
      ...define('kegs', {
        versions: [
          version('v1', {
            subresources: {
              status: {},
              scale: {
                specReplicasPath: '.spec.replicas',
                statusReplicasPath: '.status.replicas',
                labelSelectorPath: '.status.selector',
              },
            },
          }),
        ],
      }),
      { ask: `POST ${pathOf('kegs')}`, body: custom('kegs', 'k', { size: 3 }) },
      { ask: `GET ${pathOf('kegs')}/k/scale` },
      { ask: `PATCH ${pathOf('kegs')}/k`, body: { spec: { replicas: 2 } }, show: spec },
      { ask: `PATCH ${pathOf('kegs')}/k/status`, body: { status: { replicas: 1, selector: 'a=b' } }, show: spec },
      { ask: `GET ${pathOf('kegs')}/k/scale`, keep: { rv: 'metadata.resourceVersion' } },
      { ask: `PATCH ${pathOf('kegs')}/k/scale`, body: { spec: { replicas: 4 } } },
      {
        ask: `PUT ${pathOf('kegs')}/k/scale`,
        body: {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: 'k', namespace: 'default' },
          spec: { replicas: 5 },
        },
      },
      {
        ask: `PUT ${pathOf('kegs')}/k/scale`,
        body: {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: 'k', namespace: 'default', resourceVersion: '{rv}' },
          spec: { replicas: 6 },
        },
      },
      { ask: `PATCH ${pathOf('kegs')}/k/scale`, body: { spec: { replicas: -1 } } },
      { ask: `PATCH ${pathOf('kegs')}/k/scale`, body: { spec: { replicas: 'many' } } },
      {
        ask: `PUT ${pathOf('kegs')}/k/scale`,
        body: { apiVersion: 'store.example/v1', kind: 'Keg', metadata: { name: 'k' } },
      },
      { ask: `POST ${pathOf('kegs')}/k/scale`, body: {} },
      { ask: `GET ${pathOf('kegs')}/none/scale` },
      { ask: `GET ${pathOf('kegs')}/k` },
    ],
  },
  {
    name: 'a definition that is refused its change',
    steps: [
      ...define('vats'),
      { ask: `POST ${pathOf('vats')}`, body: custom('vats', 'v', { size: 3 }), show: () => 'made' },
      { ask: `PUT ${definitions}/vats.store.example`, body: definition('vats') },
      {
        ask: `PATCH ${definitions}/vats.store.example`,
        body: {
          spec: {
            versions: [
              version('v1', {
                schema: {
                  openAPIV3Schema: {
                    type: 'object',
                    properties: { spec: { ...specSchema, required: ['size', 'label'] } },
                  },
                },
              }),
            ],
          },
        },
        show: () => 'tightened',
      },
      { ask: `PATCH ${pathOf('vats')}/v`, body: { metadata: { labels: { a: 'b' } } }, until: 'label' },
    ],
  },
];
