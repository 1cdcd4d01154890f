/**
 * `make test-cluster`: brings the test cluster up, installs with the product's own installer, runs the suites of `test/` with both deliveries,
 * then accidents. Says at its end what it didn't run. The cluster stays up for a look; `make cluster-down` removes it.
 *   tsx hack/cluster/test.ts [--only WORD]     parts whose name has the word
 *   tsx hack/cluster/test.ts --direct          without the delivery through provider-kubernetes, whose programs take long to build
 *   tsx hack/cluster/test.ts --old-crossplane  on Crossplane 1.20, where everything goes through Objects; on a cluster of its own
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { httpClient, loadConnection } from '@larder/controller';
import { deletedHalfWay, engineDeleted, engineEdited, functionKilled } from './checks/faults.ts';
import { cleaned } from './checks/cleaned.ts';
import { configurationTaken } from './checks/configuration.ts';
import { crossplaneUpgraded } from './checks/crossplane-upgraded.ts';
import { foreignServer } from './checks/foreign-server.ts';
import { manyClaims } from './checks/many-claims.ts';
import { protectedInstance } from './checks/protected.ts';
import { apiAnswers500, kindMissing } from './checks/refused.ts';
import { speed } from './checks/speed.ts';
import { threeInstances } from './checks/three-instances.ts';
import { twoReplicas } from './checks/two-replicas.ts';
import { catalogUpgraded } from './checks/upgraded.ts';
import type { Check } from './checks/context.ts';
import { ensureCluster } from './main.ts';
import type { ReadyCluster } from './main.ts';
import { checkout, clusterPlace } from './place.ts';

interface Part {
  name: string;
  run(): Promise<void>;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    direct: { type: 'boolean', default: false },
    'old-crossplane': { type: 'boolean', default: false },
  },
});
const isOld = values['old-crossplane'];
const isFull = process.env.LARDER_FULL !== undefined;

/** What no run on this cluster can show, and what this one leaves out. */
const notRun = [
  'claims of buckets: clusters do not serve them yet',
  "StackGres: its operator's images can't be built from source here",
  'NetworkPolicies: the bridge plug-in enforces none',
  'growth of volumes, snapshots, load balancers: folders on one node have none',
  ...(values.direct ? ['the delivery through Objects: make test-cluster'] : []),
  ...(isOld
    ? ['all that runs on the current Crossplane: make test-cluster']
    : ['Crossplane 1.20, and its upgrade under claims: hack/cluster/test.ts --old-crossplane']),
  ...(isFull || isOld
    ? []
    : [
        'a server of somebody else, an API that answers errors, two replicas of the function, three instances with failover, two hundred claims: make test-cluster-full',
      ]),
];

const start = Date.now();
const elapsed = (): string => `${((Date.now() - start) / 1000).toFixed(0).padStart(5)} s`;
const tell = (line: string): void => console.log(`${elapsed()}  ${line}`);

process.exitCode = await main();

async function main(): Promise<number> {
  const cluster = await ensureCluster(clusterPlace(), tell, { objects: !values.direct, oldCrossplane: isOld });
  // Checks run the installer's programs themselves, and those look for the cluster here.
  Object.assign(process.env, cluster.environment);
  await packages(cluster);
  tell('packages: made of this checkout');
  const client = httpClient(await loadConnection(cluster.kubeconfig));
  const check = (each: Check): Part => ({
    name: each.name,
    run: () => each.run({ client, kubeconfig: cluster.kubeconfig, environment: cluster.environment, log: tell }),
  });
  const checks = [
    speed(3),
    functionKilled,
    engineEdited,
    engineDeleted,
    deletedHalfWay,
    protectedInstance,
    catalogUpgraded,
    ...(isFull ? [foreignServer, apiAnswers500, kindMissing, twoReplicas, threeInstances, manyClaims] : []),
  ];
  const parts: Part[] = isOld
    ? onOldCrossplane(cluster, check)
    : [
        {
          name: 'installation with an instance and its job, direct delivery',
          run: () => larder(cluster, ['provision']),
        },
        { name: 'installing again changes nothing', run: () => larder(cluster, ['provision']) },
        {
          name: 'larder doctor finds nothing missing',
          run: () => spawned(cluster, ['packages/cli/bin/larder.js', 'doctor']),
        },
        { name: 'deprovision', run: () => larder(cluster, ['deprovision']) },
        { name: 'suites of test/, direct delivery', run: () => suites(cluster) },
        ...checks.map(check),
        ...(values.direct ? [] : throughObjects(cluster, check)),
        { name: 'the catalog is removed', run: () => larder(cluster, ['clean', '--claims']) },
        check(cleaned),
        check(configurationTaken),
      ];
  const failed = await runParts(parts.filter(({ name }) => name.includes(values.only)));
  client.close();
  for (const line of notRun) console.log(`NOT RUN  ${line}`);
  return failed === 0 ? 0 : 1;
}

