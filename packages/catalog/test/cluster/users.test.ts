/** Users and databases on a cluster: a copy of the connection secret for the agent, credentials back to the claim, and what is said meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { services, type CompositionRequest, type CompositionResponse } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import { encoded, objectOf, onClaim } from './requests.ts';

const kinds = { PostgreSQLUser: 'role', PostgreSQLDatabase: 'database' } as const;
type Kind = keyof typeof kinds;

const connection = { endpoint: 'db.example', port: '5432', username: 'owner', password: 'pä$$', extra: 'not copied' };
const login = { ...connection, username: 'clerk', database: 'app', sslmode: 'verify-full' };

interface Situation {
  kind?: Kind;
  way?: 'Direct' | 'Object';
  crossplane?: 1 | 2;
  /** Absent: nobody looked yet. */
  secret?: KubeObject[];
  status?: object;
  composed?: CompositionRequest['composed'];
}

function compose(so: Situation): CompositionResponse {
  const { kind = 'PostgreSQLUser', way = 'Direct', crossplane = 2, secret, composed = {} } = so;
  const service = services.find(({ definition }) => definition.spec.claimNames?.kind === kind)!;
  const claimRef = { apiVersion: 'syn.tools/v1', kind, namespace: 'team', name: 'one' };
  const parameters = { secretName: 'their-db', username: 'clerk', name: 'orders' };
  const labels = { 'crossplane.io/claim-name': 'one', 'crossplane.io/claim-namespace': 'team' };
  return service.clusterCompositions![0]!.compose({
    composite: {
      ...{ apiVersion: 'syn.tools/v1', kind: `X${kind}`, metadata: { name: 'one-abcde', uid: 'x', labels } },
      spec: { claimRef, parameters },
    },
    composed,
    required: {
      claim: [{ apiVersion: 'syn.tools/v1', kind, metadata: { name: 'one', namespace: 'team' }, spec: {} }],
      'claim-secret': [],
      'secret-one-abcde-login': [loginSecret()],
      ...(secret ? { 'server-secret': secret } : {}),
    },
    input: { crossplane, delivery: way === 'Direct' ? { kind: way } : { kind: way, providerConfig: 'larder' } },
  });
}

function serverSecret(metadata: Partial<KubeObject['metadata']> = {}): KubeObject {
  const own = { name: 'their-db', namespace: 'team', uid: 'their-uid', ...metadata };
  return { apiVersion: 'v1', kind: 'Secret', metadata: own, data: encoded(connection) };
}

function loginSecret(): KubeObject {
  const metadata = { name: 'one-abcde-login', namespace: 'larder-agent' };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data: encoded(login) };
}

/** What was composed, with that status. */
function observed(response: CompositionResponse, status: object): CompositionRequest['composed'] {
  const entries = Object.entries(response.composed).map(([name, { resource }]) => {
    const outer = structuredClone(resource) as KubeObject;
    const inner = objectOf(response, name);
    const seen =
      outer.kind === 'Object'
        ? { ...outer, status: { atProvider: { manifest: { ...inner, status } } } }
        : { ...outer, status };
    return [name, { resource: seen, connectionDetails: outer.kind === 'Object' ? login : {} }];
  });
  return Object.fromEntries(entries) as CompositionRequest['composed'];
}

const ready = {
  username: 'clerk',
  owner: 'orders_owner',
  conditions: [{ type: 'Ready', status: 'True', reason: 'Available' }],
};
const troubled = (reason: string): object => ({
  conditions: [{ type: 'Ready', status: 'False', reason, message: 'why' }],
});

