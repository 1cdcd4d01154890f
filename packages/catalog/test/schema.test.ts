/** What the API refuses at the write: each message names field, value and remedy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileSchema, fieldErrorText, type KubeObject, type Schema } from '@larder/kube';
import { services } from '@larder/catalog';
import { wellKnown } from './local-requests.ts';

const [postgresql] = services;
const root = postgresql!.definition.spec.versions[0]!.schema.openAPIV3Schema;
const text: Schema = { type: 'string' };
const schema = compileSchema({
  ...root,
  properties: {
    ...root.properties,
    apiVersion: text,
    kind: text,
    metadata: { type: 'object', properties: { name: { ...text, maxLength: 57 } } },
  },
});

type Parameters = Record<string, unknown>;

function claim(parameters: Parameters, more: Partial<KubeObject> = {}): KubeObject {
  const object = {
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLInstance',
    metadata: { name: 'postgres1', namespace: 'my-app' },
    spec: { parameters: structuredClone(parameters) },
    ...more,
  };
  schema.applyDefaults(object);
  return object;
}

function refusals(object: KubeObject, old?: KubeObject): string[] {
  return schema.validate(object, old).map(fieldErrorText);
}

/** The well-known parameters with one field changed. */
function change(path: string, value: unknown): Parameters {
  const parameters = structuredClone(wellKnown) as Parameters;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Parameters = parameters;
  for (const key of keys) at = (at[key] ??= {}) as Parameters;
  at[last] = value;
  return parameters;
}

test('the smallest claim is complete, and gets the defaults of today alone', () => {
  const smallest = claim({ resources: { storageSize: '10Gi' }, updatePolicy: { version: '17' } });
  assert.deepEqual(refusals(smallest), []);
  assert.deepEqual((smallest.spec as { parameters: Parameters }).parameters, {
    resources: { storageSize: '10Gi' },
    updatePolicy: { version: '17', securityUpdates: '00 22 * * 2', window: '1h', timeZone: 'UTC', apply: 'Scheduled' },
    deletionProtection: false,
    instances: 1,
  });
});

const accepted: [string, unknown][] = [
  ['resources.storageSize', '128Mi'],
  ['resources.storageSize', 10737418240],
  ['resources.storageSize', '1.5Ti'],
  ['resources.limits.cpu', 2],
  ['resources.limits.cpu', '0.5'],
  ['resources.limits.cpu', '500m'],
  ['resources.requests', { memory: '1Gi', cpu: '100m' }],
  ['updatePolicy.version', '17.10'],
  ['updatePolicy.securityUpdates', '0 1 * * *'],
  ['updatePolicy.securityUpdates', '37 3 4 5 2'],
  ['updatePolicy.securityUpdates', '*/10 0-6,22 1-15/2 jan,Feb MON-fri'],
  ['updatePolicy.securityUpdates', '@weekly'],
  ['updatePolicy.apply', 'Immediate'],
  ['settings', { max_connections: 200, work_mem: '16MB' }],
  ['extensions', [{ name: 'pg_trgm' }, { name: 'uuid-ossp', version: '1.1' }]],
  ['network.allowedCIDRs', ['10.0.0.0/8', '192.0.2.7/32', '::1/128', 'fd00::/8', '0.0.0.0/0']],
  ['instances', 3],
  ['access.superuser', true],
  ['backup', {}],
  ['restore', { claimName: 'other', pointInTime: '2026-11-23T10:15:00.5+01:00' }],
  ['backup', { enabled: false, schedule: '@daily', retention: '720h', keepAfterDeletion: '0h' }],
  ['backup', { keepLast: 5, keepAfterDeletion: '4w' }],
  ['backup', { drill: { schedule: '@weekly' } }],
  ['backup', { drill: { schedule: '30 4 * * sun', query: 'SELECT count(*) > 0 FROM orders' } }],
];

for (const [path, value] of accepted) {
  test(`accepted: ${path} ${JSON.stringify(value)}`, () => assert.deepEqual(refusals(claim(change(path, value))), []));
}

