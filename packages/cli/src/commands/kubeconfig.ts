/** `larder kubeconfig`: prints the administrator's kubeconfig, or adds it to the user's own. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import {
  adminCredentials,
  ensureKubeconfig,
  findHome,
  findPlaneRecord,
  homeFolder,
  kubeconfigText,
  type Home,
} from '@larder/local';
import { CommandError, EXIT } from '../failure.ts';
import { mergeContext } from '../kubeconfig-merge.ts';
import { withExample } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';

export function kubeconfigCommand(surroundings: Surroundings): Command {
  const command = new Command('kubeconfig')
    .description('print the kubeconfig of the plane, or add it to yours')
    .option('--merge', 'add a context "larder" to $KUBECONFIG or ~/.kube/config and make it the current one')
    .action((options: { merge?: boolean }) => kubeconfig(surroundings, options.merge === true));
  return withExample(
    command,
    'larder kubeconfig > larder.kubeconfig',
    'larder kubeconfig --merge && kubectl get postgresqlinstances',
  );
}

async function kubeconfig({ print }: Surroundings, merge: boolean): Promise<void> {
  const home = findHome();
  const text = home && (findText(home.kubeconfig) ?? rewritten(home));
  if (!home || text === undefined)
    throw new CommandError(`cannot find a kubeconfig in "${homeFolder()}": no plane was started there`, {
      remedy: 'start one with: larder up',
      exitCode: EXIT.notRunning,
    });
  if (!merge) return print(text.trimEnd());
  const { path, context } = await mergeContext(home);
  print(`Context "${context}" is the current one in ${path}.`);
}

/** A kubeconfig that was lost is made again: all that it says is in the home. */
function rewritten(home: Home): string | undefined {
  const server = findPlaneRecord(home)?.endpoints.api;
  if (!server) return undefined;
  const { ca, ...client } = adminCredentials(home);
  const text = kubeconfigText({ server, ca, client });
  ensureKubeconfig(home.kubeconfig, text);
  return text;
}

function findText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