for (const [kind, name] of Object.entries(kinds) as [Kind, string][]) {
  test(`${kind}: the connection secret is copied for the agent, with what it is of, and stays until it is no longer used`, () => {
    const response = compose({ kind, secret: [serverSecret()] });
    const copy = objectOf(response, 'server');
    const { finalizers, annotations, labels, ...place } = copy.metadata;
    assert.deepEqual(place, { namespace: 'larder-agent', name: 'one-abcde-server' });
    assert.deepEqual(finalizers, ['sql.larder.dev/used-by']);
    assert.deepEqual(annotations, {
      'sql.larder.dev/secret-uid': 'their-uid',
      'sql.larder.dev/secret-namespace': 'team',
      'sql.larder.dev/secret-name': 'their-db',
    });
    const used = objectOf(response, name);
    assert.deepEqual(labels, { 'sql.larder.dev/used-by': `${used.kind}.${used.metadata.name}` });
    const { extra: _extra, ...copied } = connection;
    assert.deepEqual(copy.data, encoded(copied));
    const { connectionSecretRef } = used.spec as { connectionSecretRef: object };
    assert.deepEqual(connectionSecretRef, { namespace: 'larder-agent', name: 'one-abcde-server' });
  });

  test(`${kind}: without the secret nothing is made, the composite says so, and it is looked for again soon`, () => {
    const response = compose({ kind, secret: [] });
    assert.deepEqual(response.composed, {});
    assert.equal(response.againAfterSeconds, 10);
    assert.deepEqual(onClaim(response), []);
    const [, waiting] = response.conditions;
    assert.deepEqual([waiting?.status, waiting?.reason], ['False', 'SecretMissing']);
    assert.match(waiting?.message ?? '', /"their-db" in namespace "team"/);
  });

  test(`${kind}: a secret that is gone later leaves the copy as it was`, () => {
    const first = compose({ kind, secret: [serverSecret()] });
    const later = compose({ kind, secret: [], composed: observed(first, ready) });
    assert.deepEqual(later.composed.server?.resource, first.composed.server?.resource);
    assert.deepEqual(later.composed[name]?.resource, first.composed[name]?.resource);
    assert.equal(later.againAfterSeconds, 10);
  });

  test(`${kind}: Crossplane 1 can't look up a Secret, and the claim is told`, () => {
    const response = compose({ kind, crossplane: 1, way: 'Object' });
    assert.deepEqual(onClaim(response), ['Accepted=CrossplaneTooOld']);
    assert.deepEqual(response.composed, {});
  });

  test(`${kind}: what passes by itself stays on the composite, what somebody must change is on the claim`, () => {
    const first = compose({ kind, secret: [serverSecret()] });
    const saying = (reason: string): string[] =>
      onClaim(compose({ kind, secret: [serverSecret()], composed: observed(first, troubled(reason)) }));
    for (const reason of ['SecretMissing', 'DatabaseMissing', 'OwnerMissing']) assert.deepEqual(saying(reason), []);
    assert.deepEqual(saying('NameNotPossible'), ['Accepted=NameNotPossible']);
    assert.match(saying('ServerUnreachable')[0] ?? '', /^(Role|Database)Ready=ServerUnreachable$/);
  });

  test(`${kind}, through Objects: what works on servers is carried, and the copy never is`, () => {
    const response = compose({ kind, way: 'Object', secret: [serverSecret()] });
    assert.deepEqual(
      [response.composed.server?.resource.kind, response.composed[name]?.resource.kind],
      ['Secret', 'Object'],
    );
    const carried = compose({ kind, way: 'Object', secret: [serverSecret()], composed: observed(response, ready) });
    assert.ok(Object.values(carried.composed).every(each => each.ready || each.resource.kind === 'Secret'));
    assert.doesNotMatch(JSON.stringify(carried.composed[name]), /pä\$\$|cMOkJCQ/);
  });
}

test('an Object reads a login once the agent has written it, since one that lacks would let nobody delete the Object', () => {
  const first = compose({ way: 'Object', secret: [serverSecret()] });
  const readsIn = (response: CompositionResponse): boolean =>
    'connectionDetails' in (response.composed.role!.resource.spec as object);
  const seen = (status: object): CompositionResponse =>
    compose({ way: 'Object', secret: [serverSecret()], composed: observed(first, status) });
  assert.deepEqual([first, seen(troubled('NameNotPossible')), seen(ready)].map(readsIn), [false, false, true]);
  const unread = observed(seen(ready), ready);
  (unread.role!.resource.status as { atProvider?: object }).atProvider = {};
  assert.ok(readsIn(compose({ way: 'Object', secret: [serverSecret()], composed: unread })));
});

for (const way of ['Direct', 'Object'] as const) {
  test(`credentials reach the claim when the role is there (${way})`, () => {
    const first = compose({ way, secret: [serverSecret()] });
    assert.equal(first.connectionDetails, undefined);
    const later = compose({ way, secret: [serverSecret()], composed: observed(first, ready) });
    assert.equal(later.connectionDetails?.username, 'clerk');
    const secret = objectOf(later, 'connection');
    assert.deepEqual([secret.metadata.namespace, secret.metadata.name], ['team', 'one-credentials']);
    const { password, uri } = secret.data as Record<string, string>;
    assert.equal(password, encoded(login).password);
    assert.match(
      Buffer.from(uri ?? '', 'base64').toString(),
      /^postgresql:\/\/clerk:p%C3%A4%24%24@db\.example:5432\/app/,
    );
  });
}

test('a secret that looks like the plane’s own tells the agent that its record may come; one of a user does not', () => {
  const expected = (kind: string): string | undefined => {
    const owner = { apiVersion: 'syn.tools/v1', kind, name: 'p', uid: 'u', controller: true };
    const { metadata } = objectOf(compose({ secret: [serverSecret({ ownerReferences: [owner] })] }), 'server');
    return metadata.annotations?.['sql.larder.dev/lending-expected'];
  };
  assert.deepEqual(['XPostgreSQLInstance', 'PostgreSQLInstance', 'XPostgreSQLUser'].map(expected), [
    'true',
    'true',
    undefined,
  ]);
});
