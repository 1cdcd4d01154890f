/** Watches: events as selections see them, initial events, bookmarks, tables, and starts that are too old or wrong. */
import type { HttpCase } from '../case.ts';

const configMaps = '/api/v1/namespaces/watched/configmaps';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const watch = (query: string, more: object = {}) => ({
  ask: `GET ${configMaps}?watch=1&timeoutSeconds=1&${query}`,
  ...more,
});
const make = (name: string, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
});
const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

export const watchCases: HttpCase[] = [
  {
    name: 'watch',
    steps: [
      { ask: 'POST /api/v1/namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'watched' } } },
      { ask: `POST ${configMaps}`, body: make('start'), keep: { rv: 'metadata.resourceVersion' } },
      { ask: `POST ${configMaps}`, body: make('seen', { in: 'yes' }) },
      { ask: `PATCH ${configMaps}/seen`, body: { data: { a: '1' } } },
      { ask: `PATCH ${configMaps}/seen`, body: { metadata: { labels: { in: 'no' } } } },
      { ask: `PATCH ${configMaps}/seen`, body: { data: { a: '2' } } },
      { ask: `PATCH ${configMaps}/seen`, body: { metadata: { labels: { in: 'yes' } } } },
      { ask: `DELETE ${configMaps}/seen`, show: () => 'gone' },
      watch('resourceVersion={rv}'),
      watch('resourceVersion={rv}&labelSelector=in%3Dyes'),
      watch('resourceVersion={rv}&fieldSelector=metadata.name%3Dseen', { accept: table }),
      watch('resourceVersion={rv}', { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' }),
      watch('resourceVersion={rv}&includeObject=None', { accept: table }),
      watch('resourceVersion=0'),
      watch(''),
      watch(initial),
      watch(`${initial}&resourceVersion={rv}`),
      watch(initial, { accept: table }),
      watch('sendInitialEvents=true'),
      watch('sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion={rv}'),
      watch('sendInitialEvents=true&resourceVersionMatch=Exact'),
      watch('resourceVersionMatch=NotOlderThan&resourceVersion={rv}'),
      watch('resourceVersion=words'),
      watch('labelSelector=!!'),
      watch('fieldSelector=nonsense'),
      watch('resourceVersion={rv}', { accept: 'application/yaml' }),
      watch('resourceVersion={rv}', { accept: 'text/plain' }),
      watch('resourceVersion={rv}', { accept: 'application/json;stream=watch' }),
      { ask: `GET ${configMaps}?watch=maybe` },
      { ask: `GET ${configMaps}?watch=false&labelSelector=none` },
      { ask: `GET ${configMaps}?watch=1&timeoutSeconds=soon` },
      { ask: `GET ${configMaps}/start?watch=1&timeoutSeconds=1` },
      { ask: 'GET /api/v1/watch/namespaces/watched/configmaps?timeoutSeconds=1&resourceVersion=0' },
      { ask: 'GET /api/v1/namespaces/nowhere/configmaps?watch=1&timeoutSeconds=1&resourceVersion=0' },
    ],
  },
];
