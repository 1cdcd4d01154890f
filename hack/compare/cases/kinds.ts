/** What built-in kinds do: Secrets, ConfigMaps, Jobs, CronJobs, Pods, Events, Namespaces, ServiceAccounts, Leases. */
import type { HttpCase } from '../case.ts';

const core = '/api/v1/namespaces/default';
const batch = '/apis/batch/v1/namespaces/default';
const events = '/apis/events.k8s.io/v1/namespaces/default/events';
const secret = (name: string, more: object) => ({
  ask: `POST ${core}/secrets`,
  body: { apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...more },
});
const configMap = (name: string, more: object) => ({
  ask: `POST ${core}/configmaps`,
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more },
});
const pod = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example/none' }] };
const job = (name: string, spec: unknown) => ({
  ask: `POST ${batch}/jobs`,
  body: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec },
});
const cronJob = (name: string, spec: unknown) => ({
  ask: `POST ${batch}/cronjobs`,
  body: { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name }, spec },
});
const event = (name: string, more: object) => ({
  ask: `POST ${core}/events`,
  body: { apiVersion: 'v1', kind: 'Event', metadata: { name }, ...more },
});
const newEvent = (name: string, more: object) => ({
  ask: `POST ${events}`,
  body: { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name }, ...more },
});
const about = { kind: 'Pod', name: 'p', namespace: 'default' };

