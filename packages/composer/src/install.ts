/** Puts what is on offer into the API: kinds, definitions, compositions. May run at every start. */
import type { Service } from '@larder/catalog';
import { conditionsOf, isConditionTrue, waitFor } from '@larder/controller';
import { isAlreadyExists, refOf, type Client, type KubeObject } from '@larder/kube';
import { manager } from './crossplane.ts';
import { crossplaneKinds } from './definition/crossplane-kinds.ts';

export interface InstallOptions {
  client: Client;
  services: readonly Service[];
  signal: AbortSignal;
}

/** Resolves when all is there and its kinds are served; the definitions' own kinds come later, with the composer. */
export async function installServices({ client, services, signal }: InstallOptions): Promise<void> {
  await ensureNamespaces(client, services);
  const kinds = [...crossplaneKinds, ...services.flatMap(service => service.kinds)];
  for (const kind of kinds) await applyWhole(client, kind);
  for (const kind of kinds) {
    const established = (crd: KubeObject | undefined): boolean =>
      crd !== undefined && isConditionTrue(conditionsOf(crd), 'Established');
    await waitFor(client, refOf(kind), established, { timeoutMs: 30_000, signal });
  }
  for (const { definition, compositions } of services) {
    await applyWhole(client, definition);
    for (const { resource } of compositions) await applyWhole(client, resource);
  }
}

/** Where the composites' connection secrets go. */
async function ensureNamespaces(client: Client, services: readonly Service[]): Promise<void> {
  const wanted = services
    .flatMap(service => service.compositions)
    .map(({ resource }) => {
      const spec = resource.spec as { writeConnectionSecretsToNamespace?: string } | undefined;
      return spec?.writeConnectionSecretsToNamespace;
    });
  for (const name of new Set(wanted)) {
    if (name === undefined) continue;
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    if ((await client.find(refOf(namespace))) !== undefined) continue;
    await client.create(namespace).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
}

/** Server-side apply: what is the same already isn't written. */
export function applyWhole<T extends KubeObject>(client: Client, object: T): Promise<T> {
  return client.patch<T>(
    refOf(object),
    { type: 'apply', body: object, force: true },
    { fieldManager: manager.definition },
  );
}
