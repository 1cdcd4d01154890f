/** `larder doctor`: whether the cluster of the current kubeconfig has what the catalog needs, and what to do where it hasn't. */
import { join } from 'node:path';
import { Command } from 'commander';
import { withCluster } from '../kubernetes/cluster.ts';
import { examine, type Finding } from '../kubernetes/doctor.ts';
import { EXIT } from '../failure.ts';
import { readManifests } from '../manifests.ts';
import { withExample } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';

export function doctorCommand(surroundings: Surroundings): Command {
  const command = new Command('doctor')
    .description('check the cluster of the current kubeconfig, and say what is missing')
    .action(() => doctor(surroundings));
  return withExample(command, 'KUBECONFIG=~/.kube/config larder doctor');
}

async function doctor({ print, checkout }: Surroundings): Promise<void> {
  const definitions = await readManifests(join(checkout, 'crossplane', 'definitions'));
  const offered = definitions.map(({ object }) => object);
  const findings = await withCluster(client => examine(client, offered));
  for (const finding of findings) print(lineOf(finding));
  const missing = findings.filter(({ state }) => state === 'missing').length;
  print(
    missing === 0 ? 'Everything that the catalog needs is there.' : `${missing} of ${findings.length} are missing.`,
  );
  if (missing > 0) process.exitCode = EXIT.failure;
}

const marks = { well: 'ok     ', note: 'note   ', missing: 'MISSING' };

function lineOf(finding: Finding): string {
  const line = `${marks[finding.state]}  ${finding.about}: ${finding.words}`;
  return finding.state === 'well' ? line : `${line}\n         ${finding.remedy}`;
}
