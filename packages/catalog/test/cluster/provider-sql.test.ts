/** Users by provider-sql: a login of its own on any server, and what it can't do is refused with the remedy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { services, type CompositionRequest, type CompositionResponse } from '@larder/catalog';
import { encoded, objectOf, onClaim } from './requests.ts';

const { compose } = services
  .find(({ definition }) => definition.spec.claimNames?.kind === 'PostgreSQLUser')!
  .clusterCompositions!.find(({ engine }) => engine === 'provider-sql')!;

const connection = { endpoint: 'db.example', port: '5433', username: 'admin', password: 'p' };
const usual = { secretName: 'their-db', usernameprefix: 'shop' };

function composeUser(
  parameters: Record<string, unknown>,
  {
    secret = connection,
    composed = {},
  }: { secret?: Record<string, string>; composed?: CompositionRequest['composed'] } = {},
): CompositionResponse {
  const claimRef = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLUser', namespace: 'team', name: 'one' };
  const named = (name: string, data: Record<string, string>) => [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: name === 'their-db' ? 'team' : 'larder-system' },
      data: encoded(data),
    },
  ];
  return compose({
    composite: {
      ...{ apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLUser', metadata: { name: 'one-abcde', uid: 'x' } },
      spec: { claimRef, parameters },
    },
    composed,
    required: {
      claim: [
        { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLUser', metadata: { name: 'one', namespace: 'team' }, spec: {} },
      ],
      'claim-secret': [],
      'server-secret': named('their-db', secret),
      'secret-one-abcde-login': named('one-abcde-login', { username: 'shop-one-abcde', password: 'made' }),
    },
    input: { crossplane: 2, delivery: { kind: 'Direct' } },
  });
}

test('a role with a name that nobody else has, by the secret in the namespace of the claim', () => {
  const response = composeUser({ ...usual, createDatabase: true, connectionLimit: 5 });
  const role = objectOf(response, 'role');
  assert.equal(role.metadata.annotations?.['crossplane.io/external-name'], 'shop-one-abcde');
  const { forProvider } = role.spec as { forProvider: object };
  assert.deepEqual(forProvider, {
    privileges: { login: true, createDb: true, replication: false },
    connectionLimit: 5,
  });
  const { credentials, sslMode } = objectOf(response, 'provider-config').spec as {
    credentials: object;
    sslMode: string;
  };
  assert.deepEqual(credentials, {
    source: 'PostgreSQLConnectionSecret',
    connectionSecretRef: { namespace: 'team', name: 'their-db' },
  });
  assert.equal(sslMode, 'require');
});

test('of an instance with access.superuser it uses the superuser, since its owner may make no roles', () => {
  const response = composeUser(usual, {
    secret: { ...connection, superuserUsername: 'postgres', superuserPassword: 's' },
  });
  const { credentials } = objectOf(response, 'provider-config').spec as { credentials: { secretKeyMapping?: object } };
  assert.deepEqual(credentials.secretKeyMapping, { username: 'superuserUsername', password: 'superuserPassword' });
});

test('credentials reach the claim when the role is ready', () => {
  const first = composeUser(usual);
  assert.equal(first.connectionDetails, undefined);
  const resource = { ...objectOf(first, 'role'), status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  const { connectionDetails } = composeUser(usual, { composed: { role: { resource, connectionDetails: {} } } });
  assert.equal(connectionDetails?.uri, 'postgresql://shop-one-abcde:made@db.example:5433/postgres?sslmode=require');
});

const refusals: [Record<string, unknown>, RegExp][] = [
  [{ secretName: 'their-db', username: 'shop' }, /\.username: "shop" may exist already.*write usernameprefix/],
  [{ ...usual, adopt: true }, /\.adopt: "true" can not be had.*larder-agent/],
  [{ ...usual, rotation: '30d' }, /\.rotation: "30d" can not be had.*larder-agent/],
  [{ ...usual, database: 'app', privilege: 'readonly' }, /\.grants: "readonly" on "app" can not be had.*larder-agent/],
];
for (const [parameters, words] of refusals) {
  test(`refused: ${Object.keys(parameters).at(-1)}`, () => {
    const response = composeUser(parameters);
    assert.deepEqual([response.composed, onClaim(response)], [{}, ['Accepted=NotWithProviderSql']]);
    assert.match(response.conditions[0]?.message ?? '', words);
  });
}
