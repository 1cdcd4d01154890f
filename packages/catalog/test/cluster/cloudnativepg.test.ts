import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import {
  acceptedOf,
  changed,
  compose,
  composeRequest,
  credentials,
  found,
  namespace,
  objectOf,
  observed,
  onClaim,
  request,
  settled,
  wellKnown,
  withPolicy,
} from './requests.ts';

const engine = 'cloudnativepg' as const;

interface Spec {
  imageName: string;
  instances: number;
  primaryUpdateStrategy: string;
  enableSuperuserAccess: boolean;
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
  storage: { size: string };
  postgresql: { parameters: Record<string, string>; pg_hba: string[]; shared_preload_libraries?: string[] };
}

function clusterOf(response: ReturnType<typeof compose>): Spec {
  return objectOf(response, 'cluster').spec as Spec;
}

test('first there is the namespace alone, then all that lies in it', () => {
  const first = compose({ engine });
  assert.deepEqual(Object.keys(first.composed), ['namespace']);
  const second = compose({ engine, required: found({ engine }), composed: observed({ engine }, first) });
  assert.deepEqual(Object.keys(second.composed), ['namespace', 'network-policy', 'cluster', 'connection']);
  const { metadata } = objectOf(second, 'namespace');
  assert.equal(metadata.name, namespace);
  assert.equal(metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
});

test('the quota comes when the server is up, nobody waits for it, and it stays when the server is down or gone', () => {
  const up = settled({ engine });
  const { quota: _quota, ...before } = up.composed;
  const first = composeRequest({ ...up, composed: before });
  assert.equal(first.composed.quota?.ready, true);
  const { cluster, ...others } = structuredClone(up.composed);
  delete cluster!.resource.status;
  assert.ok(composeRequest({ ...up, composed: { ...others, cluster: cluster! } }).composed.quota);
  assert.ok(composeRequest({ ...up, composed: others }).composed.quota);
});

test('a cluster that is well makes the claim ready, with all connection details in the secret of its own name', () => {
  const response = composeRequest(settled({ engine }));
  assert.ok(Object.values(response.composed).every(({ ready }) => ready));
  const endpoint = `postgres1-abcde-rw.${namespace}.svc`;
  assert.deepEqual(response.connectionDetails, {
    endpoint,
    port: '5432',
    username: 'app',
    password: credentials.password,
    database: 'app',
    'ca.crt': credentials['ca.crt'],
    sslmode: 'verify-full',
    uri: `postgresql://app:p%40ss%2Fw%C3%B6rd@${endpoint}:5432/app?sslmode=require`,
    jdbcUri: `jdbc:postgresql://${endpoint}:5432/app?user=app&password=p%40ss%2Fw%C3%B6rd&sslmode=require`,
  });
  const secret = objectOf(response, 'connection') as KubeObject & { data: Record<string, string> };
  assert.deepEqual([secret.metadata.namespace, secret.metadata.name], ['my-app', 'postgres1-connection']);
  assert.equal(Buffer.from(secret.data.password ?? '', 'base64').toString(), credentials.password);
  assert.deepEqual(onClaim(response), []);
  const { version, endOfLife, resources, storage } = response.status;
  assert.deepEqual(
    { version, endOfLife, resources, storage },
    { version: '17.10', endOfLife: '2029-11-08', resources: { enforced: true }, storage: { size: '10Gi' } },
  );
});

test('the owner is no superuser, and everybody connects with TLS', () => {
  const running = settled({ engine });
  const spec = clusterOf(composeRequest(running));
  assert.deepEqual(spec.postgresql.pg_hba, ['hostssl all all all scram-sha-256', 'host all all all reject']);
  const narrow = composeRequest(changed(running, { ...wellKnown, network: { allowedCIDRs: ['10.0.0.0/8'] } }));
  assert.deepEqual(clusterOf(narrow).postgresql.pg_hba, [
    'hostssl all all 10.0.0.0/8 scram-sha-256',
    'host all all all reject',
  ]);
});

test('the network is open for its own pods, operator and agent, and for the namespace of the claim or whom it names', () => {
  const running = settled({ engine });
  const ingressOf = (response: ReturnType<typeof compose>): unknown =>
    (objectOf(response, 'network-policy').spec as { ingress: unknown }).ingress;
  const from = (name: string): object => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  });
  const ports = [{ port: 5432, protocol: 'TCP' }];
  const always = [{ from: [{ podSelector: {} }, from('cnpg-system')] }, { from: [from('larder-agent')], ports }];
  assert.deepEqual(ingressOf(composeRequest(running)), [...always, { from: [from('my-app')], ports }]);
  const narrow = composeRequest(changed(running, { ...wellKnown, network: { allowedCIDRs: ['192.0.2.7/32'] } }));
  assert.deepEqual(ingressOf(narrow), [...always, { from: [{ ipBlock: { cidr: '192.0.2.7/32' } }], ports }]);
});

