/**
 * A real single-node Kubernetes where there is neither Docker nor kind, for tests:
 *   tsx hack/cluster/main.ts up           builds what lacks, brings the cluster up with all that an installation needs, and says how to reach it
 *   tsx hack/cluster/main.ts down         ends and removes everything but the built programs
 *   tsx hack/cluster/main.ts status
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { REGISTRY } from './addresses.ts';
import { ensureAddons } from './addons.ts';
import { ensureControlPlane, ensureWorkers, removeCluster } from './cluster.ts';
import { findNode } from './node.ts';
import { checkout, clusterPlace } from './place.ts';
import { ensureBaseImages, ensureSources } from './sources.ts';
import type { Tell } from './cluster.ts';
import type { Place } from './place.ts';
import type { SourcesOptions } from './sources.ts';

export interface ReadyCluster {
  kubeconfig: string;
  /** What an installation is told, as environment. */
  environment: Record<string, string>;
}

/** The running cluster with everything that an installation needs. May be repeated. */
export async function ensureCluster(
  place: Place,
  tell: Tell,
  wants: Pick<SourcesOptions, 'objects' | 'oldCrossplane'>,
): Promise<ReadyCluster> {
  refuseOthers();
  runScript('hack/tools/install.sh', ['kube-apiserver', 'etcd', 'helm', 'kubectl', 'kuttl']);
  runScript('hack/cluster/packages.sh', []);
  runScript('hack/cluster/build.sh', ['pause', 'kubernetes', 'coredns', 'cloudnative-pg']);
  runScript('hack/cluster/build.sh', [wants.oldCrossplane ? 'crossplane-1.20' : 'crossplane']);
  if (wants.objects) runScript('hack/cluster/build.sh', ['provider-kubernetes']);
  tell('programs: all there');
  const cluster = await ensureControlPlane(place, tell);
  try {
    const registry = `127.0.0.1:${cluster.ports.registry}`;
    await ensureBaseImages(registry);
    await ensureWorkers(cluster, tell);
    await ensureAddons(cluster.client);
    tell('CoreDNS and the storage class are there');
    const sources = await ensureSources(place, { registry, ...wants });
    tell(`images: all in the registry ${registry}`);
    return { kubeconfig: place.kubeconfig, environment: environmentOf(place, registry, sources) };
  } finally {
    cluster.client.close();
  }
}

function environmentOf(place: Place, registry: string, sources: string): Record<string, string> {
  return {
    KUBECONFIG: place.kubeconfig,
    REGISTRY: `${registry}/larder`,
    REGISTRY_IN_CLUSTER: `${REGISTRY}/larder`,
    LARDER_SOURCES: sources,
  };
}

function refuseOthers(): void {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0)
    throw new Error(
      'cannot make a cluster: it needs Linux and root, for namespaces and mounts; make provision PLANE=kind needs neither',
    );
}

function runScript(script: string, words: string[]): void {
  const { status } = spawnSync(join(checkout, script), words, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`cannot go on: ${script} ${words.join(' ')} ended with ${status}`);
}

function status(place: Place): void {
  const node = findNode(place);
  console.log(
    node ? `The node runs as process ${node.process.pid}; KUBECONFIG=${place.kubeconfig}` : 'No cluster runs here.',
  );
}

async function main(word: string | undefined): Promise<void> {
  const place = clusterPlace();
  const start = Date.now();
  const tell: Tell = line => console.log(`${((Date.now() - start) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  if (word === 'up') {
    const { environment } = await ensureCluster(place, tell, {
      objects: process.argv.includes('--objects'),
      oldCrossplane: process.argv.includes('--old-crossplane'),
    });
    for (const [name, value] of Object.entries(environment)) console.log(`export ${name}=${value}`);
  } else if (word === 'down') {
    const there = existsSync(place.folder);
    await removeCluster(place);
    tell(there ? 'removed the cluster; the built programs stay' : 'there is no cluster');
  } else if (word === 'status') status(place);
  else throw new Error(`cannot "${word ?? ''}" a cluster: say up, down or status`);
}

if (process.argv[1] === import.meta.filename) {
  await main(process.argv[2]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
