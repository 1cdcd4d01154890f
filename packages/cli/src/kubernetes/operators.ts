/** The operators that run the databases: CloudNativePG by its manifest, StackGres by its chart. What is there is left alone. */
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CommandError } from '../failure.ts';
import { parseManifests, readManifests, type Manifest } from '../manifests.ts';
import { applyAll } from './apply.ts';
import { findAvailable, untilAvailable, versionOf } from './cluster.ts';
import { installChart } from './crossplane.ts';
import type { Sources } from './sources.ts';
import type { Step } from './steps.ts';

export const engines = ['cloudnativepg', 'stackgres'] as const;
export type Engine = (typeof engines)[number];

const cnpg = { namespace: 'cnpg-system', name: 'cnpg-controller-manager' };
const stackgres = { namespace: 'stackgres', name: 'stackgres-operator' };

export function operatorStep(client: HttpClient, engine: Engine, sources: Sources): Step {
  return engine === 'cloudnativepg' ? cloudnativePgStep(client, sources) : stackgresStep(client, sources);
}

function cloudnativePgStep(client: HttpClient, { cloudnativePg }: Sources): Step {
  return {
    name: `CloudNativePG ${cloudnativePg.version}`,
    look: `kubectl get pods,events --namespace ${cnpg.namespace}`,
    find: async () => foundWords(await findAvailable(client, cnpg)),
    run: async () => {
      const manifests = await load(cloudnativePg.manifest);
      if (cloudnativePg.image) for (const { object } of manifests) useImage(object, cloudnativePg.image);
      await applyAll(client, manifests);
      await untilAvailable(client, cnpg);
    },
  };
}

function stackgresStep(client: HttpClient, sources: Sources): Step {
  return {
    name: `StackGres ${sources.stackgres.version}`,
    look: `kubectl get pods,events --namespace ${stackgres.namespace}`,
    find: async () => foundWords(await findAvailable(client, stackgres)),
    run: async () => {
      await installChart({ ...sources.stackgres, release: 'stackgres-operator', namespace: stackgres.namespace });
      await untilAvailable(client, stackgres, 600_000);
    },
  };
}

function foundWords(deployment: KubeObject | undefined): string | undefined {
  return deployment && `version ${versionOf(deployment)} is there`;
}

async function load(place: string): Promise<Manifest[]> {
  if (!/^https?:/.test(place)) return readManifests(place);
  const response = await fetch(place).catch((cause: unknown) => {
    throw new CommandError(`cannot fetch ${place}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      remedy: 'without the internet, name a local file in a sources file (larder cluster provision --help)',
      cause,
    });
  });
  if (!response.ok) throw new CommandError(`cannot fetch ${place}: HTTP ${response.status}`);
  return parseManifests(await response.text(), place);
}

interface PodTemplate {
  template: { spec: { containers: { image: string; env?: { name: string; value?: string }[] }[] } };
}

/** The operator starts its own image beside PostgreSQL, so the variable that names it must follow. */
export function useImage(object: KubeObject, image: string): void {
  if (object.kind !== 'Deployment') return;
  for (const container of (object.spec as PodTemplate).template.spec.containers) {
    container.image = image;
    for (const each of container.env ?? []) if (each.name === 'OPERATOR_IMAGE_NAME') each.value = image;
  }
}