/** A claim that names no secret gets none there, so the suites are those that name one or need none. */
function onOldCrossplane(cluster: ReadyCluster, check: (each: Check) => Part): Part[] {
  return [
    {
      name: 'installation on Crossplane 1.20',
      run: () => larder(cluster, ['provision', '--only-catalog']),
    },
    ...['own-secret-name', 'refused'].map(name => ({
      name: `suite ${name} of test/ on Crossplane 1.20`,
      run: () => suites(cluster, ['--test', name]),
    })),
    check(crossplaneUpgraded(currentSources)),
    { name: 'the catalog is removed', run: () => larder(cluster, ['clean', '--claims']) },
    check(cleaned),
  ];
}

/** With the current Crossplane in the registry too. @returns the sources file that names it */
async function currentSources(): Promise<string> {
  const { environment } = await ensureCluster(clusterPlace(), tell, { objects: true, oldCrossplane: false });
  return environment.LARDER_SOURCES ?? '';
}

function throughObjects(cluster: ReadyCluster, check: (each: Check) => Part): Part[] {
  return [
    {
      name: 'installation, delivery through Objects',
      run: () => larder(cluster, ['provision', '--only-catalog', '--delivery', 'objects']),
    },
    { name: 'suites of test/, delivery through Objects', run: () => suites(cluster) },
    ...[speed(1), engineEdited, deletedHalfWay, protectedInstance].map(each =>
      check({ ...each, name: `${each.name}, through Objects` }),
    ),
  ];
}

async function runParts(parts: Part[]): Promise<number> {
  let failed = 0;
  for (const part of parts) {
    const { name } = part;
    try {
      tell(`--- ${name}`);
      await part.run();
      tell(`ok  ${name}`);
    } catch (error) {
      failed += 1;
      tell(`NOT OK  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(`${parts.length - failed} passed, ${failed} failed`);
  return failed;
}

/** Always anew: those that lie there may be of another day. */
async function packages(cluster: ReadyCluster): Promise<void> {
  for (const script of ['main.ts', 'tools.ts']) await spawned(cluster, ['--import', 'tsx', `hack/package/${script}`]);
}

function larder(cluster: ReadyCluster, words: string[]): Promise<void> {
  return spawned(cluster, ['packages/cli/bin/larder.js', 'cluster', ...words]);
}

/** As `make run-tests PLANE=kubernetes` does. */
async function suites(cluster: ReadyCluster, words: string[] = []): Promise<void> {
  const suite = join('test', 'kuttl-cluster.yaml');
  const runner = ['--import', 'tsx', 'hack/kuttl/main.ts', '--kubeconfig', cluster.kubeconfig];
  await spawned(cluster, [...runner, ...words, suite]);
}

function spawned(cluster: ReadyCluster, words: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...cluster.environment };
    const child = spawn(process.execPath, words, { cwd: checkout, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('exit', code => (code === 0 ? resolve() : reject(new Error(`${words.join(' ')} ended with ${code}`))));
  });
}
