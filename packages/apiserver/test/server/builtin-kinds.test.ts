/** What the server takes and refuses of built-in kinds. The texts are those of a real kube-apiserver 1.35.4. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestServer, type Answer, type TestServer } from './harness.ts';

const core = '/api/v1/namespaces/default';
const batch = '/apis/batch/v1/namespaces/default';
const message = ({ body }: Answer) => (body as { message?: string }).message ?? '';

const container = { name: 'a', image: 'x' };
const pod = (more: object) => ({ restartPolicy: 'Never', containers: [container], ...more });
const jobOf = (podSpec: object, spec: object = {}) => ({
  path: `${batch}/jobs`,
  body: {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'bad' } },
    spec: { template: { spec: pod(podSpec) }, ...spec },
  },
});
const cronJobOf = (spec: object, name = 'bad') => ({
  path: `${batch}/cronjobs`,
  body: {
    ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name } },
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: pod({}) } } }, ...spec },
  },
});
const secretOf = (more: object) => ({
  path: `${core}/secrets`,
  body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bad' }, ...more },
});
const configMapOf = (more: object) => ({
  path: `${core}/configmaps`,
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bad' }, ...more },
});
const eventOf = (more: object) => ({
  path: '/apis/events.k8s.io/v1/namespaces/default/events',
  body: {
    ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'bad' }, reason: 'Made', type: 'Normal' },
    ...{ regarding: { kind: 'Pod', name: 'p', namespace: 'default' }, ...more },
  },
});
const leaseOf = (spec: object) => ({
  path: '/apis/coordination.k8s.io/v1/namespaces/default/leases',
  body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'bad' }, spec },
});

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const key =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const podAt = 'spec.template.spec';

describe('built-in kinds are refused as Kubernetes refuses them', () => {
  let server: TestServer;
  const ends: (() => Promise<void>)[] = [];
  before(async () => {
    server = await startTestServer({ after: end => ends.push(end as () => Promise<void>) });
  });
  after(async () => {
    for (const end of ends) await end();
  });

  const refused: { sent: { path: string; body: object }; code?: number; why: string }[] = [
    {
      sent: jobOf({ volumes: [{ name: '../x', emptyDir: {} }] }),
      why: `Job.batch "bad" is invalid: ${podAt}.volumes[0].name: Invalid value: "../x": ${label}`,
    },
    {
      sent: jobOf({
        volumes: [{ name: '', emptyDir: {} }, { name: 'a' }, { name: 'a', emptyDir: {}, secret: { secretName: 'x' } }],
      }),
      why: `Job.batch "bad" is invalid: [${podAt}.volumes[0].name: Required value, ${podAt}.volumes[2].secret: Forbidden: may not specify more than 1 volume type, ${podAt}.volumes[2].name: Duplicate value: "a"]`,
    },
    {
      sent: jobOf({
        volumes: [
          { name: 'c', hostPath: { path: '' } },
          { name: 'd', hostPath: { path: '/a/../b' } },
        ],
      }),
      why: `Job.batch "bad" is invalid: [${podAt}.volumes[0].hostPath.path: Required value, ${podAt}.volumes[1].hostPath.path: Invalid value: "/a/../b": must not contain '..']`,
    },
    {
      sent: jobOf({
        volumes: [
          {
            name: 'a',
            secret: {
              secretName: 'x',
              items: [
                { key: 'a', path: '../x' },
                { key: 'a', path: '/abs' },
                { key: 'a', path: '..x', mode: -1 },
              ],
            },
          },
        ],
      }),
      why: `Job.batch "bad" is invalid: [${podAt}.volumes[0].secret.items[0].path: Invalid value: "../x": must not contain '..', ${podAt}.volumes[0].secret.items[1].path: Invalid value: "/abs": must be a relative path, ${podAt}.volumes[0].secret.items[2].path: Invalid value: "..x": must not start with '..', ${podAt}.volumes[0].secret.items[2].mode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive]`,
    },
    {
      sent: jobOf({
        volumes: [{ name: 'a', emptyDir: {} }],
        containers: [{ ...container, volumeMounts: [{ name: 'a', mountPath: '/b', subPath: '../x' }] }],
      }),
      why: `Job.batch "bad" is invalid: ${podAt}.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain '..'`,
    },
    {
      sent: jobOf({ containers: undefined, restartPolicy: undefined }),
      why: `Job.batch "bad" is invalid: [${podAt}.containers: Required value, ${podAt}.restartPolicy: Required value: valid values: "OnFailure", "Never"]`,
    },
    {
      sent: jobOf({ containers: [{ name: 'Bad Name', image: '' }, container, container] }),
      why: `Job.batch "bad" is invalid: [${podAt}.containers[0].name: Invalid value: "Bad Name": ${label}, ${podAt}.containers[0].image: Required value, ${podAt}.containers[2].name: Duplicate value: "a"]`,
    },
    {
      sent: jobOf({ containers: [{ ...container, env: [{ name: 'A=B' }, { name: 'C', valueFrom: {} }] }] }),
      why: `Job.batch "bad" is invalid: [${podAt}.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '=', ${podAt}.containers[0].env[1].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\`]`,
    },
    {
      sent: jobOf({ containers: [{ ...container, resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] }),
      why: `Job.batch "bad" is invalid: ${podAt}.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
    },
    {
      sent: jobOf({ containers: [{ ...container, resources: { limits: { cpu: 'lots' } } }] }),
      code: 400,
      why: `Job in version "v1" cannot be handled as a Job: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    },
    {
      sent: jobOf({ containers: [{ env: [{ name: 5 }] }] }),
      code: 400,
      why: 'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.name of type string',
    },
    {
      sent: jobOf({ containers: 5 }),
      code: 400,
      why: 'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    },
    {
      sent: jobOf({}, { selector: { matchLabels: { a: 'b' } } }),
      why: '`selector` not auto-generated',
    },
    {
      sent: cronJobOf({ schedule: 'now and then' }),
      why: 'CronJob.batch "bad" is invalid: spec.schedule: Invalid value: "now and then": expected exactly 5 fields, found 3: [now and then]',
    },
    {
      sent: cronJobOf({ timeZone: 'Mars/North' }),
      why: 'CronJob.batch "bad" is invalid: spec.timeZone: Invalid value: "Mars/North": unknown time zone Mars/North',
    },
    {
      sent: cronJobOf({}, 'x'.repeat(53)),
      why: `CronJob.batch "${'x'.repeat(53)}" is invalid: metadata.name: Invalid value: "${'x'.repeat(53)}": must be no more than 52 characters`,
    },
    {
      sent: cronJobOf({ jobTemplate: { spec: { template: { spec: pod({ volumes: [{ name: '../x' }] }) } } } }),
      why: `CronJob.batch "bad" is invalid: spec.jobTemplate.spec.template.spec.volumes[0].name: Invalid value: "../x": ${label}`,
    },
    {
      sent: secretOf({ data: { a: 5 } }),
      code: 400,
      why: 'Secret in version "v1" cannot be handled as a Secret: json: cannot unmarshal number into Go struct field Secret.data of type []uint8',
    },
    {
      sent: secretOf({ data: { 'bad key': 'eA==', '..x': 'eA==' } }),
      why: `Secret "bad" is invalid: [data[..x]: Invalid value: "..x": must not start with '..', data[bad key]: Invalid value: "bad key": ${key}]`,
    },
    {
      sent: secretOf({ type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'x' } }),
      why: `Secret "bad" is invalid: data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value`,
    },
    {
      sent: configMapOf({ data: 'x' }),
      code: 400,
      why: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string',
    },
    {
      sent: configMapOf({ metadata: { name: 'x', creationTimestamp: 'yesterday' } }),
      code: 400,
      why: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    },
    { sent: eventOf({}), why: 'Event "bad" is invalid: eventTime: Required value' },
    {
      sent: eventOf({
        ...{ type: 'Loud', eventTime: '2020-01-01T00:00:00.000000Z' },
        ...{ reportingController: 'x', reportingInstance: 'x', action: '' },
      }),
      why: 'Event "bad" is invalid: [action: Required value, type: Invalid value: "": has invalid value: Loud]',
    },
    {
      sent: leaseOf({ renewTime: '2020-01-01T00:00:00Z' }),
      code: 400,
      why: 'Lease in version "v1" cannot be handled as a Lease: parsing time "2020-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    },
    {
      sent: leaseOf({ renewTime: '2020-13-01T00:00:00.000000Z' }),
      code: 400,
      why: 'Lease in version "v1" cannot be handled as a Lease: parsing time "2020-13-01T00:00:00.000000Z": month out of range',
    },
    {
      sent: leaseOf({ leaseDurationSeconds: 99999999999 }),
      code: 400,
      why: 'Lease in version "v1" cannot be handled as a Lease: json: cannot unmarshal number 99999999999 into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32',
    },
  ];
  for (const { sent, code = 422, why } of refused) {
    it(why.slice(0, 160), async () => {
      const answer = await server.ask('POST', sent.path, { body: sent.body });
      assert.equal(answer.code, code, answer.text);
      if (why.startsWith('`')) assert.ok(message(answer).includes(why), message(answer));
      else assert.equal(message(answer), why);
    });
  }

  const schedules: [schedule: string, problem: string][] = [
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['-1 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
    ['@nope', 'unrecognized descriptor: @nope'],
    ['TZ=UTC * * * * *', 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ];
  for (const [schedule, problem] of schedules) {
    it(`the schedule ${schedule} is refused`, async () => {
      const { path, body } = cronJobOf({ schedule });
      const answer = await server.ask('POST', path, { body });
      const value = JSON.stringify(schedule);
      assert.equal(
        message(answer),
        `CronJob.batch "bad" is invalid: spec.schedule: Invalid value: ${value}: ${problem}`,
      );
    });
  }
  for (const schedule of [
    '@yearly',
    '@every 1h30m',
    '* * * JAN MON',
    '?/5 * * * *',
    '0 22 * * 2',
    ' 1,2-3/2 * * * *',
  ]) {
    it(`the schedule ${schedule} is taken`, async () => {
      const { path, body } = cronJobOf({ schedule });
      assert.equal((await server.ask('POST', `${path}?dryRun=All`, { body })).code, 201);
    });
  }

  it('what is immutable of a job, of a secret and of a config map stays', async () => {
    const { body } = jobOf({});
    await server.ask('POST', `${batch}/jobs`, { body: { ...body, metadata: { name: 'fixed' } } });
    const grown = await server.ask('PATCH', `${batch}/jobs/fixed`, {
      body: { spec: { completions: 7 } },
      type: 'application/merge-patch+json',
    });
    const why = 'Job.batch "fixed" is invalid: spec.completions: Invalid value: 7: field is immutable';
    assert.deepEqual([grown.code, message(grown)], [422, why]);
    for (const [kind, plural] of [
      ['Secret', 'secrets'],
      ['ConfigMap', 'configmaps'],
    ]) {
      const made = { apiVersion: 'v1', kind, metadata: { name: 'fixed' }, immutable: true, data: { a: 'eA==' } };
      assert.equal((await server.ask('POST', `${core}/${plural}`, { body: made })).code, 201);
      const answer = await server.ask('PATCH', `${core}/${plural}/fixed`, {
        body: { immutable: false, data: { a: 'eQ==' } },
        type: 'application/merge-patch+json',
      });
      const fixed = 'Forbidden: field is immutable when `immutable` is set';
      assert.equal(message(answer), `${kind} "fixed" is invalid: [immutable: ${fixed}, data: ${fixed}]`);
    }
  });

  it('a config map may have fifty thousand keys', async () => {
    const data = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key-${index}`, 'x']));
    const made = configMapOf({ metadata: { name: 'many' }, data });
    assert.equal((await server.ask('POST', made.path, { body: made.body })).code, 201);
    const changed = await server.ask('PATCH', `${core}/configmaps/many`, {
      body: { data: { more: 'y' } },
      type: 'application/merge-patch+json',
    });
    assert.equal(changed.code, 200);
  });

  it('a null is nothing, and an empty text in a map', async () => {
    const { path, body } = secretOf({ metadata: { name: 'nulls' }, data: { a: null }, stringData: null });
    const answer = await server.ask('POST', path, { body });
    assert.deepEqual((answer.body as { data: object }).data, { a: '' });
  });

  it('strict decoding tells what it found in the order of the text', async () => {
    const body =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"s","nope":1},"data":{"a":"1","a":"2"},"other":1,"other":2}';
    const answer = await server.ask('POST', `${core}/configmaps?fieldValidation=Strict`, { body });
    const why = 'unknown field "metadata.nope", duplicate field "data.a", unknown field "other"';
    assert.equal(
      message(answer),
      `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ${why}`,
    );
  });

  it('what is wrong with a body is warned of also when it is refused for something else', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { data: {} } };
    const answer = await server.ask('PUT', `${core}/configmaps/none`, { body });
    assert.equal(answer.code, 400);
    assert.equal(answer.headers.warning, '299 - "unknown field \\"metadata.data\\""');
  });

  it('options of a delete are read with care', async () => {
    const ask = (body: object) => server.ask('DELETE', `${core}/configmaps/none`, { body });
    assert.equal(message(await ask({ kind: 'ConfigMap', apiVersion: 'v1' })).includes('no kind "ConfigMap"'), true);
    const wrong = 'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64';
    assert.equal(message(await ask({ gracePeriodSeconds: 'soon' })), wrong);
  });
});
