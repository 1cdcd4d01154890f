/** Puts definitions and compositions back that somebody deleted or edited, as Crossplane's package manager does with those of a package. */
import type { Service } from '@larder/catalog';
import { runController, type Controller, type Logger } from '@larder/controller';
import { refOf, type Client, type KubeObject } from '@larder/kube';
import { CROSSPLANE_API } from './crossplane.ts';
import { applyWhole } from './install.ts';

export interface KeepInstalledOptions {
  client: Client;
  services: readonly Service[];
  signal: AbortSignal;
  log: Logger;
}

/** Runs until the signal aborts. One that is being deleted comes back when it is gone. */
export function keepInstalled({ client, services, signal, log }: KeepInstalledOptions): Controller {
  const kept = services.flatMap(({ definition, compositions }): KubeObject[] => [
    definition,
    ...compositions.map(({ resource }) => resource),
  ]);
  return runController({
    client,
    name: 'installed',
    watches: [
      { kind: { apiVersion: CROSSPLANE_API, kind: 'CompositeResourceDefinition' } },
      { kind: { apiVersion: CROSSPLANE_API, kind: 'Composition' }, map: ({ metadata }) => [metadata.name] },
    ],
    reconcile: async name => {
      for (const object of kept.filter(each => each.metadata.name === name)) await keep(client, object);
    },
    signal,
    log,
  });
}

async function keep(client: Client, object: KubeObject): Promise<void> {
  const there = await client.find(refOf(object));
  if (there?.metadata.deletionTimestamp === undefined) await applyWhole(client, object);
}
