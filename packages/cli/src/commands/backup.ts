/** `larder backup` makes a base backup now; `larder backups` lists those there are, also of instances that are gone. */
import { Command } from 'commander';
import type { HttpClient } from '@larder/controller';
import { getInstance, instanceStatus, makeBackup, type InstanceStatus } from '../backups.ts';
import { CommandError, EXIT } from '../failure.ts';
import { namespaceOption, outputOption, timeoutOption, withExample, type OutputFormat } from '../options.ts';
import { columns } from '../output/columns.ts';
import { drillFacts } from '../output/drill.ts';
import { printData } from '../output/data.ts';
import { withClient, type Surroundings } from '../surroundings.ts';

export function backupCommand(surroundings: Surroundings): Command {
  const command = new Command('backup')
    .description('make a base backup of an instance now, beside those of its schedule')
    .argument('<claim>', 'a PostgreSQLInstance')
    .addOption(namespaceOption())
    .addOption(timeoutOption('how long it may take', 600))
    .addOption(outputOption('json', 'yaml'))
    .action((claim: string, options: { namespace: string; timeout: number; output?: OutputFormat }) =>
      withClient(async client => {
        await getInstance(client, claim, options.namespace);
        const name = await makeBackup(surroundings, client, claim, options);
        if (options.output) return printData(surroundings, { claim, backup: name }, options.output);
        surroundings.print(`backup ${name} of ${claim} is made`);
      }),
    );
  return withExample(command, 'larder backup postgres1 -n my-app');
}

interface ListOptions {
  namespace: string;
  deleted?: boolean;
  output?: OutputFormat;
}

export function backupsCommand(surroundings: Surroundings): Command {
  const command = new Command('backups')
    .description('the backups of an instance, and the moments that it can be brought back to')
    .argument('[claim]', 'a PostgreSQLInstance')
    .addOption(namespaceOption())
    .option('--deleted', 'instances that are deleted, and for how long their backups are kept')
    .addOption(outputOption('json', 'yaml'))
    .action((claim: string | undefined, options: ListOptions) =>
      withClient(client => list(surroundings, client, claim, options)),
    );
  return withExample(command, 'larder backups postgres1 -n my-app', 'larder backups --deleted -n my-app');
}

async function list(
  surroundings: Surroundings,
  client: HttpClient,
  claim: string | undefined,
  options: ListOptions,
): Promise<void> {
  if (options.deleted) return listDeleted(surroundings, client, options);
  if (claim === undefined)
    throw new CommandError('no claim is given', {
      remedy: 'larder backups <claim>, or larder backups --deleted',
      exitCode: EXIT.usage,
    });
  const status = instanceStatus(await getInstance(client, claim, options.namespace));
  const { backups = [], recoverable, backupStore, backup, drill } = status;
  if (options.output)
    return printData(surroundings, { claim, backups, recoverable, backupStore, backup, drill }, options.output);
  if (backups.length === 0) {
    surroundings.print(`${claim} has no backups yet${backup?.message ? `: ${backup.message}` : ''}`);
    return;
  }
  const rows = backups.map(({ name, time, size = '' }, n) => [name, time, size, n === 0 ? 'newest' : '']);
  surroundings.print(`${columns([['NAME', 'COMPLETE AT', 'SIZE', ''], ...rows])}\n\n${facts(status)}`);
}

function facts({ recoverable, backupStore, backup, drill = {} }: InstanceStatus): string {
  const lines = [
    ...(recoverable ? [['Recoverable:', `${recoverable.from} to ${recoverable.to}`]] : []),
    ...(backup?.schedule === undefined
      ? []
      : [['Schedule:', `${backup.schedule} (UTC), next ${backup.next ?? 'as soon as it can be made'}`]]),
    ...(backup?.keeps === undefined ? [] : [['Kept:', backup.keeps]]),
    ...(backupStore ? [['Store:', `${backupStore.destinationPath}, server ${backupStore.serverName}`]] : []),
    ...(backupStore?.secretName === undefined ? [] : [['Key to read:', `secret ${backupStore.secretName}`]]),
    ...drillFacts(drill),
    ...(backup?.message === undefined ? [] : [['Note:', backup.message]]),
  ];
  return columns(lines);
}

const PREFIX = 'larder.dev';

async function listDeleted(
  surroundings: Surroundings,
  client: HttpClient,
  { namespace, output }: ListOptions,
): Promise<void> {
  const { items } = await client.list(
    { apiVersion: 'syn.tools/v1', kind: 'XS3Bucket' },
    { labelSelector: `${PREFIX}/backups-namespace=${namespace}` },
  );
  const kept = items.flatMap(({ metadata: { name, labels = {}, annotations = {} } }) => {
    const until = annotations[`${PREFIX}/kept-until`];
    if (until === undefined) return [];
    const deletedAt = annotations[`${PREFIX}/instance-deleted-at`] ?? '';
    const missing = annotations[`${PREFIX}/unflushed`];
    const claim = labels[`${PREFIX}/backups-claim`] ?? '';
    return [{ claim, instance: name, deletedAt, keptUntil: until, ...(missing === undefined ? {} : { missing }) }];
  });
  if (output) return printData(surroundings, kept, output);
  if (kept.length === 0) {
    surroundings.print(`No backups of deleted instances are kept in namespace "${namespace}".`);
    return;
  }
  const rows = kept.map(({ claim, instance, deletedAt, keptUntil, missing }) => [
    claim,
    instance,
    deletedAt,
    keptUntil,
    missing === undefined ? '' : `WAL that was written last is missing: ${missing}`,
  ]);
  surroundings.print(columns([['CLAIM', 'INSTANCE', 'DELETED AT', 'KEPT UNTIL', ''], ...rows]));
}
