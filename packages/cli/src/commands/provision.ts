/** `larder provision` and `larder deprovision`: the main job in one command, and its undoing. */
import { join } from 'node:path';
import { Command } from 'commander';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { findHome, findRunningPlane, openHome, startDetached } from '@larder/local';
import { readManifests, type Manifest } from '../manifests.ts';
import { parsePort, parseTimeout, withExample } from '../options.ts';
import { showNextSteps } from '../output/next-steps.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import type { Target } from '../target.ts';
import { runJob } from '../test-job.ts';
import { applyOne } from './apply.ts';
import { deleteOne } from './delete.ts';
import { waitForState } from './wait.ts';

interface ProvisionOptions {
  apiPort?: number;
  timeout: number;
}

export function provisionCommand(surroundings: Surroundings): Command {
  const command = new Command('provision')
    .description('start the plane, make the instance and the bucket of service/, and prove with a job that it works')
    .option('--api-port <port>', 'as of larder up', parsePort)
    .option('--timeout <duration>', 'how long the instance may take', parseTimeout, 300_000)
    .action((options: ProvisionOptions) => provision(surroundings, options));
  return withExample(command, 'larder provision');
}

export function deprovisionCommand(surroundings: Surroundings): Command {
  const command = new Command('deprovision')
    .description('delete the instance of service/, its job, and the bucket with all in it; the plane goes on')
    .option('--timeout <duration>', 'how long that may take', parseTimeout, 120_000)
    .action((options: { timeout: number }) => deprovision(surroundings, options.timeout));
  return withExample(command, 'larder deprovision');
}

async function provision(surroundings: Surroundings, options: ProvisionOptions): Promise<void> {
  const home = openHome();
  const command = [...surroundings.self, 'up', '--foreground'];
  const { record } = await startDetached(home, { command, apiPort: options.apiPort });
  surroundings.print(`Larder serves at ${record.endpoints.api} (process ${record.pid}).`);
  await withClient(async client => {
    const claims: KubeObject[] = [];
    for (const manifest of await claimsOf(surroundings)) {
      const applied = await applyOne(surroundings, client, manifest);
      if (await isClaim(client, applied)) claims.push(applied);
    }
    for (const claim of claims) await untilReady(surroundings, client, claim, options.timeout);
    for (const manifest of await testJob(surroundings)) await runJob(surroundings, client, manifest);
    showNextSteps(surroundings, home, claims);
  });
}

async function deprovision(surroundings: Surroundings, timeout: number): Promise<void> {
  const home = findHome();
  if (!home || !findRunningPlane(home)) return surroundings.print('Nothing to deprovision: no plane is running.');
  await withClient(async client => {
    for (const { object } of [...(await testJob(surroundings)), ...(await claimsOf(surroundings))]) {
      if (object.kind === 'Namespace') continue;
      const target = await targetOf(client, object);
      const namespace = object.metadata.namespace ?? 'default';
      await deleteOne(surroundings, client, target, { namespace, wait: true, timeout, ignoreNotFound: true });
    }
  });
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

/** The manifest also brings the namespace, which is never "ready", and stays when the instance goes. */
async function isClaim(client: HttpClient, object: KubeObject): Promise<boolean> {
  const { resource } = await targetOf(client, object);
  return resource.categories?.includes('claim') ?? false;
}

async function targetOf(client: HttpClient, { apiVersion, kind, metadata }: KubeObject): Promise<Required<Target>> {
  return { resource: await client.discovery.resourceOf({ apiVersion, kind }), name: metadata.name };
}

async function claimsOf({ checkout }: Surroundings): Promise<Manifest[]> {
  const files = ['prototype-instance.yaml', 'bucket.yaml'].map(name => readManifests(join(checkout, 'service', name)));
  const [instance = [], bucket = []] = await Promise.all(files);
  // Both bring the namespace, so that either can be applied alone.
  return [...instance, ...bucket.filter(({ object }) => object.kind !== 'Namespace')];
}

function testJob({ checkout }: Surroundings): Promise<Manifest[]> {
  return readManifests(join(checkout, 'service', 'test-job.yaml'));
}
