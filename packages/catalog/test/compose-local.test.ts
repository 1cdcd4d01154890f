import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PendingChange } from '../src/postgresql/engines/postgres-server.ts';
import {
  acceptedOf,
  compose,
  composeIn,
  details,
  request,
  running,
  serverSpecOf,
  wellArchived,
  wellKnown,
} from './local-requests.ts';

function withPolicy(policy: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...wellKnown, ...more, updatePolicy: { ...wellKnown.updatePolicy, ...policy } };
}

test('a new claim gets a server of the newest minor version, sized by its limits', () => {
  const response = composeIn({ metadata: { labels: { team: 'shop', 'crossplane.io/claim-name': 'postgres1' } } });
  const { settings, ...spec } = serverSpecOf(response);
  assert.deepEqual(spec, {
    version: '17.10',
    storageBytes: 10 * 1024 ** 3,
    memoryBytes: 1024 ** 3,
    extensions: [],
    database: 'app',
    owner: 'app',
    superuserAccess: false,
    allowedCIDRs: ['127.0.0.0/8', '::1/128'],
    apply: 'Scheduled',
    updates: { schedule: '00 22 * * 2', window: '1h', timeZone: 'UTC' },
    writeConnectionSecretToRef: { namespace: 'larder-system', name: 'postgres1-abcde-credentials' },
  });
  assert.equal(settings.shared_buffers, '256MB');
  assert.equal(settings.shared_preload_libraries, 'pg_stat_statements');
  assert.deepEqual(response.composed.server?.resource.metadata, {
    name: 'postgres1-abcde',
    labels: { team: 'shop' },
    annotations: {},
  });
  assert.equal(response.composed.server?.ready, false);
  assert.equal(response.connectionDetails, undefined, 'nothing was observed yet');
  assert.deepEqual(acceptedOf(response), {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: '',
    target: 'Composite',
  });
});

test('what a claim is made of: the same request gives the same answer, and is not changed', () => {
  const asked = request({ server: running() });
  const before = structuredClone(asked);
  assert.deepEqual(compose(asked), compose(asked));
  assert.deepEqual(asked, before);
});

test('a server that runs and can be logged in to makes the claim ready, with all connection details', () => {
  const maintenance = { nextWindow: '2026-11-24T22:00:00.000Z' };
  const response = composeIn({ server: running({}, { maintenance }), archive: wellArchived });
  assert.equal(response.composed.server?.ready, true);
  assert.deepEqual(response.connectionDetails, {
    ...details,
    sslmode: 'verify-full',
    uri: 'postgresql://app:p%40ss%2Fword@127.0.0.1:5433/app?sslmode=require',
    jdbcUri: 'jdbc:postgresql://127.0.0.1:5433/app?user=app&password=p%40ss%2Fword&sslmode=require',
  });
  assert.deepEqual(response.status, {
    version: '17.10',
    endOfLife: '2029-11-08',
    endpoint: '127.0.0.1:5433',
    storage: { used: '40Mi', size: '10Gi' },
    backup: { enabled: true, schedule: '43 1 * * *', keeps: '7d', keepAfterDeletion: '168h' },
    maintenance: { nextWindow: '2026-11-24T22:00:00.000Z' },
  });
  const onClaim = response.conditions.filter(({ target }) => target === 'CompositeAndClaim');
  assert.deepEqual(onClaim, [], 'a claim that is well shows Synced and Ready alone');
});

test('before the facts are looked up nothing changes: what is composed stays', () => {
  const asked = request({ server: running() });
  const response = compose({ ...asked, required: {} });
  assert.deepEqual(Object.keys(response.requirements), ['versions', 'machine']);
  assert.deepEqual(serverSpecOf(response), running().spec);
  assert.deepEqual(compose({ ...request(), required: {} }).composed, {});
});

