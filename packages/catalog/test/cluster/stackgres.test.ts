/** What the real operator of StackGres 1.18.6 was seen to do, replayed as observed states. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import type { CompositionRequest, CompositionResponse } from '@larder/catalog';
import {
  acceptedOf,
  changed,
  compose,
  composeRequest,
  credentials,
  namespace,
  objectOf,
  observed,
  onClaim,
  request,
  settled,
  wellKnown,
  withPolicy,
} from './requests.ts';

const engine = 'stackgres' as const;
const old = [{ version: '17.8' }];
const both = [...old, { version: '17.9' }];

interface Spec {
  postgres: { version: string };
  pods: { persistentVolume: { size: string } };
  [field: string]: unknown;
}

const specOf = (response: CompositionResponse, name = 'cluster'): Spec => objectOf(response, name).spec as Spec;

/** What runs, with the SGCluster as `change` would have it. */
function seen(running: CompositionRequest, change: (cluster: KubeObject) => KubeObject): CompositionRequest {
  const composed = observed({ engine }, composeRequest(running), (name, object) =>
    name === 'cluster' ? change(object) : object,
  );
  return { ...running, composed };
}

function offering(running: CompositionRequest, onOffer: { version: string }[]): CompositionRequest {
  return { ...running, input: request({ engine, onOffer }).input };
}

/** With an operation that is as its status says. */
function withOperation(running: CompositionRequest, name: string, conditions: object[]): CompositionRequest {
  const resource = composeRequest(running).composed[name]?.resource as KubeObject;
  const entry = { resource: { ...structuredClone(resource), status: { conditions } }, connectionDetails: {} };
  return { ...running, composed: { ...running.composed, [name]: entry } };
}

test('a claim becomes ready with all connection details; the password is the generator’s, and in no plain object', () => {
  const response = composeRequest(settled({ engine }));
  assert.ok(Object.values(response.composed).every(({ ready }) => ready));
  assert.equal(response.connectionDetails?.endpoint, `postgres1-abcde.${namespace}.svc`);
  assert.equal(response.connectionDetails?.password, credentials.password);
  assert.deepEqual(onClaim(response), []);
  const plain = Object.values(response.composed).filter(({ resource }) => resource.kind !== 'Secret');
  assert.ok(!JSON.stringify(plain).includes('hunter2'));
  const names = (objectOf(response, 'certificate').spec as { dnsNames?: string[] }).dnsNames ?? [];
  assert.ok(names.includes(response.connectionDetails.endpoint), 'verify-full works');
  const script = objectOf(response, 'owner-sql') as KubeObject & { data: { sql: string } };
  const sql = Buffer.from(script.data.sql, 'base64').toString();
  assert.match(sql, /ALTER ROLE app LOGIN NOSUPERUSER NOCREATEROLE PASSWORD 'hunter2'/);
});

test('sizes as its schema wants them, and names of references that are composed too', () => {
  const resources = { storageSize: '1500M', limits: { memory: '1500M', cpu: '1500m' } };
  const response = composeRequest(settled({ engine, parameters: { ...wellKnown, resources } }));
  assert.equal(specOf(response).pods.persistentVolume.size, '1431Mi');
  assert.deepEqual(specOf(response, 'profile'), { cpu: '1500m', memory: '1431Mi' });
  assert.equal(specOf(response).sgInstanceProfile, objectOf(response, 'profile').metadata.name);
  assert.deepEqual(specOf(response).configurations, { sgPostgresConfig: objectOf(response, 'config').metadata.name });
});

test('its defaults are not composed: what the webhook put in stays its own', () => {
  const running = settled({ engine });
  const defaulted = seen(running, cluster => ({
    ...cluster,
    metadata: {
      ...cluster.metadata,
      annotations: { ...cluster.metadata.annotations, 'stackgres.io/operatorVersion': '1.18.6' },
    },
    spec: { ...(cluster.spec as object), replication: { mode: 'async', role: 'ha-read' }, sgPoolingConfig: 'default' },
  }));
  assert.deepEqual(composeRequest(defaulted), composeRequest(running));
  const refused = composeRequest(changed(defaulted, withPolicy({ version: '99' })));
  assert.equal(objectOf(refused, 'cluster').metadata.annotations?.['stackgres.io/operatorVersion'], undefined);
});

test('an operator that says nothing: the claim is not ready, and says where to look', () => {
  const silent = seen(settled({ engine }), cluster => ({ ...cluster, status: { conditions: [] } }));
  const response = composeRequest(silent);
  assert.equal(response.composed.cluster?.ready, false);
  assert.deepEqual(onClaim(response), ['ServerReady=NotReported']);
  const said = response.conditions.find(({ type }) => type === 'ServerReady')?.message ?? '';
  assert.match(said, /only says in events.*SGCluster "postgres1-abcde" in namespace "sv-postgresql-postgres1-abcde"/);
});

test('a script that failed is said, since the cluster looks well then', () => {
  const failing = seen(settled({ engine }), cluster => {
    const scripts = [{ id: 1, failedAt: 'x', scripts: [{ id: 2, failure: 'database "app" already exists' }] }];
    return { ...cluster, status: { ...(cluster.status as object), managedSql: { scripts } } };
  });
  const response = composeRequest(failing);
  assert.deepEqual(onClaim(response), ['ServerReady=ScriptFailed']);
  assert.equal(response.composed.cluster?.ready, false);
});

