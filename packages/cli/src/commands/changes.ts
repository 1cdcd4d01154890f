/** `larder restart`, `apply-pending`, `upgrade` and `rollback`: how an owner says "now". */
import { Command } from 'commander';
import type { HttpClient } from '@larder/controller';
import { getInstance } from '../backups.ts';
import { runOperation, type Deed } from '../operations.ts';
import { namespaceOption, outputOption, timeoutOption, withExample, type OutputFormat } from '../options.ts';
import { printData } from '../output/data.ts';
import { pendingChanges } from '../output/claim.ts';
import { withClient, type Surroundings } from '../surroundings.ts';

interface Options {
  namespace: string;
  timeout: number;
  output?: OutputFormat;
}

export function restartCommand(surroundings: Surroundings): Command {
  const description = 'restart an instance now, as it is; what waits for a restart goes on waiting';
  return operationCommand(surroundings, { name: 'restart', description, operation: 'Restart', noun: 'restart' });
}

export function applyPendingCommand(surroundings: Surroundings): Command {
  const description = 'make all changes of an instance now that wait for its maintenance window or its owner’s word';
  const noun = 'application of pending changes';
  return operationCommand(surroundings, { name: 'apply-pending', description, operation: 'ApplyPending', noun });
}

export function upgradeCommand(surroundings: Surroundings): Command {
  const description = 'make the major upgrade of an instance now that its updatePolicy.version asks for';
  return operationCommand(surroundings, {
    name: 'upgrade',
    description,
    operation: 'MajorVersionUpgrade',
    noun: 'major upgrade',
  });
}

export function rollbackCommand(surroundings: Surroundings): Command {
  const description = 'go back to the server before the last major upgrade, with all that was written since';
  return operationCommand(surroundings, { name: 'rollback', description, operation: 'Rollback', noun: 'rollback' });
}

function operationCommand(
  surroundings: Surroundings,
  { name, description, ...what }: { name: string; description: string } & Pick<Deed, 'operation' | 'noun'>,
): Command {
  const command = new Command(name)
    .description(description)
    .argument('<claim>', 'a PostgreSQLInstance')
    .addOption(namespaceOption())
    .addOption(timeoutOption('how long it may take', 900))
    .addOption(outputOption('json', 'yaml'))
    .action((claim: string, options: Options) =>
      withClient(client => operate(surroundings, client, { claim, ...what, ...options })),
    );
  return withExample(command, `larder ${name} postgres1 -n my-app`);
}

async function operate(
  surroundings: Surroundings,
  client: HttpClient,
  { claim, operation, noun, ...options }: Options & Pick<Deed, 'operation' | 'noun'> & { claim: string },
): Promise<void> {
  await getInstance(client, claim, options.namespace);
  const status = await runOperation(surroundings, client, { ...options, instance: claim, operation, noun });
  const { done = [], downtime, startedAt, completedAt } = status;
  if (options.output) {
    return printData(surroundings, { claim, operation, done, downtime, startedAt, completedAt }, options.output);
  }
  const away = downtime === undefined ? '' : `; connections were away for ${downtime}`;
  surroundings.print(`${claim}: ${done.join('; ')}${away}`);
  const left = pendingChanges(await getInstance(client, claim, options.namespace));
  if (operation === 'Restart' && left.length > 0) {
    const many = left.length === 1 ? '1 change goes' : `${left.length} changes go`;
    surroundings.note(`${many} on waiting: larder pending ${claim} -n ${options.namespace}`);
  }
}
