/** A field that a claim accepts is honoured by every engine or refused by it with a reason: this walks the schema and proves it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, Schema } from '@larder/kube';
import { services, type CompositionResponse } from '@larder/catalog';
import { acceptedOf, bigMachine, composeIn, running, wellKnown, type Situation } from './local-requests.ts';

const [postgresql] = services;
const root = postgresql!.definition.spec.versions[0]!.schema.openAPIV3Schema;

const authorized = (type: string, name: string, key: string): unknown => [
  { name: 'chat', url: 'https://chat.example.com', authorization: { type, credentialsSecretRef: { name, key } } },
];
const authorizations = Object.fromEntries(
  (
    [
      ['type', authorized('Basic', 'a', 'k')],
      ['credentialsSecretRef.name', authorized('Bearer', 'b', 'k')],
      ['credentialsSecretRef.key', authorized('Bearer', 'a', 'l')],
    ] as const
  ).map(([field, value]) => [
    `alerts.receivers[].authorization.${field}`,
    { value, beside: ['alerts.receivers', authorized('Bearer', 'a', 'k')] as [string, unknown] },
  ]),
);

/** Another value for each field; the answer must differ from that for the well-known claim. */
const others: Record<string, { value: unknown; situation?: Situation; beside?: [field: string, value: unknown] }> = {
  'resources.storageSize': { value: '20Gi' },
  'resources.limits.memory': { value: '2Gi' },
  'resources.limits.cpu': { value: '1' },
  'resources.requests.memory': { value: '128Gi' },
  'resources.requests.cpu': { value: '64' },
  'updatePolicy.version': { value: '16' },
  'updatePolicy.securityUpdates': { value: '0 1 * * *', situation: { server: running() } },
  'updatePolicy.window': { value: '2h' },
  'updatePolicy.timeZone': { value: 'Europe/Zurich' },
  'updatePolicy.apply': { value: 'Immediate' },
  settings: { value: { work_mem: '5MB' } },
  'extensions[].name': { value: [{ name: 'hstore' }] },
  'extensions[].version': { value: [{ name: 'hstore', version: '1.4' }] },
  'access.superuser': { value: true },
  'network.allowedCIDRs[]': { value: ['127.0.0.1/32'] },
  instances: { value: 2 },
  'restore.claimName': { value: 'other' },
  'restore.compositeName': { value: 'other-abcde' },
  'restore.backupName': { value: '20261123T001148' },
  'restore.pointInTime': { value: '2026-11-23T10:15:00Z' },
  'alerts.enabled': { value: true },
  'alerts.receivers[].name': { value: [{ name: 'chat', url: 'https://chat.example.com' }] },
  'alerts.receivers[].url': { value: [{ name: 'chat', url: 'https://chat.example.com/other' }] },
  'alerts.receivers[].urlSecretRef.name': { value: [{ name: 'chat', urlSecretRef: { name: 'a', key: 'url' } }] },
  'alerts.receivers[].urlSecretRef.key': { value: [{ name: 'chat', urlSecretRef: { name: 'a', key: 'other' } }] },
  ...authorizations,
  'alerts.receivers[].sendResolved': {
    value: [{ name: 'chat', url: 'https://chat.example.com', sendResolved: false }],
    beside: ['alerts.receivers', [{ name: 'chat', url: 'https://chat.example.com' }]],
  },
  'backup.enabled': { value: false },
  'backup.schedule': { value: '17 3 * * *' },
  'backup.retention': { value: '14d' },
  'backup.keepLast': { value: 3 },
  'backup.keepAfterDeletion': { value: '0h' },
  'backup.store': { value: 'offsite' },
  'backup.drill.schedule': { value: '30 4 * * 0' },
  'backup.drill.query': { value: 'SELECT true', beside: ['backup.drill.schedule', '30 4 * * 0'] },
};

