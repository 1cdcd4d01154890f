/** `larder pending`: which changes wait, why, and until when; and what was done last. */
import { Command } from 'commander';
import type { MaintenanceStatus, PendingChange } from '@larder/catalog';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { getInstance } from '../backups.ts';
import { namespaceOption, outputOption, withExample, type OutputFormat } from '../options.ts';
import { columns } from '../output/columns.ts';
import { printData } from '../output/data.ts';
import { withClient, type Surroundings } from '../surroundings.ts';

const CLAIM = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };

interface Options {
  namespace: string;
  output?: OutputFormat;
}

interface Pending {
  claim: string;
  pendingChanges: PendingChange[];
  maintenance: MaintenanceStatus;
}

export function pendingCommand(surroundings: Surroundings): Command {
  const command = new Command('pending')
    .description('changes that wait for a maintenance window or their owner’s word, and what was done last')
    .argument('[claim]', 'a PostgreSQLInstance; default: all of the namespace')
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml'))
    .action((claim: string | undefined, options: Options) =>
      withClient(client => pending(surroundings, client, claim, options)),
    );
  return withExample(command, 'larder pending', 'larder pending postgres1 -n my-app');
}

async function pending(
  surroundings: Surroundings,
  client: HttpClient,
  claim: string | undefined,
  { namespace, output }: Options,
): Promise<void> {
  const claims =
    claim === undefined
      ? (await client.list(CLAIM, { namespace })).items
      : [await getInstance(client, claim, namespace)];
  const found = claims.map(pendingOf);
  if (output) return printData(surroundings, claim === undefined ? found : found[0], output);
  const changes = found.flatMap(({ claim: name, pendingChanges }) =>
    pendingChanges.map(({ field, from, to, needs, when }) => [name, shortOf(field), from, to, needs, when]),
  );
  const table =
    changes.length === 0
      ? claim === undefined
        ? `Nothing waits in namespace "${namespace}".`
        : `Nothing waits for ${claim}.`
      : columns([['CLAIM', 'CHANGE', 'FROM', 'TO', 'NEEDS', 'WHEN'], ...changes]);
  const facts = claim === undefined ? '' : columns(factsOf(found[0]?.maintenance ?? {}));
  surroundings.print([table, facts].filter(text => text !== '').join('\n\n'));
}

function pendingOf({ metadata, status }: KubeObject): Pending {
  const { pendingChanges = [], maintenance = {} } = (status ?? {}) as Partial<Pending>;
  return { claim: metadata.name, pendingChanges, maintenance };
}

export function shortOf(field: string): string {
  return field.replace(/^spec\.parameters\./, '');
}

function factsOf({ nextWindow, current, lastRun, message }: MaintenanceStatus): string[][] {
  return [
    ...(nextWindow === undefined ? [] : [['Next window:', nextWindow]]),
    ...(current ? [['Now:', `${current.operation}, since ${current.startedAt}`]] : []),
    ...(lastRun ? [['Last done:', wordsOf(lastRun)]] : []),
    ...(message === undefined ? [] : [['Note:', message]]),
  ];
}

function wordsOf({
  operation,
  completedAt,
  result,
  done = [],
  downtime,
  message,
}: NonNullable<MaintenanceStatus['lastRun']>): string {
  const away = downtime === undefined ? [] : [`connections were away for ${downtime}`];
  return [
    `${operation} ${result} at ${completedAt}`,
    ...done,
    ...away,
    ...(message === undefined ? [] : [message]),
  ].join('; ');
}
