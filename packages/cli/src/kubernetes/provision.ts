/** Everything on a cluster: what the catalog needs, the catalog, an instance with a user, and a job that proves it. */
import { join } from 'node:path';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { applyOne } from '../commands/apply.ts';
import { deleteOne } from '../commands/delete.ts';
import { waitForState } from '../commands/wait.ts';
import { CommandError } from '../failure.ts';
import { readManifests, type Manifest } from '../manifests.ts';
import type { Surroundings } from '../surroundings.ts';
import { runJob } from '../test-job.ts';
import { clusterVersion, findAvailable, findObject, versionOf, withCluster } from './cluster.ts';
import { catalogSteps, findToolsImage, type Delivery } from './catalog.ts';
import { CROSSPLANE_NAMESPACE, crossplaneStep } from './crossplane.ts';
import { kindRegistry, kindSteps } from './kind.ts';
import { operatorStep, type Engine } from './operators.ts';
import { runProgram } from './programs.ts';
import { registryFrom, type Registry } from './registry.ts';
import { readSources } from './sources.ts';
import { runSteps } from './steps.ts';
import { isAtLeast, versions } from './versions.ts';

export interface ClusterOptions {
  plane: 'kubernetes' | 'kind';
  registry?: string;
  registryInCluster?: string;
  engine: Engine;
  delivery: Delivery;
  sources?: string;
  /** How long the instance may take. */
  timeout: number;
  /** Installs the catalog and makes no instance. */
  onlyCatalog?: boolean;
}

export async function provisionCluster(surroundings: Surroundings, options: ClusterOptions): Promise<void> {
  const registry = registryOf(options);
  // Before anything is installed, and not after half of it.
  await runProgram('skopeo', ['--version']);
  if (options.plane === 'kind') await runSteps(kindSteps(), surroundings.note);
  await withCluster(async client => {
    await install(surroundings, client, { ...options, registry });
    surroundings.print('The catalog is installed.');
    if (options.onlyCatalog) return;
    const image = await findToolsImage(client);
    if (image === undefined)
      throw new CommandError('the installation has just noted its tools image, and the note is gone', {
        remedy: 'somebody else may be removing the catalog: when they are done, run make provision again',
      });
    await provisionService(surroundings, client, { image, timeout: options.timeout });
  });
}

/** Deletes what was provisioned of service/; the catalog stays. */
export async function deprovisionCluster(surroundings: Surroundings, timeout: number): Promise<void> {
  await withCluster(async client => {
    for (const { object } of [
      ...(await service(surroundings, 'test-job')),
      ...(await service(surroundings, 'prototype-user')),
      ...(await service(surroundings, 'prototype-instance')),
    ]) {
      if (object.kind === 'Namespace') continue;
      const { apiVersion, kind, metadata } = object;
      const namespace = metadata.namespace ?? 'default';
      const there = await findObject(client, { apiVersion, kind, name: metadata.name, namespace });
      if (there === undefined) continue;
      const target = { resource: await client.discovery.resourceOf({ apiVersion, kind }), name: metadata.name };
      await deleteOne(surroundings, client, target, { namespace, wait: true, timeout, ignoreNotFound: true });
    }
  });
}

function registryOf({ plane, registry, registryInCluster }: ClusterOptions): Registry {
  return plane === 'kind' && !registry ? kindRegistry : registryFrom(registry, registryInCluster);
}

type InstallOptions = Omit<ClusterOptions, 'registry'> & { registry: Registry };

async function install(surroundings: Surroundings, client: HttpClient, options: InstallOptions): Promise<void> {
  const sources = readSources(options.sources);
  const version = await clusterVersion(client);
  const { atLeast } = versions.kubernetes;
  if (!isAtLeast(version, atLeast))
    throw new CommandError(`cannot install on Kubernetes ${version}`, { remedy: `it must be ${atLeast} or newer` });
  surroundings.note(`Kubernetes ${version}`);
  await runSteps([crossplaneStep(client, sources), operatorStep(client, options.engine, sources)], surroundings.note);
  const isOldCrossplane = !isAtLeast(await crossplaneVersion(client), '2.0');
  const delivery = isOldCrossplane ? 'objects' : options.delivery;
  if (delivery !== options.delivery)
    surroundings.note(
      'Crossplane 1 composes no objects of a namespace: they are delivered through provider-kubernetes',
    );
  const { checkout, version: ours } = surroundings;
  const { registry, engine } = options;
  const plan = { checkout, version: ours, registry, engine, delivery, isOldCrossplane, sources };
  await runSteps(catalogSteps(client, plan), surroundings.note);
}

/** One whose image has no version for a tag is taken for a current one. */
async function crossplaneVersion(client: HttpClient): Promise<string> {
  const found = await findAvailable(client, { namespace: CROSSPLANE_NAMESPACE, name: 'crossplane' });
  const version = found ? versionOf(found) : 'unknown';
  return /^\d/.test(version) ? version : versions.crossplane.version;
}

interface InstanceOptions {
  /** Of the tools, as the cluster calls it. */
  image: string;
  timeout: number;
}

/** An instance, a user of it, and a job that logs in as the user. */
async function provisionService(
  surroundings: Surroundings,
  client: HttpClient,
  { image, timeout }: InstanceOptions,
): Promise<void> {
  const manifests = [
    ...(await service(surroundings, 'prototype-instance')),
    ...(await service(surroundings, 'prototype-user')),
  ];
  for (const manifest of manifests) {
    const { kind, apiVersion, metadata } = await applyOne(surroundings, client, manifest);
    const resource = await client.discovery.resourceOf({ kind, apiVersion });
    if (!resource.categories?.includes('claim')) continue;
    const target = { resource, name: metadata.name };
    const namespace = metadata.namespace ?? 'default';
    await waitForState(surroundings, client, target, { for: 'condition=Ready', namespace, timeout });
  }
  for (const manifest of await service(surroundings, 'test-job')) {
    useToolsImage(manifest.object, image);
    await runJob(surroundings, client, manifest);
  }
}

/** The local plane runs its own tools by this name; a cluster pulls them from the registry. */
export function useToolsImage(object: KubeObject, image: string): void {
  const { template } = object.spec as { template: { spec: { containers: { image: string }[] } } };
  for (const container of template.spec.containers)
    if (container.image.startsWith('larder.dev/tools:')) container.image = image;
}

function service({ checkout }: Surroundings, name: string): Promise<Manifest[]> {
  return readManifests(join(checkout, 'service', `${name}.yaml`));
}
