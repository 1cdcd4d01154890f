/** `larder provision` and `larder deprovision`: the main job in one command, and its undoing. */
import { Command } from 'commander';
import { findHome, findPlaneRecord, homeFolder, openHome, startDetached, type Home } from '@larder/local';
import { waitForFirstBackup } from '../backups.ts';
import type { Manifest } from '../manifests.ts';
import { parsePort, timeoutOption, withExample } from '../options.ts';
import { showNextSteps } from '../output/next-steps.ts';
import { applyClaims, deleteObjects, serviceFile } from '../service-objects.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { runJob } from '../test-job.ts';

interface ProvisionOptions {
  apiPort?: number;
  timeout: number;
}

export function provisionCommand(surroundings: Surroundings): Command {
  const command = new Command('provision')
    .description(
      'start the plane, make the instance, the user and the bucket of service/, and prove with a job that it works',
    )
    .option('--api-port <port>', 'as of larder up', parsePort)
    .addOption(timeoutOption('how long the instance may take', 300))
    .action((options: ProvisionOptions) => provision(surroundings, options));
  return withExample(command, 'larder provision');
}

export function deprovisionCommand(surroundings: Surroundings): Command {
  const command = new Command('deprovision')
    .description(
      'delete the instance of service/ (its backups stay as long as it says), its job, its user, and the bucket with all in it; the plane goes on',
    )
    .addOption(timeoutOption('how long that may take', 120))
    .action((options: { timeout: number }) => deprovision(surroundings, options.timeout));
  return withExample(command, 'larder deprovision');
}

async function provision(surroundings: Surroundings, options: ProvisionOptions): Promise<void> {
  const home = openHome();
  await ensurePlane(surroundings, home, options.apiPort);
  await withClient(async client => {
    const { instance, user, bucket } = await claimsOf(surroundings);
    const claims = await applyClaims(surroundings, client, [...instance, ...user, ...bucket], options.timeout);
    for (const manifest of await serviceFile(surroundings, 'test-job.yaml'))
      await runJob(surroundings, client, manifest);
    for (const claim of claims.filter(({ kind }) => kind === 'PostgreSQLInstance'))
      await waitForFirstBackup(surroundings, client, claim, options.timeout);
    showNextSteps(surroundings, home, claims);
  });
}

async function ensurePlane(surroundings: Surroundings, home: Home, apiPort?: number): Promise<void> {
  const command = [...surroundings.self, 'up', '--foreground'];
  const { record } = await startDetached(home, { command, apiPort });
  surroundings.print(`Larder serves at ${record.endpoints.api} (process ${record.pid}).`);
}

/** A plane that was stopped or killed is started for it: its servers may run, and only a plane takes them down in order. */
async function deprovision(surroundings: Surroundings, timeout: number): Promise<void> {
  const home = findHome();
  if (!home || !findPlaneRecord(home))
    return surroundings.print(`Nothing to deprovision: no plane was ever started in ${homeFolder()}.`);
  await ensurePlane(surroundings, home);
  const job = await serviceFile(surroundings, 'test-job.yaml');
  // The user before its server: what it made goes to the owner of the database only while that is there.
  const { instance, user, bucket } = await claimsOf(surroundings);
  await withClient(async client => {
    await deleteObjects(surroundings, client, [...job, ...user, ...instance, ...bucket], timeout);
  });
}

async function claimsOf(surroundings: Surroundings): Promise<Record<'instance' | 'user' | 'bucket', Manifest[]>> {
  const files = ['prototype-instance.yaml', 'prototype-user.yaml', 'bucket.yaml'];
  const [instance = [], user = [], bucket = []] = await Promise.all(files.map(name => serviceFile(surroundings, name)));
  // Instance and bucket bring the namespace, so that either can be applied alone.
  return { instance, user, bucket: bucket.filter(({ object }) => object.kind !== 'Namespace') };
}
