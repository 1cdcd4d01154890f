/**
 * What a user claim composes for provider-sql, carried out by the real provider-sql: on a kube-apiserver, with a real server. Runs with
 * LARDER_FULL=1 where the programs are installed (hack/tools/install.sh kube-apiserver etcd; hack/cluster/build.sh provider-sql).
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { services, type CompositionResponse } from '@larder/catalog';
import {
  conditionsOf,
  httpClient,
  isConditionTrue,
  loadConnection,
  waitFor,
  type HttpClient,
} from '@larder/controller';
import { scramVerifier, withSession, type Endpoint } from '@larder/driver';
import type { KubeObject } from '@larder/kube';
import { makeMachine, makeServer, scopeOfSuite, type TestServer } from '../../packages/postgres/test/machine.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from '../kube-apiserver/start.ts';
import { program, tools } from './place.ts';

const { compose } = services
  .find(({ definition }) => definition.spec.claimNames?.kind === 'PostgreSQLUser')!
  .clusterCompositions!.find(({ engine }) => engine === 'provider-sql')!;
const definitions = join(tools, 'share/provider-sql/package/crds');
const skip = notRun();
const PATIENCE = { timeoutMs: 120_000 };

function notRun(): string | false {
  if (!hasKubeApiserver() || !existsSync(program('provider-sql')) || !existsSync(definitions))
    return 'not run: hack/tools/install.sh kube-apiserver etcd and hack/cluster/build.sh provider-sql build what it needs';
  return process.env.LARDER_FULL ? false : 'not run: LARDER_FULL=1 starts a kube-apiserver for it';
}

describe('users by the real provider-sql', { skip }, () => {
  const scope = scopeOfSuite();
  let api: KubeApiserver;
  let client: HttpClient;
  let provider: ChildProcess;
  let server: TestServer;

  before(async () => {
    api = await startKubeApiserver(false);
    client = httpClient(await loadConnection(api.kubeconfig));
    for (const name of ['team', 'larder-system'])
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const object of crds()) await client.create(object);
    for (const object of crds()) {
      const { apiVersion, kind, metadata } = object;
      await waitFor(
        client,
        { apiVersion, kind, name: metadata.name },
        found => found !== undefined && isConditionTrue(conditionsOf(found), 'Established'),
        PATIENCE,
      );
    }
    server = await makeServer(scope, await makeMachine(scope, 'psql'));
    await server.start();
    await asSuperuser(`CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD '${await scramVerifier('p@ss')}'`);
    provider = spawn(program('provider-sql'), ['--sync=10s', '--poll=10s'], {
      env: { ...process.env, KUBECONFIG: api.kubeconfig },
      stdio: process.env.LARDER_DEBUG ? 'inherit' : 'ignore',
    });
  });
  after(async () => {
    if (provider && provider.exitCode === null) {
      const ended = new Promise(resolve => provider.once('exit', resolve));
      provider.kill('SIGKILL');
      await ended;
    }
    client?.close();
    await api?.stop();
  });

  it('a login of its own is made, works with what the claim gets, and goes with its role', async () => {
    const data = { ...place(), username: 'admin', password: 'p@ss', database: 'postgres', sslmode: 'require' };
    const secret = await writeSecret('their-db', data);
    const first = composed(secret, []);
    for (const { resource } of Object.values(first.composed)) await client.create(resource as KubeObject);
    const role = { apiVersion: 'postgresql.sql.crossplane.io/v1alpha1', kind: 'Role', name: 'one-abcde' };
    const ready = await waitFor(
      client,
      role,
      found => found !== undefined && isConditionTrue(conditionsOf(found), 'Ready'),
      PATIENCE,
    );
    const login = await client.get({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: 'larder-system',
      name: 'one-abcde-login',
    });
    const { connectionDetails } = composed(secret, [login], ready);
    const { username = '', password = '' } = connectionDetails ?? {};
    assert.equal(username, 'shop-one-abcde');
    const tls = server.tls as Extract<Endpoint, { host: string }>;
    const rows = await withSession(tls, { user: username, password, database: 'postgres' }, session =>
      session.rows<{ name: string }>('SELECT current_user AS name'),
    );
    assert.deepEqual(rows, [{ name: 'shop-one-abcde' }]);
    await client.delete(role);
    await waitFor(client, role, found => found === undefined, PATIENCE);
    assert.deepEqual(await asSuperuser("SELECT FROM pg_roles WHERE rolname = 'shop-one-abcde'"), []);
  });

  function asSuperuser(sql: string): Promise<object[]> {
    return withSession(server.socket, { ...server.login, database: 'postgres' }, session => session.rows(sql));
  }

  function place(): Record<string, string> {
    const { host, port } = server.tls as Extract<Endpoint, { host: string }>;
    return { endpoint: host, port: String(port) };
  }

  function writeSecret(name: string, texts: Record<string, string>): Promise<KubeObject> {
    const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    const content = { data: Object.fromEntries(data) as Record<string, string> };
    return client.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'team' }, ...content });
  }
});

function composed(secret: KubeObject, login: KubeObject[], role?: KubeObject): CompositionResponse {
  const claimRef = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLUser', namespace: 'team', name: 'one' };
  const parameters = { secretName: secret.metadata.name, usernameprefix: 'shop' };
  return compose({
    composite: {
      ...{ apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLUser', metadata: { name: 'one-abcde', uid: 'x' } },
      spec: { claimRef, parameters },
    },
    composed: role ? { role: { resource: role, connectionDetails: {} } } : {},
    required: { 'server-secret': [secret], 'secret-one-abcde-login': login },
    input: { crossplane: 2, delivery: { kind: 'Direct' } },
  });
}

function crds(): KubeObject[] {
  return readdirSync(definitions).flatMap(file =>
    parseAllDocuments(readFileSync(join(definitions, file), 'utf8')).map(document => document.toJS() as KubeObject),
  );
}
