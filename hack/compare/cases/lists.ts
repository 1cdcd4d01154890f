/** Lists: pages, selectors, resource versions, tables. */
import type { HttpCase } from '../case.ts';
import { custom, define, pathOf } from './crd-fixtures.ts';

const accounts = '/api/v1/namespaces/default/serviceaccounts';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const make = (name: string, labels: object) => ({
  ask: `POST ${accounts}`,
  body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, labels } },
  keep: { rv: 'metadata.resourceVersion' },
  show: () => 'made',
});
const list = (query: string) => ({ ask: `GET ${accounts}?${query}` });
const select = (selector: string) => ({
  ask: `GET ${accounts}?labelSelector=${encodeURIComponent(selector)}`,
  show: (body: unknown) => {
    const { items } = body as { items?: { metadata: { name: string } }[] };
    return items ? items.map(({ metadata }) => metadata.name) : body;
  },
});
const tins = pathOf('tins');

export const listCases: HttpCase[] = [
  {
    name: 'pages',
    steps: [
      ...['a', 'b', 'c', 'd', 'e'].map(name => make(name, { n: name, ...(name < 'c' ? { early: 'yes' } : {}) })),
      { ...list('limit=2'), keep: { next: 'metadata.continue', rv: 'metadata.resourceVersion' } },
      make('f', { n: 'f' }),
      { ...list('limit=2&continue={next}'), keep: { next: 'metadata.continue' } },
      { ...list('limit=2&continue={next}'), keep: { next: 'metadata.continue' } },
      { ...list('limit=1&labelSelector=early'), keep: { next: 'metadata.continue' } },
      list('limit=1&labelSelector=early&continue={next}'),
      list('limit=100'),
      list('limit=-1'),
      list('limit=few'),
      list('continue=nonsense'),
      list('continue=e30'),
      list('limit=2&continue={next}&resourceVersion={rv}'),
      list('limit=2&continue={next}&resourceVersionMatch=Exact'),
      { ask: 'GET /api/v1/serviceaccounts?limit=2' },
    ],
  },
  {
    name: 'resource versions of lists',
    steps: [
      list('resourceVersion=0'),
      list('resourceVersion={rv}x'),
      list('resourceVersion=words'),
      list('resourceVersion=-1'),
      list('resourceVersionMatch=Exact'),
      list('resourceVersionMatch=NotOlderThan'),
      list('resourceVersionMatch=Somehow&resourceVersion=1'),
      list('resourceVersion=0&resourceVersionMatch=Exact'),
      list('resourceVersion=0&resourceVersionMatch=NotOlderThan'),
      list('resourceVersion=1&resourceVersionMatch=NotOlderThan'),
      list('sendInitialEvents=true'),
      { ask: `GET ${accounts}/a?resourceVersion=0` },
      { ask: `GET ${accounts}/a?resourceVersion=words` },
    ],
  },
  {
    name: 'selectors',
    steps: [
      ...[
        'early=yes',
        'early!=yes',
        'early',
        '!early',
        'n in (a,c)',
        'n notin (a,c)',
        'n=a,early',
        'n==b',
        'n in ()',
        ' n = a ',
      ].map(select),
      ...[
        'early>5',
        'n=',
        'n in',
        'n in (',
        '=a',
        'a=b=c',
        'bad key!=x',
        ',',
        'n=a,',
        '!',
        'n=!',
        'n in (a',
        'n gt 5',
        'x/y/z=1',
        'n=bad value',
      ].map(select),
      list('fieldSelector=metadata.name%3Da'),
      list('fieldSelector=metadata.name!%3Da,metadata.namespace%3Ddefault'),
      list('fieldSelector=metadata.name%3Da,metadata.name%3Db'),
      list('fieldSelector=spec.x%3Da'),
      list('fieldSelector=nonsense'),
      list('fieldSelector=metadata.name'),
      list('fieldSelector=metadata.name%20in%20(a)'),
      { ask: 'GET /api/v1/namespaces/default/secrets?fieldSelector=type%3DOpaque' },
      { ask: 'GET /api/v1/namespaces?fieldSelector=status.phase%3DActive,metadata.name%3Ddefault' },
      { ask: 'GET /api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dx' },
      { ask: 'GET /apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.name%3Dx' },
      { ask: 'GET /api/v1/namespaces/default/pods?fieldSelector=status.phase%3DRunning,spec.nodeName%3Dx' },
      { ask: 'GET /apis/batch/v1/namespaces/default/jobs?fieldSelector=status.successful%3D1' },
      { ask: 'GET /apis/batch/v1/namespaces/default/jobs?fieldSelector=status.other%3D1' },
    ],
  },
  {
    name: 'tables',
    steps: [
      ...define('tins'),
      { ask: `POST ${tins}`, body: custom('tins', 't', { size: 2 }) },
      { ask: `GET ${tins}`, accept: table },
      { ask: `GET ${tins}/t`, accept: table },
      { ask: `GET ${tins}?labelSelector=none`, accept: table },
      ...['configmaps', 'secrets', 'serviceaccounts', 'events', 'pods'].map(plural => ({
        ask: `GET /api/v1/namespaces/default/${plural}?labelSelector=none`,
        accept: table,
      })),
      { ask: 'GET /api/v1/namespaces?labelSelector=none', accept: table },
      { ask: 'GET /apis/batch/v1/jobs?labelSelector=none', accept: table },
      { ask: 'GET /apis/batch/v1/cronjobs?labelSelector=none', accept: table },
      { ask: 'GET /apis/coordination.k8s.io/v1/leases?labelSelector=none', accept: table },
      { ask: 'GET /apis/events.k8s.io/v1/events?labelSelector=none', accept: table },
      { ask: 'GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions?labelSelector=none', accept: table },
      { ask: 'GET /api/v1/namespaces/default', accept: table },
    ],
  },
];
