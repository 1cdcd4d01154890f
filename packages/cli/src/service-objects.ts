/** The objects of `service/`: applied, waited for, and deleted again. */
import { join } from 'node:path';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { applyOne } from './commands/apply.ts';
import { deleteOne } from './commands/delete.ts';
import { waitForState } from './commands/wait.ts';
import { readManifests, type Manifest } from './manifests.ts';
import type { Surroundings } from './surroundings.ts';
import type { Target } from './target.ts';

export function serviceFile({ checkout }: Surroundings, name: string): Promise<Manifest[]> {
  return readManifests(join(checkout, 'service', name));
}

/** Applies everything, and returns the claims once they are ready. */
export async function applyClaims(
  surroundings: Surroundings,
  client: HttpClient,
  manifests: Manifest[],
  timeout: number,
): Promise<KubeObject[]> {
  const claims: KubeObject[] = [];
  for (const manifest of manifests) {
    const applied = await applyOne(surroundings, client, manifest);
    if (await isClaim(client, applied)) claims.push(applied);
  }
  for (const claim of claims) await untilReady(surroundings, client, claim, timeout);
  return claims;
}

/** In this order, each when the one before is gone. A namespace stays: there may be more in it. */
export async function deleteObjects(
  surroundings: Surroundings,
  client: HttpClient,
  manifests: Manifest[],
  timeout: number,
): Promise<void> {
  for (const { object } of manifests) {
    if (object.kind === 'Namespace') continue;
    const target = await targetOf(client, object);
    const namespace = object.metadata.namespace ?? 'default';
    await deleteOne(surroundings, client, target, { namespace, wait: true, timeout, ignoreNotFound: true });
  }
}

async function untilReady(
  surroundings: Surroundings,
  client: HttpClient,
  claim: KubeObject,
  timeout: number,
): Promise<void> {
  const target = await targetOf(client, claim);
  const namespace = claim.metadata.namespace ?? 'default';
  await waitForState(surroundings, client, target, { for: 'condition=Ready', namespace, timeout });
}

/** The manifests also bring the namespace, which is never "ready". */
async function isClaim(client: HttpClient, object: KubeObject): Promise<boolean> {
  const { resource } = await targetOf(client, object);
  return resource.categories?.includes('claim') ?? false;
}

async function targetOf(client: HttpClient, { apiVersion, kind, metadata }: KubeObject): Promise<Required<Target>> {
  return { resource: await client.discovery.resourceOf({ apiVersion, kind }), name: metadata.name };
}
