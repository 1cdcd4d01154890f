/** `larder top`: how busy the instances of this machine are, from what was measured last. */
import { Command } from 'commander';
import { findHome, homeFolder, type Home } from '@larder/local';
import { CommandError, EXIT } from '../failure.ts';
import { readInstances } from '../monitoring/instances.ts';
import { topData, topText } from '../monitoring/top-view.ts';
import { outputOption, withExample, type OutputFormat } from '../options.ts';
import { printData } from '../output/data.ts';
import type { Surroundings } from '../surroundings.ts';

/** From one picture to the next (ms). They are measured every 15 seconds. */
const REFRESH_MS = 2_000;

interface TopOptions {
  once?: boolean;
  output?: OutputFormat;
}

export function topCommand(surroundings: Surroundings): Command {
  const command = new Command('top')
    .description('how busy the instances are: sessions, transactions, processor, memory, storage; q ends it')
    .option('--once', 'print it once, as where the output is no terminal')
    .addOption(outputOption('json', 'yaml'))
    .action((options: TopOptions) => top(surroundings, options));
  return withExample(command, 'larder top', 'larder top --once', "larder top -o json | jq '.[].connections'");
}

async function top(surroundings: Surroundings, { once, output }: TopOptions): Promise<void> {
  const home = findHome();
  if (!home)
    throw new CommandError(`cannot show instances: there is no plane in "${homeFolder()}"`, {
      remedy: 'start one with: larder up',
      exitCode: EXIT.notRunning,
    });
  if (output) return printData(surroundings, topData(await readInstances(home, now())), output);
  if (once || !process.stdout.isTTY || !process.stdin.isTTY) return surroundings.print(await picture(home));
  await live(home);
}

async function picture(home: Home, width?: number): Promise<string> {
  const at = now();
  const instances = await readInstances(home, at);
  if (instances.length === 0)
    return 'No instance is measured: larder apply -f service/prototype-instance.yaml makes one';
  return topText(instances, { at, width });
}

function now(): number {
  return Date.now() / 1000;
}

const [ENTER, LEAVE] = ['\x1b[?1049h\x1b[?25l', '\x1b[?25h\x1b[?1049l'];

/** Draws over itself until a key ends it, and leaves the terminal as it was. */
async function live(home: Home): Promise<void> {
  const { stdin, stdout } = process;
  stdout.write(ENTER);
  stdin.setRawMode(true);
  const draw = async (): Promise<void> => {
    const text = await picture(home, stdout.columns);
    const lines = text.split('\n').slice(0, stdout.rows - 1);
    stdout.write(`\x1b[H${lines.map(line => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  };
  const timer = setInterval(() => void draw(), REFRESH_MS);
  try {
    await draw();
    await new Promise<void>(resolve => {
      stdin.on('data', (key: Buffer) => (['q', '\x03', '\x1b'].includes(key.toString()) ? resolve() : undefined));
      stdin.once('end', resolve);
      process.once('SIGTERM', resolve);
    });
  } finally {
    clearInterval(timer);
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write(LEAVE);
  }
}
