/** What takes effect now and what waits: one table for every field of the claim, and for every policy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  holdOf,
  planRollout,
  previewLocal,
  services,
  type PostgresServer,
  type RolloutPolicy,
  type Setup,
} from '@larder/catalog';
import type { KubeObject, Schema } from '@larder/kube';
import { noteOf } from '../src/postgresql/rollout/fields.ts';
import { composeIn, request, running, wellKnown } from './local-requests.ts';

const NOW = '2026-11-23T12:00:00.000Z';
const window = { opens: '2026-11-24T22:00:00.000Z', closes: '2026-11-24T23:00:00.000Z' };
const scheduled: RolloutPolicy = { apply: 'Scheduled', window, approvals: [], now: NOW };
const setup: Setup = { version: '17.9', settings: { max_connections: '100', work_mem: '4MB' }, parameters: wellKnown };

function rollout(requested: Partial<Setup>, policy: Partial<RolloutPolicy> = {}): string[] {
  const plan = planRollout({ running: setup, requested: { ...setup, ...requested }, ...scheduled, ...policy });
  return [
    ...plan.now.map(({ field, from, to, needs }) => `${field} ${from} → ${to}: ${needs}, now`),
    ...plan.pending.map(({ field, from, to, needs, when }) => `${field} ${from} → ${to}: ${needs}, ${when}`),
  ];
}

function withParameters(path: string, value: unknown): Record<string, unknown> {
  const parameters = structuredClone(wellKnown) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at = parameters;
  for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>;
  at[last] = value;
  return parameters;
}

const connections = { settings: { ...setup.settings, max_connections: '200' } };
const hold = { reason: 'it is Christmas', until: '2026-12-27T00:00:00.000Z' };
const word = 'when you say so: larder apply-pending, or a PostgreSQLOperation';

const cases: { says: string; requested: Partial<Setup>; policy?: Partial<RolloutPolicy>; plan: string[] }[] = [
  { says: 'nothing asked, nothing planned', requested: {}, plan: [] },
  {
    says: 'a setting that is read anew takes effect now',
    requested: { settings: { ...setup.settings, work_mem: '8MB' } },
    plan: ['settings.work_mem 4MB → 8MB: Reload, now'],
  },
  {
    says: 'one that is read at the start waits for the window',
    requested: connections,
    plan: ['settings.max_connections 100 → 200: Restart, 2026-11-24T22:00:00.000Z'],
  },
  {
    says: 'one that is taken out goes back to its default',
    requested: { settings: { max_connections: '100' } },
    plan: ['settings.work_mem 4MB → default: Reload, now'],
  },
  {
    says: 'while the window is open, until it closes',
    requested: connections,
    policy: { now: '2026-11-24T22:10:00.000Z' },
    plan: ['settings.max_connections 100 → 200: Restart, in the window that is open until 2026-11-24T23:00:00.000Z'],
  },
  {
    says: 'where no window will ever open, for its owner’s word',
    requested: connections,
    policy: { window: undefined },
    plan: [`settings.max_connections 100 → 200: Restart, ${word}`],
  },
  {
    says: 'Manual waits for the word',
    requested: connections,
    policy: { apply: 'Manual' },
    plan: [`settings.max_connections 100 → 200: Restart, ${word}`],
  },
  {
    says: 'Immediate waits for nothing',
    requested: connections,
    policy: { apply: 'Immediate' },
    plan: ['settings.max_connections 100 → 200: Restart, now'],
  },
  {
    says: 'what is approved happens now',
    requested: connections,
    policy: { apply: 'Manual', approvals: [{ settings: true }] },
    plan: ['settings.max_connections 100 → 200: Restart, now'],
  },
  {
    says: 'an approval of the version is none of settings',
    requested: { ...connections, version: '17.10' },
    policy: { approvals: [{ version: '17.10' }] },
    plan: [
      'updatePolicy.version 17.9 → 17.10: Restart, now',
      'settings.max_connections 100 → 200: Restart, 2026-11-24T22:00:00.000Z',
    ],
  },
  {
    says: 'an approval is of exactly that version',
    requested: { version: '17.11' },
    policy: { approvals: [{ version: '17.10' }] },
    plan: ['updatePolicy.version 17.9 → 17.11: Restart, 2026-11-24T22:00:00.000Z'],
  },
  {
    says: 'a freeze holds Immediate and approvals back, and says until when',
    requested: connections,
    policy: { apply: 'Immediate', approvals: [{ settings: true }], hold },
    plan: ['settings.max_connections 100 → 200: Restart, after 2026-12-27T00:00:00.000Z: it is Christmas'],
  },
  {
    says: 'a freeze doesn’t hold back what interrupts nobody',
    requested: { settings: { ...setup.settings, work_mem: '8MB' } },
    policy: { hold },
    plan: ['settings.work_mem 4MB → 8MB: Reload, now'],
  },
  {
    says: 'another major takes a new server, in the window',
    requested: { version: '18.4' },
    plan: ['updatePolicy.version 17.9 → 18.4: NewServer, 2026-11-24T22:00:00.000Z'],
  },
  {
    says: 'and with Immediate it begins now, as an operation of its own',
    requested: { version: '18.4' },
    policy: { apply: 'Immediate' },
    plan: ['updatePolicy.version 17.9 → 18.4: NewServer, now'],
  },
  {
    says: 'growing storage interrupts nobody',
    requested: { parameters: withParameters('resources.storageSize', '20Gi') },
    plan: ['resources.storageSize 10Gi → 20Gi: Nothing, now'],
  },
  {
    says: 'a limit that is taken out',
    requested: { parameters: { ...wellKnown, resources: { storageSize: '10Gi' } } },
    plan: ['resources.limits.memory 1Gi → unset: Nothing, now'],
  },
  {
    says: 'lists are one field',
    requested: { parameters: withParameters('extensions', [{ name: 'hstore' }]) },
    plan: ['extensions unset → [{"name":"hstore"}]: Nothing, now'],
  },
];

for (const { says, requested, policy, plan } of cases) {
  test(`rollout: ${says}`, () => assert.deepEqual(rollout(requested, policy), plan));
}

test('every field of the claim has its place in the plan', () => {
  const root = services[0]!.definition.spec.versions[0]!.schema.openAPIV3Schema;
  const fields = leaves(root.properties?.spec?.properties?.parameters ?? {}, '');
  assert.ok(fields.length > 20);
  const without = fields.filter(
    field => noteOf(field) === undefined && field !== 'updatePolicy.version' && field !== 'settings',
  );
  assert.deepEqual(without, []);
});

function leaves(schema: Schema, path: string): string[] {
  const items = schema.items && leaves(schema.items, `${path}[]`);
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    leaves(child, path === '' ? name : `${path}.${name}`),
  );
  return items ?? (below.length > 0 ? below : [path]);
}

const policies: { says: string; data: Record<string, string>; reason: RegExp | undefined; until?: string }[] = [
  { says: 'an empty one holds nothing back', data: {}, reason: undefined },
  { says: 'stop holds all back', data: { stop: 'true' }, reason: /says stop/ },
  { says: 'stop: "false" doesn’t', data: { stop: 'false' }, reason: undefined },
  { says: 'what is neither does, to be safe', data: { stop: 'perhaps' }, reason: /"perhaps".*neither/ },
  {
    says: 'a freeze by YAML',
    data: { freeze: '- from: 2026-11-23T00:00:00Z\n  to: "2026-11-24T00:00:00Z" # the sale\n' },
    reason: /freezes/,
    until: '2026-11-24T00:00:00.000Z',
  },
  {
    says: 'a freeze by JSON, the longest of two',
    data: {
      freeze: JSON.stringify([
        { from: '2026-11-23T11:00:00Z', to: '2026-11-23T13:00:00Z' },
        { from: '2026-11-23T10:00:00Z', to: '2026-11-23T14:30:00.5Z' },
      ]),
    },
    reason: /freezes/,
    until: '2026-11-23T14:30:00.500Z',
  },
  {
    says: 'one that is over',
    data: { freeze: '- from: 2026-11-01T00:00Z\n  to: 2026-11-23T12:00Z' },
    reason: undefined,
  },
  { says: 'one to come', data: { freeze: '- from: 2026-12-01T00:00Z\n  to: 2026-12-23T12:00Z' }, reason: undefined },
  { says: 'a moment without a zone', data: { freeze: '- from: 2026-12-01\n  to: 2026-12-02' }, reason: /"2026-12-01"/ },
  {
    says: 'a freeze by YAML in other words',
    data: {
      freeze:
        '- { to: 2026-11-24T00:00Z, from: 2026-11-23T00:00Z }\n- reason: the sale\n  from: 2026-12-01T00:00Z\n  to: 2026-12-02T00:00Z',
    },
    reason: /freezes/,
    until: '2026-11-24T00:00:00.000Z',
  },
  { says: 'YAML that ends in the middle', data: { freeze: '- { from: 2026' }, reason: /no list/ },
  { says: 'no list at all', data: { freeze: 'always' }, reason: /no list/ },
];

for (const { says, data, reason, until } of policies) {
  test(`larder-policy: ${says}`, () => {
    const found = holdOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'larder-policy' }, data }, NOW);
    assert.equal(found === undefined, reason === undefined, found?.reason);
    if (reason) assert.match(found?.reason ?? '', reason);
    assert.equal(found?.until, until);
  });
}

function preview(parameters: Record<string, unknown>, pendingChanges: PostgresServer['status'] = {}): unknown {
  const { composite, required, composed } = request({ server: running({}, pendingChanges) });
  const server = composed.server?.resource as PostgresServer;
  return previewLocal({ composite, server, parameters, required, windowOf: () => window, now: NOW });
}

test('a preview says what would happen, and what would be refused, with the composition’s own words', () => {
  const shrunk = preview({ ...wellKnown, resources: { storageSize: '1Gi' } });
  assert.match((shrunk as { message: string }).message, /storage can not shrink/);
  const grown = preview({ ...wellKnown, resources: { storageSize: '10Gi', limits: { memory: '2Gi' } } }) as {
    now: { field: string }[];
    pending: { field: string; to: string; when: string }[];
  };
  assert.ok(grown.now.some(({ field }) => field === 'spec.parameters.resources.limits.memory'));
  const buffers = grown.pending.find(({ field }) => field === 'spec.parameters.settings.shared_buffers');
  assert.deepEqual([buffers?.to, buffers?.when], ['512MB', window.opens]);
});

test('a preview says that a higher major is a new server', () => {
  const said = preview({ ...wellKnown, updatePolicy: { ...wellKnown.updatePolicy, version: '18' } });
  const { pending } = said as { pending: { field: string; needs: string }[] };
  assert.deepEqual(
    pending.map(({ field, needs }) => [field, needs]),
    [['spec.parameters.updatePolicy.version', 'NewServer']],
  );
});

test('a preview says nothing of mere defaults', () => {
  const said = preview({ ...wellKnown, backup: { enabled: true, keepAfterDeletion: '24h' } }) as {
    now: { field: string; from: string; to: string }[];
  };
  assert.deepEqual(
    said.now.map(({ field, from, to }) => `${field} ${from} → ${to}`),
    ['spec.parameters.backup.keepAfterDeletion 168h → 24h'],
  );
});

test('what begins to wait is an event once, and so is its end', () => {
  const change = { from: '100', to: '200', needs: 'Restart' as const, why: 'restart', when: 'at some time' };
  const server = running({}, { pendingChanges: [{ field: 'settings.max_connections', ...change }] });
  const events = (status: Record<string, unknown>, now: typeof server): string[] =>
    composeIn({ server: now, status }).events.map(({ reason, message }) => `${reason}: ${message}`);
  const named = { field: 'spec.parameters.settings.max_connections', ...change };
  assert.deepEqual(events({}, server), [
    'ChangeWaits: spec.parameters.settings.max_connections 100 → 200 waits: at some time',
  ]);
  assert.deepEqual(events({ pendingChanges: [named] }, server), []);
  const without = { ...server, status: { ...server.status, pendingChanges: [] } };
  const applied = { ...without, spec: { ...without.spec, settings: { max_connections: '200' } } };
  const version = { field: 'spec.parameters.updatePolicy.version', ...change, to: '17.10' };
  assert.deepEqual(events({ pendingChanges: [version] }, applied), [
    'ChangeApplied: spec.parameters.updatePolicy.version 100 → 17.10 is in effect',
  ]);
});

test('operations: what an owner asks for becomes one change, and its version is only ever the claim’s', () => {
  const operation = services.find(({ name }) => name === 'operation')!;
  const compose = operation.compositions[0]!.compose;
  const instance: KubeObject = {
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLInstance',
    metadata: { name: 'postgres1', namespace: 'my-app' },
    spec: { parameters: { ...wellKnown, backup: { enabled: false } }, resourceRef: { name: 'postgres1-abcde' } },
  };
  const ask = (parameters: Record<string, unknown>, status?: Record<string, unknown>): ReturnType<typeof compose> =>
    compose({
      composite: {
        apiVersion: 'syn.tools/v1',
        kind: 'XPostgreSQLOperation',
        metadata: { name: 'op-12345' },
        spec: { parameters: { instance: 'postgres1', ...parameters }, claimRef: { namespace: 'my-app' } },
        ...(status ? { status } : {}),
      },
      composed: {},
      required: { instance: [instance] },
    });
  const restart = ask({ operation: 'Restart', cancel: true }).composed.change?.resource;
  assert.deepEqual(restart?.spec, { server: 'postgres1-abcde', operation: 'Restart', cancel: true });
  assert.equal(restart?.metadata.labels?.['larder.dev/server'], 'postgres1-abcde');
  const wrong = ask({ operation: 'MinorVersionUpgrade', version: '17.9' });
  assert.deepEqual(wrong.composed, {});
  assert.match(wrong.conditions[0]?.message ?? '', /"17\.9" is not the "17".*set updatePolicy\.version first/);
  assert.ok(ask({ operation: 'MinorVersionUpgrade', version: '17' }).composed.change);
  const ended = ask({ operation: 'Restart' }, { phase: 'Succeeded', completedAt: NOW });
  assert.deepEqual(
    [ended.composed, ended.status],
    [{}, { phase: 'Succeeded', completedAt: NOW }],
    'it is not done again',
  );
});
