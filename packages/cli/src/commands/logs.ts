/** `larder logs`: the plane's own log, or a claim's PostgreSQL log. */
import { Command } from 'commander';
import { findHome, findRunningPlane, homeFolder, type Home } from '@larder/local';
import { CommandError, EXIT } from '../failure.ts';
import { instanceLogs, instancesOf } from '../instance-log.ts';
import { LogReader, planeLines } from '../log-reader.ts';
import { namespaceOption, outputOption, parseCount, parsePattern, parseSince, withExample } from '../options.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { getClaim } from '../targets.ts';
import { followFile, lastLines, wholeText } from '../tail.ts';

interface LogsOptions {
  follow?: boolean;
  lines?: number;
  since?: number;
  grep?: RegExp;
  output?: 'json';
  namespace: string;
}

export function logsCommand(surroundings: Surroundings): Command {
  const command = new Command('logs')
    .description("the plane's log, or the PostgreSQL log of a claim; statements that took long are marked SLOW")
    .argument('[claim]', "whose PostgreSQL log; without it: the plane's")
    .option('-f, --follow', 'go on with what is written')
    .option('-l, --lines <count>', 'how many of the last (default: 100; with --since all)', parseCount)
    .option('--since <duration|time>', 'only what was written since then', parseSince)
    .option('--grep <pattern>', 'only what this regular expression is found in; case does not matter', parsePattern)
    .addOption(outputOption('json'))
    .addOption(namespaceOption())
    .action((claim: string | undefined, options: LogsOptions) =>
      claim === undefined ? planeLogs(surroundings, options) : claimLogs(surroundings, claim, options),
    );
  return withExample(
    command,
    'larder logs',
    'larder logs postgres1 -f',
    'larder logs postgres1 --since 2h --grep slow',
  );
}

async function claimLogs({ print }: Surroundings, claim: string, options: LogsOptions): Promise<void> {
  const locate = await locatorOf(claim, options.namespace);
  const { since, grep, output, follow } = options;
  const reader = (): LogReader => new LogReader({ since, grep, json: output === 'json' });
  const most = options.lines ?? (since === undefined ? USUAL_LINES : Infinity);
  const newest = locate().at(-1) ?? '';
  const following = reader();
  const { text, size } = wholeText(newest);
  let found = following.push(text);
  if (!follow) found.push(...following.end());
  for (const path of locate()
    .toReversed()
    .filter(each => each !== newest)) {
    if (found.length >= most) break;
    const older = reader();
    found = [...older.push(wholeText(path).text), ...older.end(), ...found];
  }
  const last = most === 0 ? [] : found.slice(-most);
  if (last.length > 0) print(last.join('\n'));
  if (!follow) return;
  const write = (chunk: string): void => {
    for (const line of following.push(chunk)) print(line);
  };
  await followFile(async () => locate().at(-1) ?? newest, { path: newest, offset: size, write });
}

async function planeLogs({ print }: Surroundings, { follow, output, ...wish }: LogsOptions): Promise<void> {
  if (output !== undefined)
    throw new CommandError("cannot print the plane's log as JSON: it is plain lines", {
      remedy: 'name a claim for the log of its PostgreSQL, or leave -o out',
      exitCode: EXIT.usage,
    });
  const path = planeLog();
  const isWhole = wish.since === undefined && wish.grep === undefined;
  const most = wish.lines ?? (wish.since === undefined ? USUAL_LINES : Infinity);
  const { text, size } = isWhole ? lastLines(path, most) : wholeText(path);
  const lines = planeLines(text.trimEnd().split('\n'), wish);
  if (most > 0 && lines.length > 0 && text !== '') print(lines.slice(-most).join('\n'));
  if (!follow) return;
  let rest = '';
  const write = (chunk: string): void => {
    const added = (rest + chunk).split('\n');
    rest = added.pop() ?? '';
    for (const line of planeLines(added, wish)) print(line);
  };
  await followFile(async () => planeLog(), { path, offset: size, write });
}

const USUAL_LINES = 100;

function planeLog(): string {
  return requireHome().planeLog;
}

/** Its files, oldest first; asked again while following: PostgreSQL begins a new file every day. */
async function locatorOf(name: string, namespace: string): Promise<() => string[]> {
  const home = findHome();
  // The files are there also when nobody serves the API: that may be just why somebody looks.
  if (home && !findRunningPlane(home)) return locatorWithoutPlane(home, name);
  return withClient(async client => {
    const claim = await getClaim(client, name, namespace);
    const composite = (claim.spec as { resourceRef?: { name?: string } }).resourceRef?.name;
    if (composite === undefined)
      throw new CommandError(`cannot read the log of "${name}": nothing was made for it yet`);
    return () => instanceLogs(requireHome(), composite);
  });
}

function locatorWithoutPlane(home: Home, name: string): () => string[] {
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
  return () => instanceLogs(home, server);
}

function requireHome(): Home {
  const home = findHome();
  if (home) return home;
  throw new CommandError(`cannot read the log: there is no home "${homeFolder()}"`, { remedy: 'larder up makes it' });
}
