/** `larder provision-user` and `larder deprovision-user`: the login of `service/`, and the job that proves it. */
import { Command } from 'commander';
import { timeoutOption, withExample } from '../options.ts';
import { showClaim } from '../output/next-steps.ts';
import { applyClaims, deleteObjects, serviceFile } from '../service-objects.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { runJob } from '../test-job.ts';

const USER = 'prototype-user.yaml';
const JOB = 'test-job.yaml';

export function provisionUserCommand(surroundings: Surroundings): Command {
  const command = new Command('provision-user')
    .description(
      'make the user of service/ on the instance of larder provision, and prove with a job that it can log in',
    )
    .addOption(timeoutOption('how long the user may take', 60))
    .action((options: { timeout: number }) => provisionUser(surroundings, options.timeout));
  return withExample(command, 'larder provision-user');
}

export function deprovisionUserCommand(surroundings: Surroundings): Command {
  const command = new Command('deprovision-user')
    .description(
      'delete the user of service/ and its job; what it made stays, and belongs to the owner of the database',
    )
    .addOption(timeoutOption('how long that may take', 60))
    .action((options: { timeout: number }) => deprovisionUser(surroundings, options.timeout));
  return withExample(command, 'larder deprovision-user');
}

async function provisionUser(surroundings: Surroundings, timeout: number): Promise<void> {
  await withClient(async (client, home) => {
    const users = await applyClaims(surroundings, client, await serviceFile(surroundings, USER), timeout);
    for (const manifest of await serviceFile(surroundings, JOB)) await runJob(surroundings, client, manifest);
    for (const user of users) showClaim(surroundings, home, user);
  });
}

async function deprovisionUser(surroundings: Surroundings, timeout: number): Promise<void> {
  await withClient(async client => {
    const manifests = [...(await serviceFile(surroundings, JOB)), ...(await serviceFile(surroundings, USER))];
    await deleteObjects(surroundings, client, manifests, timeout);
  });
}
