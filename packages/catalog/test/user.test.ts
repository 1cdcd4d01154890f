/** The composition of users: what the claim gets, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { services, type CompositionRequest } from '@larder/catalog';

const compose = services.find(({ definition }) => definition.spec.claimNames?.kind === 'PostgreSQLUser')!
  .compositions[0]!.compose;

const secret = {
  endpoint: 'db.test',
  port: '5432',
  username: 'app',
  password: 'p',
  database: 'app',
  sslmode: 'verify-full',
};

function composed(status: object, connectionDetails: Record<string, string>): CompositionRequest['composed'] {
  const type = { apiVersion: 'sql.larder.dev/v1alpha1', kind: 'PostgresRole' };
  return { role: { resource: { ...type, metadata: { name: 'u-1' }, status }, connectionDetails } };
}

function composeWith(seen: CompositionRequest['composed']): ReturnType<typeof compose> {
  const claimRef = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLUser', namespace: 'team', name: 'u' };
  const parameters = { secretName: 'postgres1-connection', username: 'app' };
  const composite = {
    apiVersion: 'syn.tools/v1',
    kind: 'XPostgreSQLUser',
    metadata: { name: 'u-1' },
    spec: { claimRef, parameters },
  };
  return compose({ composite, composed: seen, required: {} });
}

test('the role gets its secret where no tenant can write, and the server of the claim’s namespace', () => {
  const { role } = composeWith({}).composed;
  const spec = role?.resource.spec as Record<string, unknown>;
  assert.deepEqual(spec.connectionSecretRef, { namespace: 'team', name: 'postgres1-connection' });
  assert.deepEqual(spec.writeConnectionSecretToRef, { namespace: 'larder-system', name: 'u-1-credentials' });
});

test('credentials are published when the role says that it is there, and stay so while it has trouble', () => {
  const ready = { type: 'Ready', status: 'True', reason: 'Available' };
  const trouble = { type: 'Ready', status: 'False', reason: 'ServerUnreachable', message: 'gone' };
  assert.equal(composeWith(composed({}, secret)).connectionDetails, undefined);
  assert.equal(composeWith(composed({ conditions: [trouble] }, secret)).connectionDetails, undefined);
  for (const condition of [ready, trouble]) {
    const response = composeWith(composed({ username: 'app', conditions: [condition] }, secret));
    assert.equal(response.connectionDetails?.password, 'p');
    assert.equal(response.composed.role?.ready, condition === ready);
  }
});
