/** Discovery and OpenAPI: what of a real server's documents is about kinds that both serve. */
import type { HttpCase } from '../case.ts';
import { define } from './crd-fixtures.ts';

interface Named {
  name: string;
}
const group = (wanted: string) => (body: unknown) =>
  (body as { groups: Named[] }).groups.find(({ name }) => name === wanted);
const resources =
  (...wanted: string[]) =>
  (body: unknown) => {
    const { resources: all, ...head } = body as { resources: Named[] };
    return {
      ...head,
      resources: all
        .filter(({ name }) => wanted.includes(name))
        .map(each => ({ ...each, storageVersionHash: undefined })),
    };
  };
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const aggregatedGroup =
  (wanted: string, ...plurals: string[]) =>
  (body: unknown) => {
    const { items, ...head } = body as {
      items: { metadata: { name?: string }; versions: { resources: { resource: string }[] }[] }[];
    };
    const found = items.find(({ metadata }) => (metadata.name ?? '') === wanted);
    const versions = found?.versions.map(version => ({
      ...version,
      resources: version.resources.filter(({ resource }) => plurals.includes(resource)),
    }));
    return { ...head, items: [{ ...found, versions }] };
  };

const paths =
  (...wanted: string[]) =>
  (body: unknown) => {
    const { paths: all } = body as { paths: Record<string, Record<string, { parameters?: { name: string }[] }>> };
    return wanted.map(path => {
      const item = all[path] ?? {};
      return {
        path,
        methods: Object.entries(item)
          .filter(([method]) => method !== 'parameters')
          .map(([method, operation]) => ({
            method,
            ...(operation as Record<string, unknown>),
            description: undefined,
            responses: undefined,
            parameters: operation.parameters?.map(({ name }) => name).sort(),
          })),
      };
    });
  };

/** Types without the words. */
const shape =
  (...names: string[]) =>
  (body: unknown) => {
    const { definitions, components } = body as {
      definitions?: Record<string, unknown>;
      components?: { schemas: Record<string, unknown> };
    };
    const all = definitions ?? components?.schemas ?? {};
    return JSON.parse(
      JSON.stringify(
        names.map(name => [name, all[name]]),
        (key, value: unknown) => (key === 'description' ? undefined : value),
      ),
    ) as unknown;
  };

const casesOf = '/apis/store.example/v1/namespaces/{namespace}/cans';

export const documentCases: HttpCase[] = [
  {
    name: 'discovery',
    steps: [
      ...define('cans', { names: { plural: 'cans', kind: 'Can', shortNames: ['cn'], categories: ['stock', 'all'] } }),
      { ask: 'GET /apis', until: 'store.example', show: group('store.example') },
      { ask: 'GET /apis', show: group('batch') },
      { ask: 'GET /apis/batch' },
      {
        ask: 'GET /apis/store.example',
        show: body => ({ ...(body as object), versions: undefined, preferredVersion: undefined }),
      },
      { ask: 'GET /api', show: body => ({ ...(body as object), serverAddressByClientCIDRs: undefined }) },
      { ask: 'GET /apis/batch/v1', show: resources('jobs', 'jobs/status', 'cronjobs', 'cronjobs/status') },
      {
        ask: 'GET /api/v1',
        show: resources(
          'configmaps',
          'secrets',
          'events',
          'namespaces',
          'namespaces/status',
          'namespaces/finalize',
          'serviceaccounts',
          'serviceaccounts/token',
          'pods',
          'pods/log',
          'pods/status',
        ),
      },
      { ask: 'GET /apis/store.example/v1', until: 'cans', show: resources('cans', 'cans/status') },
      {
        ask: 'GET /apis/apiextensions.k8s.io/v1',
        show: resources('customresourcedefinitions', 'customresourcedefinitions/status'),
      },
      { ask: 'GET /apis/coordination.k8s.io/v1', show: resources('leases') },
      { ask: 'GET /apis/events.k8s.io/v1', show: resources('events') },
      { ask: 'GET /apis/authorization.k8s.io/v1' },
      { ask: 'GET /apis', accept: aggregated, show: aggregatedGroup('batch', 'jobs', 'cronjobs') },
      {
        ask: 'GET /apis',
        accept: aggregated,
        show: aggregatedGroup('apiextensions.k8s.io', 'customresourcedefinitions'),
      },
      {
        ask: 'GET /api',
        accept: aggregated,
        show: aggregatedGroup('', 'configmaps', 'namespaces', 'secrets', 'serviceaccounts'),
      },
    ],
  },
  {
    name: 'openapi',
    steps: [
      {
        ask: 'GET /openapi/v3',
        show: body =>
          Object.keys((body as { paths: Record<string, object> }).paths)
            .filter(path => /^(api\/v1|apis\/(batch|store.example)\/v1)$/.test(path))
            .sort(),
      },
      {
        ask: 'GET /openapi/v3/apis/store.example/v1',
        until: casesOf,
        show: paths(casesOf, `${casesOf}/{name}`, `${casesOf}/{name}/status`, '/apis/store.example/v1/cans'),
      },
      { ask: 'GET /openapi/v3/apis/store.example/v1', show: shape('example.store.v1.Can', 'example.store.v1.CanList') },
      {
        ask: 'GET /openapi/v3/api/v1',
        show: shape('io.k8s.api.core.v1.ConfigMap', 'io.k8s.api.core.v1.Secret', 'io.k8s.api.core.v1.ConfigMapList'),
      },
      {
        ask: 'GET /openapi/v3/api/v1',
        show: paths('/api/v1/namespaces/{namespace}/configmaps', '/api/v1/namespaces/{namespace}/configmaps/{name}'),
      },
      { ask: 'GET /openapi/v2', until: casesOf, show: shape('example.store.v1.Can', 'io.k8s.api.core.v1.ConfigMap') },
      {
        ask: 'GET /openapi/v2',
        accept: 'application/json',
        show: body => ({ ...(body as object), paths: undefined, definitions: undefined, info: undefined }),
      },
      {
        ask: 'GET /openapi/v2',
        show: paths('/api/v1/namespaces/{namespace}/configmaps', '/api/v1/namespaces/{namespace}/configmaps/{name}'),
      },
    ],
  },
];