test('while no version is listed at all a new claim waits, and one that runs goes on', () => {
  const fresh = composeIn({ onOffer: [] });
  assert.deepEqual(fresh.composed, {});
  assert.equal(acceptedOf(fresh).status, 'Unknown');
  const old = composeIn({ onOffer: [], server: running() });
  assert.equal(serverSpecOf(old).version, '17.10');
  assert.equal(acceptedOf(old).status, 'True');
});

test('a wish that can not be met changes nothing that runs', () => {
  const server = running();
  const response = composeIn({ server, parameters: withPolicy({ version: '17.99' }, { instances: 2 }) });
  assert.deepEqual(serverSpecOf(response), server.spec);
  assert.equal(response.composed.server?.ready, true);
  assert.ok(response.connectionDetails, 'the connection secret stays');
  const { status, reason, message } = acceptedOf(response);
  assert.deepEqual([status, reason], ['False', 'VersionNotOnOffer']);
  assert.match(
    message ?? '',
    /spec\.parameters\.updatePolicy\.version: "17\.99" is not on offer: choose 17\.10 or 17\.9/,
  );
  assert.match(message ?? '', /spec\.parameters\.instances: "2" is not possible on one machine/);
  assert.equal(response.status.version, '17.10');
});

test('a refusal is an event once, and a condition for as long as it lasts', () => {
  const parameters = withPolicy({ version: '99' });
  const first = composeIn({ parameters });
  assert.deepEqual(first.composed, {});
  assert.equal(first.events.length, 1);
  const again = composeIn({ parameters, status: { conditions: [{ ...acceptedOf(first), type: 'Accepted' }] } });
  assert.deepEqual(again.events, []);
  assert.equal(acceptedOf(again).status, 'False');
});

test('a newer minor version is handed to the server, which knows when its time has come', () => {
  const server = running({ onOffer: ['17.9'] });
  const response = composeIn({ server });
  assert.equal(serverSpecOf(response).version, '17.10');
  const change = { from: '17.9', to: '17.10', needs: 'Restart' as const, why: 'It restarts.', when: 'at some time' };
  const pendingChanges = [{ field: 'updatePolicy.version', ...change }];
  const waits = composeIn({ server: { ...server, status: { ...server.status, pendingChanges } } });
  assert.deepEqual(waits.status.pendingChanges, [{ field: 'spec.parameters.updatePolicy.version', ...change }]);
  const held = composeIn({ server, parameters: withPolicy({ version: '17.9' }) });
  assert.equal(serverSpecOf(held).version, '17.9', 'an exact version never follows');
});

test('while a minor upgrade waits its owner may stay with what runs, but not go below', () => {
  const { spec } = running();
  const server = { spec, status: { ...running().status, version: '17.9' } };
  assert.equal(serverSpecOf(composeIn({ server, parameters: withPolicy({ version: '17.9' }) })).version, '17.9');
  const older = composeIn({ server, parameters: withPolicy({ version: '17.8' }), onOffer: ['17.8', '17.9', '17.10'] });
  assert.equal(acceptedOf(older).reason, 'VersionDowngrade');
});

test('a time zone that nobody knows is refused', () => {
  const response = composeIn({ parameters: withPolicy({ timeZone: 'Europe/Atlantis' }) });
  assert.equal(acceptedOf(response).reason, 'TimeZoneUnknown');
  assert.match(acceptedOf(response).message ?? '', /updatePolicy\.timeZone: "Europe\/Atlantis" is no time zone/);
});

test('until there is data another version can be chosen', () => {
  const server = { spec: running({ parameters: withPolicy({ version: '18' }) }).spec };
  assert.equal(server.spec.version, '18.4');
  const response = composeIn({ server, parameters: withPolicy({ version: '16' }) });
  assert.equal(serverSpecOf(response).version, '16.14');
});

