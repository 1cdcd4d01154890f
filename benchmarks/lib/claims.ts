/** Claims as an application developer makes them, over the plane's public API. */
import { httpClient, loadConnection, waitFor } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import pg from 'pg';

const KIND = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };
const WAIT_MS = 180_000;

export async function connectTo(kubeconfig: string): Promise<HttpClient> {
  return httpClient(await loadConnection(kubeconfig));
}

/** Creates a claim for each name in `default`, with these parameters beside size and version; answers the names. */
export async function applyClaims(client: HttpClient, names: string[], more: object = {}): Promise<string[]> {
  await Promise.all(names.map(name => client.create(claim(name, more))));
  return names;
}

function claim(name: string, more: object): KubeObject {
  const parameters = { resources: { storageSize: '1Gi' }, updatePolicy: { version: '17' }, ...more };
  return { ...KIND, metadata: { name, namespace: 'default' }, spec: { parameters } };
}

/** Resolves when every claim is Ready and its secret logs in, verified against the plane's CA. */
export async function firstLogin(client: HttpClient, names: string[]): Promise<void> {
  await Promise.all(names.map(name => readyAndLogin(client, name)));
}

async function readyAndLogin(client: HttpClient, name: string): Promise<void> {
  await waitFor(client, { ...KIND, name, namespace: 'default' }, isReady, { timeoutMs: WAIT_MS });
  const secret = await client.get({
    apiVersion: 'v1',
    kind: 'Secret',
    name: `${name}-connection`,
    namespace: 'default',
  });
  const data = secret.data as Record<string, string>;
  const value = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const login = new pg.Client({
    host: value('endpoint'),
    port: Number(value('port')),
    user: value('username'),
    password: value('password'),
    database: value('database'),
    ssl: { ca: value('ca.crt') },
  });
  await login.connect();
  await login.query('SELECT 1');
  await login.end();
}

export function isReady(object: KubeObject | undefined): boolean {
  const { conditions = [] } = (object?.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Deletes the claim and waits until it is gone. */
export async function remove(client: HttpClient, name: string): Promise<void> {
  const ref = { ...KIND, name, namespace: 'default' };
  await client.delete(ref);
  await waitFor(client, ref, object => object === undefined, { timeoutMs: WAIT_MS });
}
