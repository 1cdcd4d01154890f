/** JSON patch, merge patch and strategic merge patch, and what is said about bad ones. */
import type { HttpCase } from '../case.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const jobs = '/apis/batch/v1/namespaces/default/jobs';
const json = 'application/json-patch+json';
const strategic = 'application/strategic-merge-patch+json';

const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'patched' },
  spec: {
    suspend: true,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'one',
            image: 'a',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
            ports: [{ containerPort: 80 }],
          },
          { name: 'two', image: 'b:1' },
        ],
      },
    },
  },
};

const operation = (body: unknown) => ({ ask: `PATCH ${configMaps}/p`, type: json, body });

export const patchCases: HttpCase[] = [
  {
    name: 'json patch',
    steps: [
      {
        ask: `POST ${configMaps}`,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'p' }, data: { a: '1' } },
      },
      operation([{ op: 'add', path: '/data/b', value: '2' }]),
      operation([
        { op: 'test', path: '/data/b', value: '2' },
        { op: 'copy', from: '/data/b', path: '/data/c' },
      ]),
      operation([{ op: 'move', from: '/data/c', path: '/data/d' }]),
      operation([
        { op: 'add', path: '/metadata/labels', value: { x: 'y' } },
        { op: 'add', path: '/metadata/labels/a~1b', value: 'z' },
      ]),
      operation([{ op: 'test', path: '/data/a', value: '9' }]),
      operation([{ op: 'remove', path: '/data/none' }]),
      operation([{ op: 'replace', path: '/data/none', value: 'x' }]),
      operation([{ op: 'add', path: '/none/deeper', value: 'x' }]),
      operation([{ op: 'move', from: '/data/none', path: '/data/x' }]),
      operation([{ op: 'copy', from: '/data/none', path: '/data/x' }]),
      operation([{ op: 'frob', path: '/data/x' }]),
      operation([{ op: 'add', path: 'data/x', value: 'x' }]),
      operation([{ op: 'add', path: '/data/x' }]),
      operation([{ path: '/data/x', value: '1' }]),
      operation([{ op: 'add', value: '1' }]),
      operation([{ op: 'replace', path: '/metadata/name', value: 'q' }]),
      operation([{ op: 'replace', path: '/metadata/namespace', value: 'q' }]),
      operation([{ op: 'replace', path: '/metadata/uid', value: 'q' }]),
      operation([{ op: 'replace', path: '/kind', value: 'Secret' }]),
      operation([{ op: 'replace', path: '/data', value: 'text' }]),
      operation([{ op: 'replace', path: '/data/a', value: 5 }]),
      operation([{ op: 'replace', path: '', value: {} }]),
      operation({ op: 'add' }),
      operation('{'),
      operation(''),
      operation('null'),
      operation([]),
      operation([7]),
      { ask: `PATCH ${configMaps}/none`, type: json, body: [] },
      { ask: `PATCH ${configMaps}/p?dryRun=All`, type: json, body: [{ op: 'add', path: '/data/z', value: 'z' }] },
      { ask: `PATCH ${configMaps}/p?force=true`, type: json, body: [] },
      {
        ask: `PATCH ${configMaps}/p`,
        type: json,
        body: Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: '1' })),
      },
      { ask: `GET ${configMaps}/p` },
    ],
  },
  {
    name: 'merge patch',
    steps: [
      {
        ask: `POST ${configMaps}`,
        body: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'm', labels: { a: 'b' } },
          data: { a: '1', b: '2' },
        },
        keep: { rv: 'metadata.resourceVersion' },
      },
      { ask: `PATCH ${configMaps}/m`, body: { data: { a: null, c: '3' } } },
      { ask: `PATCH ${configMaps}/m`, body: { data: { c: '3' } } },
      { ask: `PATCH ${configMaps}/m`, body: {} },
      { ask: `PATCH ${configMaps}/m`, body: { metadata: { labels: null } } },
      { ask: `PATCH ${configMaps}/m`, body: { metadata: { resourceVersion: '{rv}' }, data: { d: '4' } } },
      { ask: `PATCH ${configMaps}/m`, body: { metadata: { resourceVersion: '' }, data: { d: '4' } } },
      { ask: `PATCH ${configMaps}/m`, body: { metadata: { uid: 'other' } } },
      { ask: `PATCH ${configMaps}/m`, body: { metadata: { name: 'other' } } },
      { ask: `PATCH ${configMaps}/m`, body: { metadata: { name: null } } },
      { ask: `PATCH ${configMaps}/m`, body: { metadata: null } },
      { ask: `PATCH ${configMaps}/m`, body: { data: ['a'] } },
      { ask: `PATCH ${configMaps}/m`, body: { data: { a: 5 } } },
      { ask: `PATCH ${configMaps}/m`, body: { data: { a: { b: 'c' } } } },
      { ask: `PATCH ${configMaps}/m`, body: { kind: 'Secret' } },
      { ask: `PATCH ${configMaps}/m`, body: { apiVersion: 'v9' } },
      { ask: `PATCH ${configMaps}/m`, body: { metadata: { labels: { 'bad key!': 'x' } } } },
      { ask: `PATCH ${configMaps}/m`, body: '[]' },
      { ask: `PATCH ${configMaps}/m`, body: 'null' },
      { ask: `PATCH ${configMaps}/m`, body: '{' },
      { ask: `PATCH ${configMaps}/m`, body: '' },
      { ask: `PATCH ${configMaps}/m`, body: '7' },
      { ask: `PATCH ${configMaps}/none`, body: {} },
      { ask: `PATCH ${configMaps}/m?fieldManager=who&dryRun=All`, body: { data: { z: '1' } } },
    ],
  },
  {
    name: 'strategic merge patch',
    steps: [
      { ask: `POST ${jobs}`, body: job },
      {
        ask: `PATCH ${jobs}/patched`,
        type: strategic,
        body: { metadata: { labels: { a: 'b' } }, spec: { suspend: false, parallelism: 2 } },
      },
      { ask: `PATCH ${jobs}/patched`, type: strategic, body: { spec: { suspend: true } } },
      { ask: `PATCH ${jobs}/patched?dryRun=All`, type: strategic, body: { metadata: { finalizers: ['a.b/c'] } } },
      { ask: `PATCH ${jobs}/patched`, type: strategic, body: { metadata: { finalizers: ['a.b/c', 'a.b/d'] } } },
      {
        ask: `PATCH ${jobs}/patched`,
        type: strategic,
        body: { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.b/c'] } },
      },
      {
        ask: `PATCH ${jobs}/patched`,
        type: strategic,
        body: { metadata: { labels: { $patch: 'replace', only: 'this' } } },
      },
      { ask: `PATCH ${jobs}/patched`, type: strategic, body: { metadata: { labels: { $patch: 'frob' } } } },
      { ask: `PATCH ${jobs}/patched`, type: strategic, body: { metadata: { $retainKeys: ['name'], name: 'patched' } } },
      {
        ask: `PATCH ${jobs}/patched`,
        type: strategic,
        body: { spec: { template: { spec: { containers: [{ image: 'no-name' }] } } } },
      },
      { ask: `PATCH ${jobs}/patched`, type: strategic, body: { spec: { template: { spec: { containers: 'text' } } } } },
      { ask: `PATCH ${jobs}/patched`, type: strategic, body: { spec: { parallelism: 'many' } } },
      { ask: `PATCH ${jobs}/patched`, type: strategic, body: '[]' },
      { ask: `PATCH ${jobs}/patched`, type: strategic, body: '{' },
      {
        ask: 'POST /api/v1/namespaces/default/pods',
        body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'smp' }, spec: job.spec.template.spec },
        show: () => 'made',
      },
      {
        ask: 'PATCH /api/v1/namespaces/default/pods/smp',
        type: strategic,
        body: { spec: { containers: [{ name: 'one', image: 'c' }] } },
        show: body => (body as { spec: unknown }).spec,
      },
      {
        ask: 'PATCH /api/v1/namespaces/default/pods/smp/status',
        type: strategic,
        body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
        show: body => (body as { status: unknown }).status,
      },
      {
        ask: 'PATCH /api/v1/namespaces/default/pods/smp/status',
        type: strategic,
        body: { status: { conditions: [{ type: 'Other', status: 'True' }] } },
        show: body => (body as { status: unknown }).status,
      },
      {
        ask: 'PATCH /api/v1/namespaces/default/pods/smp/status',
        type: strategic,
        body: { status: { conditions: [{ type: 'Ready', $patch: 'delete' }] } },
        show: body => (body as { status: unknown }).status,
      },
    ],
  },
];