test('a superuser comes with their own keys, once their secret is there', () => {
  const parameters = { ...wellKnown, access: { superuser: true } };
  const running = settled({ engine, parameters });
  const response = composeRequest(running);
  assert.equal(response.connectionDetails?.superuserPassword, credentials.superuserPassword);
  const { 'secret-postgres1-abcde-superuser': _gone, ...others } = running.required;
  const early = composeRequest({ ...running, required: others });
  assert.equal(early.connectionDetails, undefined);
  assert.equal(early.composed.cluster?.ready, false);
  assert.deepEqual(objectOf(early, 'connection'), objectOf(response, 'connection'), 'what is written stays');
});

test('a newer minor version waits, and is applied on Immediate alone', () => {
  const onOffer = [{ version: '17.9', image: 'registry.example/postgresql:17.9-standard-bookworm' }];
  const running = { ...settled({ engine, onOffer }), input: request({ engine }).input };
  for (const apply of ['Scheduled', 'Manual']) {
    const waits = composeRequest(changed(running, withPolicy({ apply })));
    assert.match(clusterOf(waits).imageName, /:17\.9-/);
    assert.deepEqual(waits.status.pendingChanges, [
      {
        field: 'spec.parameters.updatePolicy.version',
        from: '17.9',
        to: '17.10',
        needs: 'Restart',
        why: 'The server restarts on the binaries of the new version.',
        when: 'when updatePolicy.apply is set to Immediate',
      },
    ]);
  }
  const goes = composeRequest(changed(running, withPolicy({ apply: 'Immediate' })));
  assert.match(clusterOf(goes).imageName, /:17\.10-/);
});

test('what takes a restart waits and is named by its field; what does not is applied at once', () => {
  const running = settled({ engine });
  const before = clusterOf(composeRequest(running));
  const wish = { ...wellKnown, resources: { storageSize: '20Gi', limits: { memory: '2Gi', cpu: '2' } } };
  const settings = { max_connections: 300, work_mem: '5MB', shared_preload_libraries: 'auto_explain' };
  const waits = composeRequest(changed(running, { ...wish, settings }));
  const after = clusterOf(waits);
  assert.deepEqual(after.resources, before.resources);
  for (const name of ['max_connections', 'shared_buffers', 'max_worker_processes']) {
    assert.equal(after.postgresql.parameters[name], before.postgresql.parameters[name], name);
  }
  assert.equal(after.postgresql.shared_preload_libraries, undefined);
  assert.equal(after.postgresql.parameters.work_mem, '5MB');
  assert.equal(after.storage.size, '20Gi');
  const pending = waits.status.pendingChanges as { field: string; to: string; when: string }[];
  assert.deepEqual(
    pending.map(({ field, to }) => `${field.replace('spec.parameters.', '')}=${to}`),
    [
      'resources.limits.cpu=2',
      'resources.limits.memory=2Gi',
      'settings.shared_preload_libraries=auto_explain',
      'settings.max_connections=300',
      'settings.shared_buffers=512MB',
    ],
  );
  const goes = clusterOf(
    composeRequest(
      changed(running, withPolicy({ apply: 'Immediate' }, { ...wish, settings, updatePolicy: undefined })),
    ),
  );
  assert.deepEqual(goes.resources?.limits, { memory: '2Gi', cpu: '2' });
  assert.equal(goes.postgresql.parameters.max_connections, '300');
  assert.deepEqual(goes.postgresql.shared_preload_libraries, ['auto_explain']);
});

test('a release of the catalog that sizes otherwise restarts nothing, be it Immediate', () => {
  const parameters = withPolicy({ apply: 'Immediate' });
  const running = settled({ engine, parameters });
  // What an earlier release would have noted and composed.
  const older = observed({ engine }, composeRequest(running), (name, object) => {
    if (name !== 'cluster') return object;
    const note = object.metadata.annotations?.['larder.dev/applied'] ?? '';
    const spec = structuredClone(object.spec) as Spec;
    spec.postgresql.parameters.shared_buffers = '200MB';
    const annotations = { 'larder.dev/applied': note.replace('"shared_buffers":"256MB"', '"shared_buffers":"200MB"') };
    return { ...object, metadata: { ...object.metadata, annotations }, spec };
  });
  const response = composeRequest({ ...running, composed: older });
  assert.equal(clusterOf(response).postgresql.parameters.shared_buffers, '200MB');
  const [change] = response.status.pendingChanges as { why: string }[];
  assert.match(change?.why ?? '', /newer release of the catalog/);
  const next = changed({ ...running, composed: older }, { ...parameters, settings: { max_connections: 150 } });
  assert.equal(clusterOf(composeRequest(next)).postgresql.parameters.shared_buffers, '256MB', 'with the owner’s next');
});