const refused: [string, unknown, string, RegExp][] = [
  ['resources', {}, 'resources.storageSize', /Required value/],
  [
    'resources.storageSize',
    '10 GB',
    'resources.storageSize',
    /"10 GB" is no size: write a Kubernetes quantity such as 10Gi/,
  ],
  ['resources.storageSize', '', 'resources.storageSize', /is no size/],
  ['resources.storageSize', '-1Gi', 'resources.storageSize', /"-1Gi" is too small: at least 128Mi is needed/],
  ['resources.storageSize', 10, 'resources.storageSize', /"10" is too small: .* with its unit, such as 10Gi/],
  ['resources.storageSize', '1Ei', 'resources.storageSize', /"1Ei" is too large: at most 4Pi/],
  ['resources.storageSize', true, 'resources.storageSize', /must be of type/],
  ['resources.limits.memory', '1', 'resources.limits.memory', /"1" is too small: at least 64Mi/],
  ['resources.limits.memory', 'big', 'resources.limits.memory', /"big" is no size/],
  ['resources.limits.cpu', '1m', 'resources.limits.cpu', /at least 10m/],
  ['resources.limits.cpu', 'two', 'resources.limits.cpu', /is no number of processors: .* such as 500m/],
  ['resources.requests.memory', '2Gi', 'resources.requests.memory', /"2Gi" is more than limits\.memory "1Gi": lower/],
  ['updatePolicy', {}, 'updatePolicy.version', /Required value/],
  ['updatePolicy.version', 17, 'updatePolicy.version', /must be of type string/],
  [
    'updatePolicy.version',
    'latest',
    'updatePolicy.version',
    /"latest" is no PostgreSQL version: write a major version such as 17/,
  ],
  ['updatePolicy.version', '17.', 'updatePolicy.version', /is no PostgreSQL version/],
  ['updatePolicy.version', '17.9.1', 'updatePolicy.version', /is no PostgreSQL version/],
  ['updatePolicy.version', '', 'updatePolicy.version', /is no PostgreSQL version/],
  [
    'updatePolicy.securityUpdates',
    'tuesdays',
    'updatePolicy.securityUpdates',
    /"tuesdays" is no cron schedule: .* 00 22 \* \* 2/,
  ],
  ['updatePolicy.securityUpdates', '0 25 * * *', 'updatePolicy.securityUpdates', /is no cron schedule/],
  ['updatePolicy.securityUpdates', '60 1 * * *', 'updatePolicy.securityUpdates', /is no cron schedule/],
  ['updatePolicy.securityUpdates', '0 1 * *', 'updatePolicy.securityUpdates', /is no cron schedule/],
  ['updatePolicy.securityUpdates', '0 1 * 13 *', 'updatePolicy.securityUpdates', /is no cron schedule/],
  ['updatePolicy.apply', 'Later', 'updatePolicy.apply', /Unsupported value: "Later"/],
  ['settings', { autovacuum: false }, 'settings.autovacuum', /must be of type/],
  ['settings', { work_mem: { a: 1 } }, 'settings.work_mem', /must be of type/],
  [
    'extensions',
    [{ name: 'Robert"; drop' }],
    'extensions[0].name',
    /is no extension name: write it as CREATE EXTENSION has it/,
  ],
  ['extensions', [{ name: '../x' }], 'extensions[0].name', /is no extension name/],
  ['extensions', [{ name: 'a', version: '1; drop' }], 'extensions[0].version', /is no extension version/],
  ['extensions', [{ name: 'hstore' }, { name: 'hstore' }], 'extensions[1]', /Duplicate value/],
  [
    'network.allowedCIDRs',
    ['10.0.0.0'],
    'network.allowedCIDRs[0]',
    /"10.0.0.0" is no network: write address and prefix length/,
  ],
  ['network.allowedCIDRs', ['all'], 'network.allowedCIDRs[0]', /is no network/],
  ['restore', {}, 'restore', /needs claimName or compositeName: larder backups lists/],
  ['restore', { claimName: 'a', pointInTime: 'yesterday' }, 'restore.pointInTime', /"yesterday" is no moment/],
  ['restore', { claimName: 'a', pointInTime: '2026-11-23 10:15' }, 'restore.pointInTime', /is no moment/],
  ['restore', { claimName: 'a', backupName: 'newest' }, 'restore.backupName', /"newest" is no name of a backup/],
  [
    'restore',
    { claimName: 'a', backupName: '20261123T001148', pointInTime: '2026-11-23T10:15:00Z' },
    'restore.backupName',
    /can not be beside pointInTime/,
  ],
  ['backup.schedule', 'nightly', 'backup.schedule', /"nightly" is no cron schedule/],
  ['backup.retention', '7 days', 'backup.retention', /"7 days" is no duration: .* such as 168h, 7d or 1w/],
  ['backup.retention', '0d', 'backup.retention', /is no duration/],
  ['backup.keepAfterDeletion', '-1h', 'backup.keepAfterDeletion', /is no duration/],
  ['backup.drill', {}, 'backup.drill.schedule', /required/i],
  ['backup.drill', { schedule: 'weekly' }, 'backup.drill.schedule', /"weekly" is no cron schedule: write minute/],
  ['backup.drill', { schedule: '@daily', query: ' ' }, 'backup.drill.query', /is no query: write one that gives true/],
  ['backup', { enabled: false, drill: { schedule: '@daily' } }, 'backup.drill', /can not be had while no backups/],
  ['backup.keepLast', 0, 'backup.keepLast', /greater than or equal to 1/],
  [
    'backup',
    { retention: '7d', keepLast: 3 },
    'backup.keepLast',
    /can not be beside retention "7d": keep by time or by number/,
  ],
  ['instances', 0, 'instances', /greater than or equal to 1/],
  ['instances', 4, 'instances', /less than or equal to 3/],
  ['instances', '2', 'instances', /must be of type integer/],
  ['deletionProtection', 'yes', 'deletionProtection', /must be of type boolean/],
];

