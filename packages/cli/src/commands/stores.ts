/** `larder stores`: the S3 servers that buckets and backups may lie on, and whether they can be used. */
import { Command } from 'commander';
import { checkStores, openHome, type CheckedStore } from '@larder/local';
import { EXIT, CommandError } from '../failure.ts';
import { outputOption, withExample, type OutputFormat } from '../options.ts';
import { columns } from '../output/columns.ts';
import { printData } from '../output/data.ts';
import type { Surroundings } from '../surroundings.ts';

export function storesCommand(surroundings: Surroundings): Command {
  const command = new Command('stores')
    .description('the S3 servers that buckets and backups may lie on, and whether they can be used')
    .addOption(outputOption('json', 'yaml'))
    .action((options: { output?: OutputFormat }) => showStores(surroundings, options.output));
  return withExample(command, 'larder stores');
}

async function showStores(surroundings: Surroundings, output?: OutputFormat): Promise<void> {
  const { stores, problem } = await checkStores(openHome());
  if (output) await printData(surroundings, stores, output);
  else surroundings.print(columns([HEAD, ...stores.map(rowOf)]));
  const problems = [...(problem === undefined ? [] : [problem]), ...stores.flatMap(each => each.problem ?? [])];
  if (problems.length === 0) return;
  const remedy = 'larder stores --help; docs/buckets.md has all fields';
  throw new CommandError(problems.join('\n'), { remedy, exitCode: EXIT.failure });
}

const HEAD = ['NAME', 'DEFAULT', 'KEYS', 'USABLE', 'REGION', 'ENDPOINT'];

function rowOf({ name, isDefault, ownKeys, problem, region = '', endpoint = '' }: CheckedStore): string[] {
  const keys = ownKeys ? 'each bucket its own' : 'one for all';
  const at = endpoint === '' && problem === undefined ? 'of this plane' : endpoint;
  return [name, isDefault ? 'yes' : '', keys, problem === undefined ? 'yes' : 'no', region, at];
}
