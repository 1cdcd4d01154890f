/** `larder restore-store`: goes back to the store's own copy when the store is damaged, and says before what that costs. */
import { Command } from 'commander';
import {
  findHome,
  findRunningPlane,
  homeFolder,
  planStoreRestore,
  restoreStore,
  type StoreRestore,
} from '@larder/local';
import { CommandError } from '../failure.ts';
import { withExample } from '../options.ts';
import { ageOf } from '../output/columns.ts';
import type { Surroundings } from '../surroundings.ts';

export function restoreStoreCommand(surroundings: Surroundings): Command {
  const command = new Command('restore-store')
    .description('go back to the copy of a damaged store; without --yes it only says what that would lose')
    .option('--yes', 'do it')
    .action((options: { yes?: boolean }) => restore(surroundings, options.yes === true));
  return withExample(command, 'larder restore-store', 'larder restore-store --yes && larder up');
}

async function restore({ print }: Surroundings, yes: boolean): Promise<void> {
  const home = findHome();
  if (!home)
    throw new CommandError(`cannot restore the store: there is no home "${homeFolder()}"`, {
      remedy: 'see LARDER_HOME',
    });
  const running = findRunningPlane(home);
  if (running)
    throw new CommandError(`cannot restore the store: the plane uses it (process ${running.pid})`, {
      remedy: 'stop it with: larder down (databases go on)',
    });
  print(costOf(await planStoreRestore(home)));
  if (!yes) throw new CommandError('nothing was changed', { remedy: 'to do it: larder restore-store --yes' });
  const { damagedFolder } = await restoreStore(home);
  print(`\nThe copy is in place; the damaged files are kept in ${damagedFolder}.\nStart the plane with: larder up`);
}

/** What somebody must know before saying yes. */
function costOf({ copy, problem, objects, forgotten, reborn }: StoreRestore): string {
  const made = copy.time.toISOString();
  return [
    `Damaged:  ${problem}`,
    `Copy:     ${copy.path}, made ${ageOf(made)} ago (${made}), ${objects} objects`,
    'Lost:     every change to an object that was made after the copy; no data inside a database is touched',
    ...forgotten.map(
      folder => `Forgotten: the instance in ${folder} was made after the copy; its server and data stay`,
    ),
    ...reborn.map(name => `Reborn:   the instance "${name}" was deleted after the copy; it comes back empty`),
  ].join('\n');
}
