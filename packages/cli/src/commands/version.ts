/** `larder version`: this command's version, and the running plane's. */
import { Command } from 'commander';
import { findHome, findRunningPlane } from '@larder/local';
import { outputOption, withExample, type OutputFormat } from '../options.ts';
import { printData } from '../output/data.ts';
import type { Surroundings } from '../surroundings.ts';

export function versionCommand(surroundings: Surroundings): Command {
  const command = new Command('version')
    .description('the version of this command and of the running plane')
    .addOption(outputOption('json', 'yaml'))
    .action((options: { output?: OutputFormat }) => showVersion(surroundings, options.output));
  return withExample(command, 'larder version -o json');
}

async function showVersion(surroundings: Surroundings, output?: OutputFormat): Promise<void> {
  const home = findHome();
  const plane = home && findRunningPlane(home);
  const versions = { larder: surroundings.version, plane: plane?.version ?? null, node: process.versions.node };
  if (output) return printData(surroundings, versions, output);
  surroundings.print(`larder ${versions.larder}`);
  surroundings.print(`plane  ${versions.plane ?? 'not running'}`);
  surroundings.print(`node   ${versions.node}`);
}
