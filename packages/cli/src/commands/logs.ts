/** `larder logs`: the plane's own log, or a claim's PostgreSQL log. */
import { Command } from 'commander';
import { findHome, homeFolder } from '@larder/local';
import { CommandError } from '../failure.ts';
import { instanceLog } from '../instance-log.ts';
import { namespaceOption, parseCount, withExample } from '../options.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { getClaim } from '../targets.ts';
import { followFile, lastLines } from '../tail.ts';

interface LogsOptions {
  follow?: boolean;
  lines: number;
  namespace: string;
}

export function logsCommand(surroundings: Surroundings): Command {
  const command = new Command('logs')
    .description("the plane's log, or the PostgreSQL log of a claim")
    .argument('[claim]', "whose PostgreSQL log; without it: the plane's")
    .option('-f, --follow', 'go on with what is written')
    .option('-l, --lines <count>', 'how many of the last lines', parseCount, 100)
    .addOption(namespaceOption())
    .action((claim: string | undefined, options: LogsOptions) => logs(surroundings, claim, options));
  return withExample(command, 'larder logs', 'larder logs postgres1 -f');
}

async function logs({ print }: Surroundings, claim: string | undefined, options: LogsOptions): Promise<void> {
  const locate = claim === undefined ? async () => planeLog() : await locatorOf(claim, options.namespace);
  const path = await locate();
  const { text, size } = lastLines(path, options.lines);
  if (text !== '') print(text.trimEnd());
  if (options.follow) await followFile(locate, { path, offset: size, write: chunk => process.stdout.write(chunk) });
}

function planeLog(): string {
  const home = findHome();
  if (home) return home.planeLog;
  throw new CommandError(`cannot read the log: there is no home "${homeFolder()}"`, { remedy: 'larder up makes it' });
}

/** Asked again while following: PostgreSQL begins a new file every day. */
function locatorOf(name: string, namespace: string): Promise<() => Promise<string>> {
  return withClient(async (client, home) => {
    const claim = await getClaim(client, name, namespace);
    const composite = (claim.spec as { resourceRef?: { name?: string } }).resourceRef?.name;
    if (composite === undefined)
      throw new CommandError(`cannot read the log of "${name}": nothing was made for it yet`);
    return async () => instanceLog(home, composite);
  });
}
