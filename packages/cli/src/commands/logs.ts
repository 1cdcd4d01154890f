/** `larder logs`: the plane's own log, or a claim's PostgreSQL log. */
import { Command } from 'commander';
import { findHome, findRunningPlane, homeFolder, type Home } from '@larder/local';
import { CommandError, EXIT } from '../failure.ts';
import { instanceLog, instancesOf } from '../instance-log.ts';
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
  return requireHome().planeLog;
}

/** Asked again while following: PostgreSQL begins a new file every day. */
async function locatorOf(name: string, namespace: string): Promise<() => Promise<string>> {
  const home = findHome();
  // The files are there also when nobody serves the API: that may be just why somebody looks.
  if (home && !findRunningPlane(home)) return locatorWithoutPlane(home, name);
  return withClient(async client => {
    const claim = await getClaim(client, name, namespace);
    const composite = (claim.spec as { resourceRef?: { name?: string } }).resourceRef?.name;
    if (composite === undefined)
      throw new CommandError(`cannot read the log of "${name}": nothing was made for it yet`);
    return async () => instanceLog(requireHome(), composite);
  });
}

function locatorWithoutPlane(home: Home, name: string): () => Promise<string> {
  const found = instancesOf(home, name);
  const [server] = found;
  if (server === undefined)
    throw new CommandError(
      `cannot read the log of "${name}": no plane runs, and no instance in "${home.instances}" is called so`,
      {
        remedy: 'larder up starts the plane, which knows what there is',
        exitCode: EXIT.notRunning,
      },
    );
  if (found.length > 1)
    throw new CommandError(
      `cannot tell which log: several instances are called "${name}", and no plane runs to tell whose is whose`,
      {
        remedy: `name one: ${found.map(each => `larder logs ${each}`).join(', ')}`,
        exitCode: EXIT.usage,
      },
    );
  return async () => instanceLog(home, server);
}

function requireHome(): Home {
  const home = findHome();
  if (home) return home;
  throw new CommandError(`cannot read the log: there is no home "${homeFolder()}"`, { remedy: 'larder up makes it' });
}