test('storage never shrinks, even when the write came around the API', () => {
  const server = running();
  const response = composeIn({ server, parameters: { ...wellKnown, resources: { storageSize: '5Gi' } } });
  assert.equal(acceptedOf(response).reason, 'StorageShrinks');
  assert.equal(serverSpecOf(response).storageBytes, 10 * 1024 ** 3);
});

test('what waits at the server is named by its setting; what the owner didn’t set, or no longer sets, says what it follows from', () => {
  const pending = (field: string) => ({
    field,
    from: 'a',
    to: 'b',
    needs: 'Restart' as const,
    why: 'restart',
    when: '',
  });
  const parameters = { ...wellKnown, settings: { max_connections: 200 } };
  const server = running(
    { parameters },
    { pendingChanges: [pending('settings.max_connections'), pending('settings.shared_buffers')] },
  );
  const changes = composeIn({ parameters, server }).status.pendingChanges as PendingChange[];
  const follows = 'not being set, it follows from spec.parameters.resources.limits.memory';
  assert.deepEqual(
    changes.map(({ field, why }) => [field, why]),
    [
      ['spec.parameters.settings.max_connections', 'restart'],
      ['spec.parameters.settings.shared_buffers', `restart; ${follows}`],
    ],
  );
  const unset = composeIn({ server }).status.pendingChanges as PendingChange[];
  assert.deepEqual(
    unset.map(({ field, why }) => [field, why]),
    [
      ['spec.parameters.settings.max_connections', `restart; ${follows}`],
      ['spec.parameters.settings.shared_buffers', `restart; ${follows}`],
    ],
  );
});

test('a server in trouble says so on the claim', () => {
  const conditions = [
    { type: 'Ready', status: 'False' as const, reason: 'Crashed', message: 'The server ended with signal 9.' },
    { type: 'StorageHealthy', status: 'True' as const, reason: 'Enough', message: '' },
  ];
  const response = composeIn({ server: running({}, { conditions }), archive: wellArchived });
  assert.equal(response.composed.server?.ready, false);
  const onClaim = response.conditions.filter(({ target }) => target === 'CompositeAndClaim');
  assert.deepEqual(
    onClaim.map(({ type, reason }) => [type, reason]),
    [['ServerReady', 'Crashed']],
  );
});

test('what the server itself refuses is the claim not being accepted', () => {
  const ready = { type: 'Ready', status: 'True' as const, reason: 'Available', message: '' };
  const refused = { type: 'Accepted', status: 'False' as const, reason: 'NoBinaries', message: 'They are gone.' };
  const response = composeIn({ server: running({}, { conditions: [ready, refused] }) });
  assert.deepEqual(
    response.conditions.filter(({ type }) => type === 'Accepted'),
    [{ ...refused, target: 'CompositeAndClaim' }],
  );
  assert.equal(response.composed.server?.ready, true);
});

test('connection details come whole or not at all', () => {
  for (const key of Object.keys(details)) {
    const response = composeIn({ server: running(), details: { ...details, [key]: '' } });
    assert.equal(response.connectionDetails, undefined, `without ${key}`);
  }
  const parameters = { ...wellKnown, access: { superuser: true } };
  const server = running({ parameters });
  assert.equal(composeIn({ parameters, server }).connectionDetails, undefined, 'the superuser lacks');
  const superuser = { superuserUsername: 'root', superuserPassword: 'secret' };
  const whole = composeIn({ parameters, server, details: { ...details, ...superuser } });
  assert.equal(whole.connectionDetails?.superuserPassword, 'secret');
  assert.equal(
    composeIn({ server: running(), details: { ...details, ...superuser } }).connectionDetails?.superuserPassword,
    undefined,
  );
});

test('without facts of the machine what they must allow is refused, the rest is not', () => {
  assert.equal(acceptedOf(composeIn({ machine: null })).status, 'True');
  const refused = composeIn({ machine: null, parameters: { ...wellKnown, access: { superuser: true } } });
  assert.equal(acceptedOf(refused).reason, 'SuperuserNotPossible');
});
