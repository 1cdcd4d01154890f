/** Create and replace: names, metadata, dry run, field validation, preconditions, status, generation. */
import type { HttpCase } from '../case.ts';
import { custom, define, pathOf } from './crd-fixtures.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const named = (name: unknown, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
});
const withMetadata = (metadata: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata });

export const writeCases: HttpCase[] = [
  {
    name: 'create',
    steps: [
      { ask: `POST ${configMaps}`, body: named('made', { data: { a: '1' } }) },
      { ask: `POST ${configMaps}`, body: named('made') },
      { ask: `POST ${configMaps}?dryRun=All`, body: named('made') },
      { ask: `POST ${configMaps}?dryRun=All`, body: named('never', { data: { a: '1' } }) },
      { ask: `GET ${configMaps}/never` },
      { ask: `POST ${configMaps}?dryRun=Some`, body: named('never') },
      { ask: `POST ${configMaps}?fieldValidation=Loose`, body: named('never') },
      { ask: `POST ${configMaps}?fieldManager=${'x'.repeat(129)}`, body: named('never') },
      { ask: `POST ${configMaps}?fieldManager=some%0Aone`, body: named('never') },
      { ask: `POST ${configMaps}?fieldManager=someone`, body: named('managed', { data: { a: '1' } }) },
      { ask: `POST ${configMaps}`, body: named('') },
      { ask: `POST ${configMaps}`, body: named('Upper') },
      { ask: `POST ${configMaps}`, body: named('a'.repeat(254)) },
      { ask: `POST ${configMaps}`, body: named('.') },
      { ask: `POST ${configMaps}`, body: named('a/b') },
      { ask: `POST ${configMaps}`, body: named(7) },
      { ask: `POST ${configMaps}`, body: withMetadata({ generateName: 'Bad_' }) },
      { ask: `POST ${configMaps}`, body: withMetadata({}) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', namespace: 'other' }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', resourceVersion: '5' }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', labels: { 'bad label': 'x' } }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', labels: { ok: 'not ok!' } }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', annotations: { 'bad annotation': 'x' } }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', labels: { a: 1 } }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', labels: [] }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', finalizers: ['bad finalizer'] }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', finalizers: ['plain'] }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', finalizers: [7] }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', ownerReferences: [{ kind: 'A' }] }) },
      {
        ask: `POST ${configMaps}`,
        body: withMetadata({ name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'a', uid: 'b' }] }),
      },
      {
        ask: `POST ${configMaps}`,
        body: withMetadata({
          name: 'x',
          ownerReferences: [1, 2].map(uid => ({
            apiVersion: 'v1',
            kind: 'Pod',
            name: 'a',
            uid: String(uid),
            controller: true,
          })),
        }),
      },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', creationTimestamp: 'yesterday' }) },
      { ask: `POST ${configMaps}`, body: withMetadata({ name: 'x', generation: 'one' }) },
      { ask: `POST ${configMaps}`, body: withMetadata('x' as unknown as object) },
      {
        ask: `POST ${configMaps}`,
        body: named('kept', {
          metadata: {
            name: 'kept',
            uid: 'mine',
            generation: 7,
            creationTimestamp: '2020-01-01T00:00:00Z',
            deletionTimestamp: '2020-01-01T00:00:00Z',
            selfLink: '/x',
            labels: {},
            annotations: null,
          },
        }),
      },
      { ask: 'POST /api/v1/namespaces/nowhere/configmaps', body: named('a') },
    ],
  },
  {
    name: 'replace',
    steps: [
      {
        ask: `POST ${configMaps}`,
        body: named('swap', { data: { a: '1' } }),
        keep: { rv: 'metadata.resourceVersion', uid: 'metadata.uid' },
      },
      { ask: `PUT ${configMaps}/swap`, body: named('swap', { data: { a: '2' } }) },
      {
        ask: `PUT ${configMaps}/swap`,
        body: { ...named('swap', { data: { a: '3' } }), metadata: { name: 'swap', resourceVersion: '{rv}' } },
      },
      {
        ask: `PUT ${configMaps}/swap`,
        body: { ...named('swap'), metadata: { name: 'swap', resourceVersion: 'words' } },
      },
      { ask: `PUT ${configMaps}/swap`, body: { ...named('swap'), metadata: { name: 'swap', resourceVersion: '0' } } },
      {
        ask: `PUT ${configMaps}/swap`,
        body: { ...named('swap', { data: { a: '4' } }), metadata: { name: 'swap', uid: 'other' } },
      },
      {
        ask: `PUT ${configMaps}/swap`,
        body: { ...named('swap', { data: { a: '4' } }), metadata: { name: 'swap', uid: '{uid}' } },
      },
      { ask: `PUT ${configMaps}/swap`, body: named('other') },
      { ask: `PUT ${configMaps}/swap`, body: withMetadata({ data: {} }) },
      { ask: `PUT ${configMaps}/swap`, body: withMetadata({ name: 'swap', namespace: 'other' }) },
      { ask: `PUT ${configMaps}/none`, body: named('none') },
      { ask: `PUT ${configMaps}/none`, body: withMetadata({ name: 'none', resourceVersion: '1' }) },
      { ask: `PUT ${configMaps}/swap?dryRun=All`, body: named('swap', { data: { a: '9' } }) },
      { ask: `GET ${configMaps}/swap` },
      {
        ask: `PUT ${configMaps}/swap`,
        body: withMetadata({
          name: 'swap',
          creationTimestamp: '2020-01-01T00:00:00Z',
          deletionTimestamp: '2020-01-01T00:00:00Z',
        }),
      },
    ],
  },
  {
    name: 'field validation',
    steps: ['Strict', 'Warn', 'Ignore'].flatMap(validation => {
      const query = `fieldValidation=${validation}`;
      const twice = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"v-${validation.toLowerCase()}","nope":1},"data":{"a":"1","a":"2"},"other":true,"other":false}`;
      const job = {
        ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: `v-${validation.toLowerCase()}` } },
        spec: {
          what: 1,
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b', imag: 'c' }] } },
        },
      };
      return [
        { ask: `POST ${configMaps}?${query}`, body: twice },
        { ask: `PATCH ${configMaps}/v-warn?${query}`, body: '{"data":{"x":"1","x":"2"},"nope":1}' },
        {
          ask: `PATCH ${configMaps}/v-warn?${query}`,
          type: 'application/json-patch+json',
          body: '[{"op":"add","path":"/nope","value":1,"op":"add","extra":1}]',
        },
        {
          ask: `PATCH ${configMaps}/v-warn?${query}`,
          type: 'application/strategic-merge-patch+json',
          body: '{"nope":1,"nope":2,"data":{"a":"5"}}',
        },
        {
          ask: `PATCH ${configMaps}/v-apply?${query}&fieldManager=m`,
          type: 'application/apply-patch+yaml',
          body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v-apply}\nnope: 1\ndata: {a: "1", a: "2"}\n',
        },
        {
          ask: `PUT ${configMaps}/v-warn?${query}`,
          type: 'application/yaml',
          body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v-warn}\nnope: 1\ndata:\n  a: "1"\n  a: "2"\n',
        },
        { ask: `POST /apis/batch/v1/namespaces/default/jobs?${query}`, body: job },
      ];
    }),
  },
  {
    name: 'status and generation',
    steps: [
      ...define('boxes'),
      {
        ask: `POST ${pathOf('boxes')}`,
        body: custom('boxes', 'b', { size: 2 }, { status: { phase: 'Ready' } }),
        keep: { rv: 'metadata.resourceVersion' },
      },
      { ask: `PUT ${pathOf('boxes')}/b`, body: custom('boxes', 'b', { size: 3 }) },
      {
        ask: `PUT ${pathOf('boxes')}/b`,
        body: { ...custom('boxes', 'b', { size: 3 }), metadata: { name: 'b', resourceVersion: '{rv}' } },
      },
      {
        ask: `PUT ${pathOf('boxes')}/b`,
        body: { ...custom('boxes', 'b', { size: 3 }), metadata: { name: 'b', resourceVersion: '1' } },
      },
      { ask: `GET ${pathOf('boxes')}/b/status`, keep: { rv: 'metadata.resourceVersion' } },
      {
        ask: `PUT ${pathOf('boxes')}/b/status`,
        body: {
          ...custom('boxes', 'b', { size: 9 }, { status: { phase: 'Done' } }),
          metadata: { name: 'b', resourceVersion: '{rv}', labels: { a: 'b' } },
        },
      },
      { ask: `PATCH ${pathOf('boxes')}/b/status`, body: { spec: { size: 10 }, status: { phase: 'Again', other: 1 } } },
      { ask: `PATCH ${pathOf('boxes')}/b/status`, body: { status: { phase: 7 } } },
      {
        ask: `PATCH ${pathOf('boxes')}/b/status`,
        type: 'application/json-patch+json',
        body: [{ op: 'replace', path: '/status/phase', value: 'Json' }],
      },
      {
        ask: `PATCH ${pathOf('boxes')}/b/status?fieldManager=s`,
        type: 'application/apply-patch+yaml',
        body: custom('boxes', 'b', undefined, { status: { phase: 'Applied' } }),
      },
      {
        ask: `PATCH ${pathOf('boxes')}/b/status?fieldManager=s&force=true`,
        type: 'application/apply-patch+yaml',
        body: custom('boxes', 'b', undefined, { status: { phase: 'Applied' } }),
      },
      {
        ask: `PATCH ${pathOf('boxes')}/none/status?fieldManager=s`,
        type: 'application/apply-patch+yaml',
        body: custom('boxes', 'none', undefined, { status: { phase: 'Applied' } }),
      },
      { ask: `PATCH ${pathOf('boxes')}/b`, body: { metadata: { labels: { more: 'x' } } } },
      { ask: `PATCH ${pathOf('boxes')}/b`, body: { spec: { size: 20 }, status: { phase: 'Ignored' } } },
      { ask: `PATCH ${pathOf('boxes')}/b`, body: { metadata: { generation: 77 } } },
      { ask: `POST ${pathOf('boxes')}/b/status`, body: {} },
      { ask: `DELETE ${pathOf('boxes')}/b/status` },
      { ask: `GET ${pathOf('boxes')}/b/scale` },
      { ask: `GET ${pathOf('boxes')}/b/nothing` },
    ],
  },
];
