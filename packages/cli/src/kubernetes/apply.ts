/** Applies manifests in their order by server-side apply, the kinds first that later ones are of. */
import type { HttpClient } from '@larder/controller';
import { StatusError, type KubeObject, type ObjectRef } from '@larder/kube';
import { CommandError } from '../failure.ts';
import type { Manifest } from '../manifests.ts';
import { untilCondition } from './cluster.ts';

const MANAGER = 'larder-install';
/** An API that has just begun to serve a kind, or a webhook that starts, refuses at first. */
const PATIENCE_MS = 120_000;

export async function applyAll(client: HttpClient, manifests: Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    const ref = await applyWithPatience(client, manifest);
    if (ref.kind === 'CustomResourceDefinition') await untilCondition(client, ref, 'Established');
  }
}

export async function refOf(client: HttpClient, { apiVersion, kind, metadata }: KubeObject): Promise<ObjectRef> {
  const { namespaced } = await client.discovery.resourceOf({ apiVersion, kind });
  return { apiVersion, kind, name: metadata.name, ...(namespaced && { namespace: metadata.namespace ?? 'default' }) };
}

async function applyWithPatience(client: HttpClient, { object, source }: Manifest): Promise<ObjectRef> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const ref = await refOf(client, object);
      await client.patch(ref, { type: 'apply', body: object, force: true }, { fieldManager: MANAGER });
      return ref;
    } catch (cause) {
      if (Date.now() > end || !mayPass(cause)) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new CommandError(`cannot apply ${object.kind} "${object.metadata.name}" of ${source}: ${why}`, { cause });
      }
      await new Promise(resolve => setTimeout(resolve, 1000));
    }
  }
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return error.code === 404 || error.code === 409 || error.code === 429 || error.code >= 500;
}