test('a minor upgrade is an operation with an exact version; the SGCluster’s own field is never changed', () => {
  const running = offering(settled({ engine, onOffer: old }), both);
  const waits = composeRequest(running);
  assert.equal(specOf(waits).postgres.version, '17.8');
  assert.equal((waits.status.pendingChanges as { to: string }[])[0]?.to, '17.9');
  assert.ok(!Object.keys(waits.composed).some(name => name.startsWith('upgrade-')));
  const goes = composeRequest(changed(running, withPolicy({ apply: 'Immediate' })));
  assert.equal(specOf(goes).postgres.version, '17.8', 'StackGres would ignore it without a word');
  assert.deepEqual(objectOf(goes, 'upgrade-17-9').spec, {
    sgCluster: 'postgres1-abcde',
    op: 'minorVersionUpgrade',
    minorVersionUpgrade: { postgresVersion: '17.9', method: 'InPlace' },
  });
});

test('an upgrade under way: the operator rewrote the version, and nobody takes it back', () => {
  const running = changed(offering(settled({ engine, onOffer: old }), both), withPolicy({ apply: 'Immediate' }));
  const rewritten = seen(running, cluster => {
    const spec = structuredClone(cluster.spec) as Spec;
    spec.postgres.version = '17.9';
    return { ...cluster, spec, status: { ...(cluster.status as object), postgresVersion: '17.8' } };
  });
  const operation = { resource: objectOf(composeRequest(running), 'upgrade-17-9'), connectionDetails: {} };
  const asked = { ...rewritten, composed: { ...rewritten.composed, 'upgrade-17-9': operation } };
  const response = composeRequest(asked);
  assert.equal(specOf(response).postgres.version, '17.9');
  assert.deepEqual(objectOf(response, 'upgrade-17-9').spec, operation.resource.spec);
  const backed = composeRequest(changed(asked, withPolicy({ apply: 'Scheduled' })));
  assert.ok(backed.composed['upgrade-17-9'], 'what runs is not taken away from under the servers');
});

test('an upgrade that is done goes; it never runs twice', () => {
  const running = changed(offering(settled({ engine, onOffer: old }), both), withPolicy({ apply: 'Immediate' }));
  const done = withOperation(running, 'upgrade-17-9', [{ type: 'Completed', status: 'True' }]);
  const lagging = composeRequest(done);
  assert.ok(lagging.composed['upgrade-17-9'], 'until the cluster says so, the same operation stays');
  const cluster = structuredClone(done.composed.cluster!);
  (cluster.resource.spec as Spec).postgres.version = '17.9';
  cluster.resource.status = { ...(cluster.resource.status as object), postgresVersion: '17.9' };
  const after = composeRequest({ ...done, composed: { ...done.composed, cluster } });
  assert.equal(after.composed['upgrade-17-9'], undefined);
  assert.equal(after.status.version, '17.9');
});

test('Failed goes before Completed: both are true after a broken operation', () => {
  const running = changed(offering(settled({ engine, onOffer: old }), both), withPolicy({ apply: 'Immediate' }));
  const broken = withOperation(running, 'upgrade-17-9', [
    { type: 'Completed', status: 'True', reason: 'OperationCompleted' },
    { type: 'Failed', status: 'True', reason: 'OperationTimedOut', message: 'timed out' },
  ]);
  const response = composeRequest(broken);
  assert.deepEqual(onClaim(response), ['OperationHealthy=OperationTimedOut']);
  assert.ok(response.composed['upgrade-17-9'], 'it is not tried again by itself');
  const again = composeRequest(changed(broken, withPolicy({ apply: 'Scheduled' })));
  assert.equal(again.composed['upgrade-17-9'], undefined);
});

test('no operation has a timeout: StackGres compares it the wrong way round', () => {
  const running = changed(offering(settled({ engine, onOffer: old }), both), withPolicy({ apply: 'Immediate' }));
  assert.ok(!('timeout' in specOf(composeRequest(running), 'upgrade-17-9')));
});

test('a restart that is pending waits visibly, and is an operation on Immediate; one at a time', () => {
  const pending = (cluster: KubeObject): KubeObject => {
    const { conditions } = cluster.status as { conditions: { type: string; status: string }[] };
    const others = conditions.filter(({ type }) => type !== 'PendingRestart');
    return {
      ...cluster,
      status: { ...(cluster.status as object), conditions: [...others, { type: 'PendingRestart', status: 'True' }] },
    };
  };
  const scheduled = seen(settled({ engine }), pending);
  assert.deepEqual(onClaim(composeRequest(scheduled)), ['UpToDate=RestartPending']);
  const immediate = changed(scheduled, withPolicy({ apply: 'Immediate' }));
  const operations = Object.keys(composeRequest(immediate).composed).filter(name => name.startsWith('restart-'));
  assert.equal(operations.length, 1);
  const withUpgrade = changed(
    offering(seen(settled({ engine, onOffer: old }), pending), both),
    withPolicy({ apply: 'Immediate' }),
  );
  const due = Object.keys(composeRequest(withUpgrade).composed).filter(name => /^(restart|upgrade)-/.test(name));
  assert.deepEqual(due, ['upgrade-17-9'], 'nothing keeps StackGres from running two at once');
});

test('settings that its webhook refuses are refused first, with field and remedy', () => {
  const refused = compose({ engine, parameters: { ...wellKnown, settings: { max_wal_senders: 20 } } });
  assert.match(
    acceptedOf(refused).message,
    /settings\.max_wal_senders: "20" is not possible on StackGres.*: leave it out/,
  );
  const conf = (objectOf(composeRequest(settled({ engine })), 'config').spec as { 'postgresql.conf': object })[
    'postgresql.conf'
  ];
  for (const name of ['max_wal_senders', 'max_replication_slots', 'fsync', 'wal_level'])
    assert.ok(!(name in conf), name);
});

test('through Objects it is not offered, since they would show passwords; what runs stays', () => {
  const response = compose({ engine, way: 'Object' });
  assert.equal(acceptedOf(response).reason, 'DeliveryNotPossible');
  assert.deepEqual(response.composed, {});
});
