/** What the checks of the test cluster share: a client, a namespace of their own, claims, and waiting with times. */
import { randomBytes } from 'node:crypto';
import { waitFor } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { conditionsOf } from '@larder/controller';

export interface Context {
  client: HttpClient;
  kubeconfig: string;
  /** What an installation is told. */
  environment: Record<string, string>;
  log: (line: string) => void;
}

export interface Check {
  name: string;
  /** @throws Error when it does not hold */
  run(context: Context): Promise<void>;
}

export const CLAIM = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };
export const COMPOSITE = { apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLInstance' };
export const ENGINE = { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster' };
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' };
const MINUTES = 60_000;

/** Runs `use` in a new namespace, which is gone with all that is in it before this returns. */
export async function inNamespace(client: HttpClient, use: (namespace: string) => Promise<void>): Promise<void> {
  const name = `check-${randomBytes(3).toString('hex')}`;
  await client.create({ ...NAMESPACE, metadata: { name } });
  try {
    await use(name);
  } finally {
    await client.delete({ ...NAMESPACE, name });
    await untilGone(client, { ...NAMESPACE, name });
  }
}

export function claimOf(namespace: string, name: string, parameters: object = {}): KubeObject {
  const base = { resources: { storageSize: '1Gi' }, updatePolicy: { version: '17' } };
  return { ...CLAIM, metadata: { name, namespace }, spec: { parameters: { ...base, ...parameters } } };
}

/** @returns the object, and how long it took from `start` */
export async function untilReady(
  client: HttpClient,
  ref: ObjectRef,
  start = Date.now(),
): Promise<{ object: KubeObject; seconds: number }> {
  const object = await waitFor(client, ref, found => isTrue(found, 'Ready'), { timeoutMs: 8 * MINUTES });
  return { object: object!, seconds: (Date.now() - start) / 1000 };
}

export async function untilGone(client: HttpClient, ref: ObjectRef): Promise<void> {
  await waitFor(client, ref, found => found === undefined, { timeoutMs: 8 * MINUTES });
}

/** The claim's composite by name, and the engine's object that was composed for it. */
export async function engineOf(client: HttpClient, claim: KubeObject): Promise<{ composite: string; ref: ObjectRef }> {
  const { resourceRef } = claim.spec as { resourceRef?: { name: string } };
  if (!resourceRef) throw new Error(`claim ${claim.metadata.name} has no composite`);
  const { items } = await client.list(ENGINE);
  const found = items.find(
    ({ metadata }) => metadata.name === resourceRef.name || metadata.namespace?.endsWith(resourceRef.name),
  );
  if (!found) throw new Error(`composite ${resourceRef.name} has no ${ENGINE.kind} of ${ENGINE.apiVersion}`);
  const { name, namespace } = found.metadata;
  return { composite: resourceRef.name, ref: { ...ENGINE, name, namespace } };
}

/** The uids of PostgreSQL's pods: they change when a server is started anew. */
export async function podsOf(client: HttpClient, engine: ObjectRef): Promise<string[]> {
  const labelSelector = `cnpg.io/cluster=${engine.name},cnpg.io/podRole=instance`;
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: engine.namespace, labelSelector },
  );
  return items.map(({ metadata }) => metadata.uid ?? '').sort();
}

export function isTrue(object: KubeObject | undefined, type: string): boolean {
  return isSaid(object, type, 'True');
}

export function isFalse(object: KubeObject | undefined, type: string): boolean {
  return isSaid(object, type, 'False');
}

function isSaid(object: KubeObject | undefined, type: string, status: string): boolean {
  return object !== undefined && conditionsOf(object).some(each => each.type === type && each.status === status);
}