export const kindCases: HttpCase[] = [
  {
    name: 'secrets',
    steps: [
      secret('plain', { stringData: { a: 'x', b: 'ü' }, data: { a: 'b2xk', c: 'eA==' } }),
      { ask: `PATCH ${core}/secrets/plain`, body: { stringData: { d: 'new' } } },
      { ask: `PATCH ${core}/secrets/plain`, body: { data: { d: 'not base64!' } } },
      {
        ask: `PATCH ${core}/secrets/plain`,
        type: 'application/strategic-merge-patch+json',
        body: { data: { d: 'not base64!' } },
      },
      { ask: `PATCH ${core}/secrets/plain`, body: { data: { d: 'eA' } } },
      { ask: `PATCH ${core}/secrets/plain`, body: { data: { d: null } } },
      { ask: `PATCH ${core}/secrets/plain`, body: { type: 'other' } },
      { ask: `PATCH ${core}/secrets/plain`, body: { immutable: true } },
      { ask: `PATCH ${core}/secrets/plain`, body: { immutable: false } },
      { ask: `PATCH ${core}/secrets/plain`, body: { data: { a: 'eQ==' } } },
      { ask: `PATCH ${core}/secrets/plain`, body: { metadata: { labels: { a: 'b' } } } },
      secret('empty', {}),
      secret('nulls', { data: { a: null }, stringData: null }),
      secret('bad', { data: { a: '*' } }),
      secret('bad', { data: { a: 5 } }),
      secret('bad', { data: { 'bad key': 'eA==' } }),
      secret('bad', { data: { '..': 'eA==', '..x': 'eA==', '.x': 'eA==' } }),
      secret('bad', { stringData: { 'a/b': 'x' } }),
      secret('tls', { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'x' } }),
      secret('ssh', { type: 'kubernetes.io/ssh-auth' }),
      secret('basic', { type: 'kubernetes.io/basic-auth' }),
      secret('docker', { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'x' } }),
      secret('token', { type: 'kubernetes.io/service-account-token' }),
      secret('big', { stringData: { a: 'x'.repeat(1024 * 1024 + 1) } }),
    ],
  },
  {
    name: 'config maps',
    steps: [
      configMap('plain', { data: { a: 'x', b: '' }, binaryData: { c: 'eA==' } }),
      configMap('bad', { data: { a: 'x' }, binaryData: { a: 'eA==' } }),
      configMap('bad', { binaryData: { a: '*' } }),
      configMap('bad', { data: { 'bad key': 'x' } }),
      configMap('bad', { data: { a: 5 } }),
      configMap('bad', { data: { a: null } }),
      configMap('bad', { data: 'x' }),
      configMap('fixed', { immutable: true, data: { a: 'x' } }),
      { ask: `PATCH ${core}/configmaps/fixed`, body: { data: { a: 'y' } } },
      { ask: `PATCH ${core}/configmaps/fixed`, body: { binaryData: { z: 'eA==' }, immutable: null } },
      { ask: `PATCH ${core}/configmaps/fixed`, body: { metadata: { annotations: { a: 'b' } } } },
      configMap('big', { data: { a: 'x'.repeat(1024 * 1024 + 1) } }),
      configMap('huge', { data: { a: 'x'.repeat(4 * 1024 * 1024) } }),
    ],
  },
  {
    name: 'jobs',
    steps: [
      job('plain', { template: { spec: pod } }),
      job('images', {
        template: {
          spec: {
            ...pod,
            initContainers: [{ name: 'i', image: 'x:latest' }],
            containers: [
              { name: 'a', image: 'x:1' },
              { name: 'b', image: 'reg.example:5000/x' },
              { name: 'c', image: 'x@sha256:' + 'a'.repeat(64), imagePullPolicy: 'Never' },
            ],
          },
        },
      }),
      job('many', {
        parallelism: 3,
        completions: 5,
        completionMode: 'Indexed',
        backoffLimit: 0,
        ttlSecondsAfterFinished: 9,
        activeDeadlineSeconds: 5,
        suspend: true,
        template: {
          metadata: { labels: { mine: 'x' }, annotations: { a: 'b' } },
          spec: {
            ...pod,
            restartPolicy: 'OnFailure',
            volumes: [
              { name: 's', secret: { secretName: 'x' } },
              { name: 'e', emptyDir: {} },
            ],
          },
        },
      }),
      job('noparallel', { completions: 2, template: { spec: pod } }),
      job('workqueue', { parallelism: 2, template: { spec: pod } }),
      job('probes', {
        template: {
          spec: {
            ...pod,
            containers: [
              {
                name: 'main',
                image: 'x',
                ports: [{ containerPort: 80 }],
                env: [
                  { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
                  { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                ],
                livenessProbe: { httpGet: { port: 80 } },
                resources: { limits: { cpu: '1', memory: '1Gi' } },
                volumeMounts: [],
              },
            ],
          },
        },
      }),
      job('bad', {}),
      job('bad', { template: { spec: {} } }),
      job('bad', { template: { spec: { ...pod, restartPolicy: 'Always' } } }),
      job('bad', { template: { spec: { ...pod, restartPolicy: undefined } } }),
      job('bad', { template: { spec: { ...pod, restartPolicy: 'Sometimes' } } }),
      job('bad', {
        parallelism: -1,
        completions: -1,
        backoffLimit: -1,
        ttlSecondsAfterFinished: -1,
        activeDeadlineSeconds: -1,
        template: { spec: pod },
      }),
      job('bad', { completionMode: 'Odd', template: { spec: pod } }),
      job('bad', { completionMode: 'Indexed', template: { spec: pod } }),
      job('bad', { template: { spec: { ...pod, containers: [{ name: 'Bad Name', image: '' }] } } }),
      job('bad', {
        template: {
          spec: { ...pod, containers: [{ image: 'x' }, { name: 'a', image: 'x' }, { name: 'a', image: 'x' }] },
        },
      }),
      job('bad', {
        template: {
          spec: {
            ...pod,
            containers: [
              {
                name: 'a',
                image: 'x',
                env: [{ name: '' }, { name: 'A=B' }],
                volumeMounts: [{ name: 'none', mountPath: '/x' }],
              },
            ],
          },
        },
      }),
      job('bad', { template: { spec: { ...pod, containers: [{ name: 'a', image: 'x', imagePullPolicy: 'Often' }] } } }),
      job('bad', {
        template: { spec: { ...pod, containers: [{ name: 'a', image: 'x', resources: { limits: { cpu: 'lots' } } }] } },
      }),
      job('bad', {
        template: {
          spec: {
            ...pod,
            containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }],
          },
        },
      }),
      job('bad', { selector: { matchLabels: { a: 'b' } }, template: { spec: pod } }),
      job('bad', { manualSelector: true, template: { spec: pod } }),
      job('bad', { parallelism: 'x', template: { spec: pod } }),
      job('x'.repeat(64), { template: { spec: pod } }),
      { ask: `PATCH ${batch}/jobs/plain`, body: { spec: { completions: 7 } } },
      { ask: `PATCH ${batch}/jobs/plain`, body: { spec: { backoffLimit: 2, parallelism: 4 } } },
      { ask: `PATCH ${batch}/jobs/plain`, body: { spec: { selector: { matchLabels: { a: 'b' } } } } },
      { ask: `PATCH ${batch}/jobs/plain`, body: { spec: { completionMode: 'Indexed' } } },
      {
        ask: `PATCH ${batch}/jobs/plain/status`,
        body: { status: { active: 1, startTime: '2020-01-01T00:00:00Z' } },
        show: body => (body as { status: unknown }).status,
      },
      { ask: `DELETE ${batch}/jobs/plain` },
    ],
  },
  {
    name: 'cron jobs',
    steps: [
      cronJob('plain', { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { spec: pod } } } }),
      cronJob('zoned', {
        schedule: '@daily',
        timeZone: 'Europe/Zurich',
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 5,
        suspend: true,
        jobTemplate: { metadata: { labels: { a: 'b' } }, spec: { template: { spec: pod } } },
      }),
      cronJob('bad', { schedule: 'now and then', jobTemplate: { spec: { template: { spec: pod } } } }),
      cronJob('bad', { jobTemplate: { spec: { template: { spec: pod } } } }),
      cronJob('bad', { schedule: '* * * * *' }),
      cronJob('bad', {
        schedule: '* * * * *',
        timeZone: 'Mars/North',
        jobTemplate: { spec: { template: { spec: pod } } },
      }),
      cronJob('bad', {
        schedule: '* * * * *',
        concurrencyPolicy: 'Maybe',
        jobTemplate: { spec: { template: { spec: pod } } },
      }),
      cronJob('bad', {
        schedule: '* * * * *',
        successfulJobsHistoryLimit: -1,
        jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy: 'Always' } } } },
      }),
      cronJob('x'.repeat(53), { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: pod } } } }),
    ],
  },
  {
    name: 'events',
    steps: [
      event('old', {
        involvedObject: about,
        reason: 'Made',
        message: 'made it',
        type: 'Normal',
        count: 1,
        firstTimestamp: '2020-01-01T00:00:00Z',
        lastTimestamp: '2020-01-01T00:00:00Z',
        source: { component: 'x' },
      }),
      { ask: `GET ${events}/old` },
      newEvent('new', {
        regarding: about,
        reason: 'Made',
        note: 'made it',
        type: 'Normal',
        eventTime: '2020-01-01T00:00:00.000000Z',
        reportingController: 'a.b/c',
        reportingInstance: 'x',
        action: 'Making',
      }),
      { ask: `GET ${core}/events/new` },
      { ask: `GET ${core}/events?fieldSelector=reason%3DMade` },
      { ask: `GET ${events}?fieldSelector=reason%3DMade` },
      newEvent('bad', { regarding: about, reason: 'Made', type: 'Normal' }),
      newEvent('bad', {
        regarding: about,
        reason: 'Made',
        type: 'Loud',
        eventTime: '2020-01-01T00:00:00.000000Z',
        reportingController: 'a b',
        reportingInstance: 'x',
        action: '',
      }),
      event('bad', { involvedObject: { ...about, namespace: 'other' }, reason: 'Made' }),
      event('bare', { involvedObject: about }),
      { ask: `PATCH ${core}/events/old`, body: { count: 2, lastTimestamp: '2020-01-02T00:00:00Z' } },
      { ask: `PATCH ${events}/new`, body: { series: { count: 2, lastObservedTime: '2020-01-01T00:00:00.000000Z' } } },
      { ask: `PATCH ${events}/new`, body: { note: 'changed' } },
      { ask: `DELETE ${core}/events/old` },
    ],
  },
  {
    name: 'namespaces',
    steps: [
      { ask: 'POST /api/v1/namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'attic' } } },
      {
        ask: 'POST /api/v1/namespaces',
        body: {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'own' },
          spec: { finalizers: ['store.example/x'] },
        },
      },
      { ask: 'POST /api/v1/namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'Bad.Name' } } },
      {
        ask: 'POST /api/v1/namespaces',
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n'.repeat(64) } },
      },
      {
        ask: 'PATCH /api/v1/namespaces/attic',
        body: { metadata: { labels: { a: 'b', 'kubernetes.io/metadata.name': 'other' } } },
      },
      { ask: 'PATCH /api/v1/namespaces/attic', body: { spec: { finalizers: [] } } },
      {
        ask: 'PATCH /api/v1/namespaces/attic/status',
        body: { status: { conditions: [{ type: 'X', status: 'True' }] } },
      },
      {
        ask: 'PUT /api/v1/namespaces/own/finalize',
        body: {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'own' },
          spec: { finalizers: ['store.example/y', 'kubernetes'] },
        },
      },
      {
        ask: 'PUT /api/v1/namespaces/own/finalize',
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' }, spec: {} },
      },
      {
        ask: 'PUT /api/v1/namespaces/none/finalize',
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'none' }, spec: {} },
      },
      { ask: 'DELETE /api/v1/namespaces/own' },
      {
        ask: 'POST /api/v1/namespaces/own/configmaps',
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } },
      },
      { ask: 'GET /api/v1/namespaces/own', show: body => (body as { status: { phase: string } }).status.phase },
      {
        ask: 'PUT /api/v1/namespaces/own/finalize',
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'own' }, spec: { finalizers: [] } },
        show: body => (body as { kind: string }).kind,
      },
      { ask: 'GET /api/v1/namespaces/own', until: 'NotFound' },
      { ask: 'DELETE /api/v1/namespaces/default' },
      { ask: 'DELETE /api/v1/namespaces/kube-system' },
      {
        ask: 'GET /api/v1/namespaces/default',
        show: body => (body as { metadata: { labels: object } }).metadata.labels,
      },
    ],
  },
  {
    name: 'service accounts, leases, pods',
    steps: [
      {
        ask: `POST ${core}/serviceaccounts`,
        body: {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'bob' },
          secrets: [{ name: 'x' }],
          imagePullSecrets: [{ name: 'y' }],
        },
      },
      {
        ask: `POST ${core}/serviceaccounts/bob/token`,
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 5 } },
      },
      {
        ask: `POST ${core}/serviceaccounts/bob/token`,
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: 600, audiences: ['x'] },
        },
        show: body => ({ ...(body as object), status: Object.keys((body as { status: object }).status) }),
      },
      {
        ask: `POST ${core}/serviceaccounts/none/token`,
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
      },
      {
        ask: 'POST /apis/coordination.k8s.io/v1/namespaces/default/leases',
        body: {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: 'l' },
          spec: {
            holderIdentity: 'me',
            leaseDurationSeconds: 5,
            acquireTime: '2020-01-01T00:00:00.000000Z',
            renewTime: '2020-01-01T00:00:00Z',
          },
        },
      },
      {
        ask: 'PATCH /apis/coordination.k8s.io/v1/namespaces/default/leases/l',
        body: { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } },
      },
      { ask: `POST ${core}/pods`, body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare' }, spec: pod } },
      {
        ask: `PATCH ${core}/pods/bare/status`,
        body: {
          status: {
            phase: 'Running',
            containerStatuses: [
              {
                name: 'main',
                ready: true,
                restartCount: 1,
                image: 'x',
                imageID: '',
                state: { running: { startedAt: '2020-01-01T00:00:00Z' } },
              },
            ],
          },
        },
        show: body => (body as { status: unknown }).status,
      },
      { ask: `GET ${core}/pods/bare`, accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      { ask: `GET ${core}/pods/none/log` },
      { ask: `DELETE ${core}/pods/bare`, show: body => (body as { kind: string }).kind },
    ],
  },
];
