/** A field that a claim accepts is honoured by every engine or refused by it with a reason: this walks the schema and proves it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '@larder/kube';
import { services, type CompositionResponse } from '@larder/catalog';
import {
  acceptedOf,
  changed,
  compose,
  composeRequest,
  engines,
  found,
  settled,
  wellKnown,
  type Way,
} from './requests.ts';

const root = services[0]!.definition.spec.versions[0]!.schema.openAPIV3Schema;

/** Another value for each field; what runs is composed otherwise, or waits visibly, or is refused. */
const others: Record<string, unknown> = {
  'resources.storageSize': '20Gi',
  'resources.limits.memory': '2Gi',
  'resources.limits.cpu': '2',
  'resources.requests.memory': '512Mi',
  'resources.requests.cpu': '250m',
  'updatePolicy.version': '18',
  'updatePolicy.securityUpdates': '0 1 * * *',
  'updatePolicy.window': '2h',
  'updatePolicy.timeZone': 'Europe/Zurich',
  'updatePolicy.apply': 'Immediate',
  settings: { work_mem: '5MB' },
  'extensions[].name': [{ name: 'hstore' }],
  'extensions[].version': [{ name: 'hstore', version: '1.4' }],
  'access.superuser': true,
  'network.allowedCIDRs[]': ['10.1.0.0/16'],
  instances: 2,
  'restore.claimName': 'other',
  'restore.compositeName': 'other-abcde',
  'restore.backupName': '20261123T001148',
  'restore.pointInTime': '2026-11-23T10:15:00Z',
  'alerts.enabled': true,
  'alerts.receivers[].name': [{ name: 'chat', url: 'https://chat.example.com' }],
  'alerts.receivers[].url': [{ name: 'chat', url: 'https://chat.example.com' }],
  'alerts.receivers[].urlSecretRef.name': [{ name: 'chat', urlSecretRef: { name: 'a', key: 'url' } }],
  'alerts.receivers[].urlSecretRef.key': [{ name: 'chat', urlSecretRef: { name: 'a', key: 'url' } }],
  'alerts.receivers[].authorization.type': [{ name: 'chat', url: 'https://chat.example.com' }],
  'alerts.receivers[].authorization.credentialsSecretRef.name': [{ name: 'chat', url: 'https://chat.example.com' }],
  'alerts.receivers[].authorization.credentialsSecretRef.key': [{ name: 'chat', url: 'https://chat.example.com' }],
  'alerts.receivers[].sendResolved': [{ name: 'chat', url: 'https://chat.example.com' }],
  'backup.enabled': false,
  'backup.schedule': '17 3 * * *',
  'backup.retention': '14d',
  'backup.keepLast': 3,
  'backup.keepAfterDeletion': '0h',
  'backup.store': 'offsite',
  'backup.drill.schedule': '30 4 * * 0',
  'backup.drill.query': 'SELECT true',
};

/** Refused with a reason, whatever the engine. */
const impossible: Record<string, { value: unknown; reason: string }> = {
  'alerts.enabled': { value: true, reason: 'AlertsNotPossible' },
  'alerts.receivers[].name': {
    value: [{ name: 'chat', url: 'https://chat.example.com' }],
    reason: 'AlertsNotPossible',
  },
  'updatePolicy.version': { value: '17.99', reason: 'VersionNotOnOffer' },
  settings: { value: { fsync: 'off' }, reason: 'SettingNotAccepted' },
  'extensions[].name': { value: [{ name: 'postgis' }], reason: 'ExtensionNotOnOffer' },
  'extensions[].version': { value: [{ name: 'hstore', version: '9' }], reason: 'ExtensionNotOnOffer' },
  'network.allowedCIDRs[]': { value: ['10.0.0.0/99'], reason: 'NetworkNotPossible' },
  'restore.claimName': { value: 'other', reason: 'RestoreNotPossible' },
  'backup.enabled': { value: true, reason: 'BackupNotPossible' },
};

test('the fields are those of the schema, so none was forgotten here', () => {
  // deletionProtection is a ValidatingAdmissionPolicy.
  assert.deepEqual(
    leaves(root.properties?.spec?.properties?.parameters ?? {}, '').sort(),
    [...Object.keys(others), 'deletionProtection'].sort(),
  );
});

const ways: Way[] = ['Direct', 'Object'];
for (const engine of engines) {
  for (const way of engine === 'stackgres' ? ways.slice(0, 1) : ways) {
    for (const [field, value] of Object.entries(others)) {
      test(`${engine}, ${way}: ${field} is honoured or refused`, () => {
        const running = settled({ engine, way });
        const other = composeRequest(changed(running, withField(field, value)));
        assert.notDeepEqual(effect(other), effect(composeRequest(running)));
      });
    }
  }
  for (const [field, { value, reason }] of Object.entries(impossible)) {
    test(`${engine}: ${field} is refused with field, value and remedy, and nothing is made of it`, () => {
      const response = compose({ engine, parameters: withField(field, value), required: found({ engine }) });
      const accepted = acceptedOf(response);
      assert.deepEqual([accepted.status, accepted.reason], ['False', reason]);
      assert.ok(accepted.message.startsWith(`spec.parameters.${field.split('[]')[0]}`), accepted.message);
      assert.match(accepted.message, /: "[^"]+" .+: .+|: "[^"]+" .+, since .+/);
      assert.deepEqual(response.composed, {});
    });
  }
}

function effect({ composed, status, conditions, requirements }: CompositionResponse): unknown {
  return { composed, status, conditions, requirements };
}

function leaves(schema: Schema, path: string): string[] {
  const items = schema.items && leaves(schema.items, `${path}[]`);
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    leaves(child, path === '' ? name : `${path}.${name}`),
  );
  return items ?? (below.length > 0 ? below : [path]);
}

function withField(field: string, value: unknown): Record<string, unknown> {
  const parameters = structuredClone(wellKnown) as Record<string, unknown>;
  const keys = field.replace(/\[\].*/, '').split('.');
  const last = keys.pop() ?? '';
  let at = parameters;
  for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>;
  at[last] = value;
  return parameters;
}
