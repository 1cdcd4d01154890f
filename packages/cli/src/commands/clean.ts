/** `larder clean`: removes the plane, every database and the home. */
import { Command } from 'commander';
import { cleanHome, findHome, homeFolder } from '@larder/local';
import { withExample } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';
import { removeContext } from '../kubeconfig-merge.ts';

export function cleanCommand(surroundings: Surroundings): Command {
  const command = new Command('clean')
    .description('remove everything: the plane, every database with its data, the home folder')
    .action(() => clean(surroundings));
  return withExample(command, 'larder clean', 'LARDER_HOME=/tmp/second larder clean');
}

async function clean({ print }: Surroundings): Promise<void> {
  const home = findHome();
  if (home) {
    await removeContext(home);
    await cleanHome(home);
  }
  print(home ? `Removed ${home.folder} and all that ran in it.` : `Nothing to remove: there is no ${homeFolder()}.`);
}