test('a wish that can not be met changes nothing that runs, and the claim says why', () => {
  const running = settled({ engine });
  const well = composeRequest(running);
  const refused = composeRequest(changed(running, withPolicy({ version: '16' }, { instances: 3 })));
  assert.deepEqual(clusterOf(refused), clusterOf(well));
  assert.deepEqual(Object.keys(refused.composed).sort(), Object.keys(well.composed).sort());
  assert.deepEqual(refused.connectionDetails, well.connectionDetails);
  assert.equal(acceptedOf(refused).reason, 'VersionDowngrade');
  assert.equal(refused.status.version, '17.10');
  const shrunk = composeRequest(changed(running, { ...wellKnown, resources: { storageSize: '5Gi' } }));
  assert.equal(acceptedOf(shrunk).reason, 'StorageShrinks');
  assert.equal(clusterOf(shrunk).storage.size, '10Gi');
});

test('what the operator’s webhook would refuse is refused with field and remedy, or avoided', () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [
      { settings: { restart_after_crash: 'on' } },
      /settings\.restart_after_crash: "on" is not possible on CloudNativePG/,
    ],
    [{ settings: { wal_log_hints: 'off' }, instances: 2 }, /settings\.wal_log_hints: "off" .*more than one instance/],
    [{ settings: { min_wal_size: '1GB', max_wal_size: '1GB' } }, /settings\.min_wal_size: "1GB" is not below/],
    [
      {
        settings: { shared_buffers: '400MB' },
        resources: { storageSize: '10Gi', limits: { memory: '1Gi' }, requests: { memory: '256Mi' } },
      },
      /settings\.shared_buffers: "400MB" is more than the memory/,
    ],
  ];
  for (const [more, message] of cases) {
    assert.match(acceptedOf(compose({ engine, parameters: { ...wellKnown, ...more } })).message, message);
  }
  const small = { storageSize: '128Mi', limits: { memory: '1Gi' }, requests: { memory: '64Mi' } };
  const spec = clusterOf(composeRequest(settled({ engine, parameters: { ...wellKnown, resources: small } })));
  const { min_wal_size, max_wal_size, shared_buffers } = spec.postgresql.parameters;
  assert.deepEqual([min_wal_size, max_wal_size, shared_buffers], ['32MB', '48MB', '64MB']);
  const quiet = { ...wellKnown, settings: { data_sync_retry: 'off' } };
  assert.equal(
    clusterOf(composeRequest(settled({ engine, parameters: quiet }))).postgresql.parameters.data_sync_retry,
    undefined,
  );
});

test('extensions are a Database of their own, and the claim waits for them', () => {
  const parameters = { ...wellKnown, extensions: [{ name: 'hstore', version: '1.8' }, { name: 'pg_trgm' }] };
  const running = settled({ engine, parameters });
  assert.deepEqual((objectOf(composeRequest(running), 'database').spec as { extensions: unknown }).extensions, [
    { name: 'hstore', ensure: 'present', version: '1.8' },
    { name: 'pg_trgm', ensure: 'present' },
  ]);
  const failing = observed({ engine, parameters }, composeRequest(running), (name, object) =>
    name === 'database'
      ? { ...object, status: { applied: false, message: 'extension "hstore" has no version' } }
      : object,
  );
  const response = composeRequest({ ...running, composed: failing });
  assert.equal(response.composed.database?.ready, false);
  assert.deepEqual(onClaim(response), ['ExtensionsReady=NotCreated']);
});

test('a cluster in trouble says so on the claim', () => {
  const running = settled({ engine });
  const status = {
    phase: 'Failing over',
    phaseReason: 'Failing over from postgres1-abcde-1',
    currentPrimary: 'postgres1-abcde-1',
    conditions: [{ type: 'Ready', status: 'False', reason: 'ClusterIsNotReady' }],
  };
  const composed = observed({ engine }, composeRequest(running), (name, object) =>
    name === 'cluster' ? { ...object, status } : object,
  );
  const response = composeRequest({ ...running, composed });
  assert.equal(response.composed.cluster?.ready, false);
  const said = response.conditions.find(({ type }) => type === 'ServerReady');
  assert.equal(said?.message, 'Failing over: Failing over from postgres1-abcde-1');
});

test('three instances: a switchover instead of a restart, and nothing by itself', () => {
  const spec = (apply: string): Spec =>
    clusterOf(composeRequest(settled({ engine, parameters: withPolicy({ apply }, { instances: 3 }) })));
  assert.equal(spec('Scheduled').primaryUpdateStrategy, 'supervised');
  assert.equal(spec('Immediate').primaryUpdateStrategy, 'unsupervised');
  assert.equal(spec('Manual').instances, 3);
});

test('without any version on offer a new claim waits, and one that runs goes on', () => {
  const fresh = compose({ engine, onOffer: [] });
  assert.deepEqual([acceptedOf(fresh).status, fresh.composed], ['Unknown', {}]);
  const running = settled({ engine });
  const going = composeRequest({ ...running, input: request({ engine, onOffer: [] }).input });
  assert.match(clusterOf(going).imageName, /17\.10/);
  assert.equal(acceptedOf(going).status, 'True');
});
