/** `larder versions`: the PostgreSQL versions on offer: what the running plane knows, or what this machine has. */
import { Command } from 'commander';
import { LOCAL_API_VERSION, type PostgresVersion } from '@larder/catalog';
import { findHome, findRunningPlane } from '@larder/local';
import { outputOption, withExample, type OutputFormat } from '../options.ts';
import { columns } from '../output/columns.ts';
import { printData } from '../output/data.ts';
import { withClient, type Surroundings } from '../surroundings.ts';

type VersionOnOffer = PostgresVersion['spec'];

export function versionsCommand(surroundings: Surroundings): Command {
  const command = new Command('versions')
    .description('the PostgreSQL versions on offer, with their origin and end of life')
    .addOption(outputOption('json', 'yaml'))
    .action((options: { output?: OutputFormat }) => showVersions(surroundings, options.output));
  return withExample(command, 'larder versions');
}

async function showVersions(surroundings: Surroundings, output?: OutputFormat): Promise<void> {
  const home = findHome();
  const versions = home && findRunningPlane(home) ? await ofPlane() : await ofMachine();
  versions.sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }));
  if (output) return printData(surroundings, versions, output);
  surroundings.print(columns([HEAD, ...versions.map(rowOf)]));
}

const HEAD = ['VERSION', 'ORIGIN', 'INSTALLED', 'OPENSSL', 'ICU', 'SUPPORTED UNTIL', 'PACKAGE'];

function rowOf(offer: VersionOnOffer): string[] {
  const until = offer.supported ? offer.endOfLife : `${offer.endOfLife} (not for new instances)`;
  return [
    offer.version,
    offer.source,
    offer.installed ? 'yes' : 'on demand',
    offer.openssl ?? '',
    offer.icu ?? '',
    until,
    offer.package,
  ];
}

function ofPlane(): Promise<VersionOnOffer[]> {
  return withClient(async client => {
    const { items } = await client.list<PostgresVersion>({ apiVersion: LOCAL_API_VERSION, kind: 'PostgresVersion' });
    return items.map(item => item.spec);
  });
}

/** Without a plane: what can be seen on this machine alone. */
async function ofMachine(): Promise<VersionOnOffer[]> {
  const { offeredVersions } = await import('@larder/local');
  return offeredVersions();
}
