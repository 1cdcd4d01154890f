/** `larder drill` proves that an instance can be had back: it restores the newest backup aside, checks it, and throws it away. */
import { Command } from 'commander';
import { getInstance } from '../backups.ts';
import { CommandError } from '../failure.ts';
import { namespaceOption, outputOption, timeoutOption, withExample, type OutputFormat } from '../options.ts';
import { runOperation } from '../operations.ts';
import { printData } from '../output/data.ts';
import { drillReport } from '../output/drill.ts';
import { withClient, type Surroundings } from '../surroundings.ts';

interface DrillOptions {
  namespace: string;
  timeout: number;
  output?: OutputFormat;
}

export function drillCommand(surroundings: Surroundings): Command {
  const command = new Command('drill')
    .description('prove that an instance can be had back: restore its newest backup aside, check it, throw it away')
    .argument('<claim>', 'a PostgreSQLInstance')
    .addOption(namespaceOption())
    .addOption(timeoutOption('how long it may take', 3600))
    .addOption(outputOption('json', 'yaml'))
    .action((claim: string, options: DrillOptions) =>
      withClient(async client => {
        await getInstance(client, claim, options.namespace);
        const deed = { ...options, instance: claim, operation: 'Drill', noun: 'restore drill' } as const;
        const { drill } = await runOperation(surroundings, client, deed);
        if (!drill) throw new CommandError(`the restore drill of ${claim} left no report`);
        if (options.output) await printData(surroundings, { claim, ...drill }, options.output);
        else surroundings.print(drillReport(claim, drill));
        if (drill.result !== 'Passed')
          throw new CommandError(
            `the restore drill of ${claim} ${drill.result === 'Failed' ? 'failed' : 'was not held'}`,
          );
      }),
    );
  return withExample(command, 'larder drill postgres1 -n my-app');
}
