/** Takes the catalog off a cluster again: first everything claimed, then ours; what was there before it, and may serve others, stays. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@larder/catalog';
import { waitFor, type HttpClient } from '@larder/controller';
import { isNotFound, type KubeObject, type ObjectRef } from '@larder/kube';
import { CommandError } from '../failure.ts';
import { readManifests } from '../manifests.ts';
import type { Surroundings } from '../surroundings.ts';
import { inTime } from '../waiting.ts';
import { refOf } from './apply.ts';
import { SYSTEM_NAMESPACE } from './catalog.ts';
import { withCluster } from './cluster.ts';
import { removeKind } from './kind.ts';

export interface RemoveOptions {
  plane: 'kubernetes' | 'kind';
  /** Also delete claims that are there, with their data. */
  claims?: boolean;
  timeout: number;
}

/** @throws CommandError while there are claims, unless they may go too */
export async function cleanCluster(surroundings: Surroundings, options: RemoveOptions): Promise<void> {
  if (options.plane === 'kind') {
    await removeKind();
    return surroundings.print('Removed the kind cluster and its registry.');
  }
  await withCluster(async client => {
    await removeClaims(surroundings, client, options);
    const folder = join(surroundings.checkout, 'crossplane');
    // The reverse of how they came: what is composed needs its composition to go.
    // The agent lets go of its kinds before it goes.
    const agent = ['kinds', 'deployment', 'rights'].map(name => `agent/${name}.yaml`);
    for (const name of ['admission', 'compositions', 'definitions', 'function.yaml', ...agent, 'objects', 'rbac'])
      if (existsSync(join(folder, name))) await removeManifests(client, join(folder, name), options.timeout);
    await remove(client, { apiVersion: 'v1', kind: 'Namespace', name: SYSTEM_NAMESPACE }, options.timeout);
  });
  surroundings.print('Removed the catalog. Crossplane and the operators stay: they may serve others.');
}

async function removeClaims(surroundings: Surroundings, client: HttpClient, options: RemoveOptions): Promise<void> {
  const claims = await listClaims(client);
  if (claims.length > 0 && !options.claims) {
    const names = claims.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`).join(', ');
    throw new CommandError(
      `cannot remove the catalog: there are ${claims.length} claims, and their data would go: ${names}`,
      {
        remedy: 'delete them first, or say --claims',
      },
    );
  }
  for (const claim of claims) {
    surroundings.note(`deleting ${claim.kind} ${claim.metadata.namespace}/${claim.metadata.name}`);
    const { apiVersion, kind, metadata } = claim;
    await remove(client, { apiVersion, kind, name: metadata.name, namespace: metadata.namespace }, options.timeout);
  }
}

/** All claims of the catalog's kinds. */
export async function listClaims(client: HttpClient): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for (const { definition } of services) {
    const { group, versions, claimNames } = definition.spec;
    if (!claimNames) continue;
    const kind = { apiVersion: `${group}/${versions[0]?.name ?? 'v1'}`, kind: claimNames.kind };
    const { items } = await client.list(kind).catch((error: unknown) => {
      if (isNotFound(error)) return { items: [] };
      throw error;
    });
    found.push(...items.map(item => ({ ...item, ...kind })));
  }
  return found;
}

/** A provider may carry objects of others, as an operator may run theirs; its rights to ours go. */
const staying = ['Provider', 'DeploymentRuntimeConfig'];

async function removeManifests(client: HttpClient, path: string, timeout: number): Promise<void> {
  for (const { object } of (await readManifests(path)).reverse()) {
    if (staying.includes(object.kind)) continue;
    const ref = await refOf(client, object).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (ref) await remove(client, ref, timeout);
  }
}

async function remove(client: HttpClient, ref: ObjectRef, timeoutMs: number): Promise<void> {
  try {
    await client.delete(ref, { propagationPolicy: 'Foreground' });
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  await inTime(
    waitFor(client, ref, object => object === undefined, { timeoutMs }),
    last => ({
      message: `${ref.kind} "${ref.name}" is still being deleted after ${timeoutMs / 1000} s`,
      remedy: `it waits for its finalizers: ${(last?.metadata.finalizers ?? []).join(', ') || 'none'}`,
    }),
  );
}