/** Refused with a reason on machines that can't honour them. */
const conditional: Record<string, { value: unknown; machine: Record<string, string>; reason: string }> = {
  'resources.storageSize': { value: '1Ti', machine: bigMachine, reason: 'DoesNotFit' },
  'resources.requests.memory': { value: '128Gi', machine: bigMachine, reason: 'DoesNotFit' },
  'resources.requests.cpu': { value: '64', machine: bigMachine, reason: 'DoesNotFit' },
  'access.superuser': {
    value: true,
    machine: { ...bigMachine, separateUsers: 'false' },
    reason: 'SuperuserNotPossible',
  },
  'network.allowedCIDRs[]': { value: ['10.0.0.0/8'], machine: bigMachine, reason: 'NetworkNotPossible' },
  'extensions[].name': { value: [{ name: 'postgis' }], machine: bigMachine, reason: 'ExtensionNotOnOffer' },
  'extensions[].version': {
    value: [{ name: 'hstore', version: '9' }],
    machine: bigMachine,
    reason: 'ExtensionNotOnOffer',
  },
  settings: { value: { fsync: 'off' }, machine: bigMachine, reason: 'SettingNotAccepted' },
  instances: { value: 3, machine: bigMachine, reason: 'OneMachine' },
};

const fields = leaves(root.properties?.spec?.properties?.parameters ?? {}, '');

test('the fields are those of the reference, so none was forgotten here', () => {
  assert.deepEqual(fields.sort(), [...Object.keys(others), 'deletionProtection'].sort());
});

for (const [field, { value, situation, beside }] of Object.entries(others)) {
  test(`${field} is honoured or refused by the local engine`, () => {
    const before = beside ? changed(...beside) : wellKnown;
    const usual = composeIn({ ...situation, parameters: before });
    const other = composeIn({ ...situation, parameters: changed(field, value, before) });
    assert.notDeepEqual(effect(other), effect(usual));
  });
}

for (const [field, { value, machine, reason }] of Object.entries(conditional)) {
  test(`${field} is refused where this machine can not honour it, with field and value`, () => {
    const response = composeIn({ machine, parameters: changed(field, value) });
    const accepted = acceptedOf(response);
    assert.deepEqual([accepted.status, accepted.reason], ['False', reason]);
    assert.ok(
      accepted.message?.startsWith(`spec.parameters.${field.replace('[]', '[0]').split('[]')[0]}`),
      accepted.message,
    );
    assert.match(accepted.message ?? '', /: "[^"]+" .+: .+|: "[^"]+" .+, since .+/);
    assert.deepEqual(response.composed, {}, 'nothing is made of it');
  });
}

test('deletionProtection refuses the deletion of the claim, and nothing else does', () => {
  const [rule, ...more] = postgresql!.admission;
  assert.deepEqual([rule?.kind, rule?.operations, more], ['PostgreSQLInstance', ['DELETE'], []]);
  const claim = (parameters: Record<string, unknown>): KubeObject => ({
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLInstance',
    metadata: { name: 'postgres1', namespace: 'my-app' },
    spec: { parameters },
  });
  assert.deepEqual(rule?.refuse(claim({ ...wellKnown, deletionProtection: true })), {
    reason: 'Forbidden',
    message:
      'PostgreSQLInstance "postgres1" in namespace "my-app" is protected: set spec.parameters.deletionProtection to false first',
  });
  for (const parameters of [wellKnown, { ...wellKnown, deletionProtection: false }]) {
    assert.equal(rule?.refuse(claim(parameters)), undefined);
  }
});

/** What a response leads to. */
function effect({ composed, status, conditions }: CompositionResponse): unknown {
  return { composed, status, conditions };
}

function leaves(schema: Schema, path: string): string[] {
  const items = schema.items && leaves(schema.items, `${path}[]`);
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    leaves(child, path === '' ? name : `${path}.${name}`),
  );
  return items ?? (below.length > 0 ? below : [path]);
}

function changed(field: string, value: unknown, from: Record<string, unknown> = wellKnown): Record<string, unknown> {
  const parameters = structuredClone(from);
  const keys = field.replace(/\[\].*/, '').split('.');
  const last = keys.pop() ?? '';
  let at = parameters;
  for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>;
  at[last] = value;
  return parameters;
}
