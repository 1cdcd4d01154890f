/**
 * A PostgreSQL that nobody of Larder's made, in a plain pod, whose secret leads to a login that is no superuser: its users and databases
 * are the agent's work, through the cluster's network and names, with its certificate verified in full.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { waitFor, type HttpClient } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { findToolsImage } from '../../../packages/cli/src/kubernetes/catalog.ts';
import { inNamespace, untilGone, untilReady } from './context.ts';
import type { Check } from './context.ts';
import { startForeignServer } from './start-foreign-server.ts';
import { until } from '../until.ts';

const USER = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLUser' };
const DATABASE = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLDatabase' };
const SECRET = 'their-db';

interface Place {
  client: HttpClient;
  namespace: string;
  /** The image with `larder-sql`. */
  tools: string;
}

export const foreignServer: Check = {
  name: 'users and a database on a server of somebody else',
  run: ({ client, environment, log }) =>
    inNamespace(client, async namespace => {
      const at: Place = { client, namespace, tools: await toolsImage(client) };
      await startForeignServer({ ...at, secret: SECRET, sources: environment.LARDER_SOURCES ?? '' });
      const start = Date.now();
      const app = { usernameprefix: 'app', database: 'shop' };
      const refs = [
        await claimed(at, DATABASE, 'shop', { name: 'shop' }),
        await claimed(at, USER, 'writes', { ...app, privilege: 'owner' }),
        await claimed(at, USER, 'reads', { ...app, privilege: 'readonly' }),
      ];
      for (const ref of refs) await untilReady(client, ref);
      log(`a database and two users on it are Ready ${((Date.now() - start) / 1000).toFixed(1)} s after their claims`);
      assert.equal(await says(at, 'writes', 'create table t (n int); insert into t values (1)'), 'Succeeded');
      assert.equal(await says(at, 'reads', 'select n from t'), 'Succeeded');
      assert.equal(await says(at, 'reads', 'insert into t values (2)'), 'Failed', 'a reader could write');
      await turn(at, 'writes');
      assert.equal(await says(at, 'writes', 'insert into t values (3)'), 'Succeeded', 'after rotation');
      for (const ref of refs.reverse()) {
        await client.delete(ref);
        await untilGone(client, ref);
      }
      const none = `select 1 / (1 - least(count(*), 1)) from pg_roles where rolname like 'app-%'`;
      assert.equal(await saysBy(at, SECRET, none), 'Succeeded', 'roles of deleted users are left');
    }),
};

async function toolsImage(client: HttpClient): Promise<string> {
  const image = await findToolsImage(client);
  assert.ok(image, 'the installation noted no tools image');
  return image;
}

async function claimed({ client, namespace }: Place, kind: typeof USER, name: string, own: object): Promise<ObjectRef> {
  const parameters = { secretName: SECRET, ...own };
  await client.create({ ...kind, metadata: { name, namespace }, spec: { parameters } });
  return { ...kind, name, namespace };
}

async function turn({ client, namespace }: Place, name: string): Promise<void> {
  const secret = { apiVersion: 'v1', kind: 'Secret', namespace, name: `${name}-credentials` };
  const login = async (): Promise<unknown> =>
    (await client.get<KubeObject & { data: Record<string, string> }>(secret)).data.username;
  const before = await login();
  const body = { metadata: { annotations: { 'larder.dev/rotate': 'now' } } };
  await client.patch({ ...USER, namespace, name }, { type: 'merge', body });
  await until('another login in the secret', async () => (await login()) !== before, { seconds: 300 });
}

function says(at: Place, user: string, statements: string): Promise<string> {
  return saysBy(at, `${user}-credentials`, statements);
}

/** @returns how a pod ended that ran the statements with that secret and nothing else */
async function saysBy(
  { client, namespace, tools: image }: Place,
  secretName: string,
  statements: string,
): Promise<string> {
  const ref = { apiVersion: 'v1', kind: 'Pod', name: `sql-${randomBytes(3).toString('hex')}`, namespace };
  const container = {
    ...{ name: 'sql', image, command: ['larder-sql'] },
    args: ['--secret', '/connection', '-c', statements],
    volumeMounts: [{ name: 'connection', mountPath: '/connection', readOnly: true }],
  };
  const volumes = [{ name: 'connection', secret: { secretName } }];
  const { apiVersion, kind, name } = ref;
  const spec = { restartPolicy: 'Never', containers: [container], volumes };
  await client.create({ apiVersion, kind, metadata: { name, namespace }, spec });
  const phase = (found: KubeObject | undefined): string => (found?.status as { phase?: string })?.phase ?? '';
  const ended = await waitFor(client, ref, found => ['Succeeded', 'Failed'].includes(phase(found)), {
    timeoutMs: 300_000,
  });
  return phase(ended);
}