for (const [path, value, field, message] of refused) {
  test(`refused: ${path} ${JSON.stringify(value)}`, () => {
    const found = refusals(claim(change(path, value)));
    const about = found.filter(line => line.startsWith(`spec.parameters.${field}: `));
    assert.ok(
      about.some(line => message.test(line)),
      found.join('\n') || 'it is accepted',
    );
  });
}

test('fields of later days are unknown, by name', () => {
  const later = {
    ...wellKnown,
    encryption: {},
    updatePolicy: { version: '17', channel: 'fast' },
  };
  const object = claim(later);
  assert.deepEqual(schema.prune(object).sort(), ['spec.parameters.encryption', 'spec.parameters.updatePolicy.channel']);
});

for (const [name, fine] of [
  ['postgres1', true],
  ['a', true],
  ['a'.repeat(38), true],
  ['a'.repeat(39), false],
  ['1st', false],
  ['my.database', false],
  ['ends-', false],
] as const) {
  test(`${fine ? 'accepted' : 'refused'}: the name ${name}`, () => {
    const found = refusals(claim(wellKnown, { metadata: { name } }));
    if (fine) assert.deepEqual(found, []);
    else assert.match(found.join('\n'), new RegExp(`^metadata\\.name: .*"${name}": .*at most 38 characters`));
    const composite = { kind: 'XPostgreSQLInstance', metadata: { name: `${'a'.repeat(38)}-12345` } };
    assert.deepEqual(refusals(claim(wellKnown, composite)), [], 'composites are longer');
  });
}

const status = { version: '17.10', storage: { size: '10Gi' } };
const updates: [string, Parameters, RegExp | undefined][] = [
  ['storage may grow', change('resources.storageSize', '20Gi'), undefined],
  ['storage may be spelled anew', change('resources.storageSize', 10 * 1024 ** 3), undefined],
  [
    'storage never shrinks',
    change('resources.storageSize', '9Gi'),
    /storageSize: .*"9Gi" is less than the "10Gi" that the instance has/,
  ],
  ['a higher minor', change('updatePolicy.version', '17.11'), undefined],
  ['the very same version', change('updatePolicy.version', '17.10'), undefined],
  ['a higher major', change('updatePolicy.version', '18'), undefined],
  [
    'a lower minor',
    change('updatePolicy.version', '17.9'),
    /version: .*"17.9" is below PostgreSQL 17\.10, which runs and can not go down/,
  ],
  ['a lower major', change('updatePolicy.version', '16'), /"16" is below PostgreSQL 17\.10/],
  ['a lower major with a minor', change('updatePolicy.version', '16.14'), /"16.14" is below/],
];

for (const [sentence, parameters, message] of updates) {
  test(`${message ? 'refused' : 'accepted'}: ${sentence}, of one that runs`, () => {
    const old = claim(wellKnown, { status });
    const found = refusals(claim(parameters, { status }), old);
    if (message) assert.match(found.join('\n'), message);
    else assert.deepEqual(found, []);
  });
}

test('a wish that never took effect can be taken back', () => {
  const slip = claim({ ...change('resources.storageSize', '10Ti'), updatePolicy: { version: '99.9' } }, { status });
  assert.deepEqual(refusals(claim(wellKnown, { status }), slip), []);
  assert.deepEqual(refusals(claim(wellKnown), claim(change('updatePolicy.version', '18'))), [], 'nothing runs yet');
});

test('a write of the status is never refused for what the spec says', () => {
  const old = claim(wellKnown, { status });
  const grown = { version: '18.4', storage: { size: '20Gi' } };
  assert.deepEqual(refusals(claim(wellKnown, { status: grown }), old), []);
  assert.deepEqual(
    refusals(claim(wellKnown, { status: { ...grown, endpoint: 'x:1' } }), claim(wellKnown, { status: grown })),
    [],
  );
});
