/** Starts the reader of a data directory in a process of its own, and hands on what it says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { decodeFrames, type Frame } from './frames.ts';
import type { ReadOrder } from './reader.ts';

/** Who the reader runs as; undefined: who we run as. */
export type Account = { uid: number; gid: number } | undefined;

export interface Reading {
  /** Ends after the frame `end`. @throws Error with the reader's own words when it failed */
  frames: AsyncGenerator<Frame>;
  /** Hands over the label's text, after the frame `copied`. */
  label(text: string): void;
  /** Ends the reader, whatever it is doing, and waits for its end. May run twice. */
  close(): Promise<void>;
}

export function startReading(order: ReadOrder, account: Account): Reading {
  const [program = '', ...args] = readerCommand();
  // Nothing of our environment: it may hold keys, and whoever has the server's account could look.
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', env });
  const ended = once(child, 'close').catch((error: Error) => [error.message]);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
  // A reader that ended tells why in its last frame, or by its exit.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify({ account, order })}\n`);

  async function* frames(): AsyncGenerator<Frame> {
    let last: Frame | undefined;
    for await (const frame of decodeFrames(child.stdout)) {
      if (frame.kind === 'failed') throw new Error(`cannot read the data directory: ${frame.message}`);
      last = frame;
      yield frame;
    }
    if (last?.kind === 'end') return;
    const [how] = (await ended) as unknown[];
    throw new Error(`cannot read the data directory: its reader ended with ${String(how)} ${words.trim()}`.trim());
  }
  return {
    frames: frames(),
    label: text => void child.stdin.end(`${JSON.stringify(text)}\n`),
    close: async () => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      await ended;
    },
  };
}

/** From the sources with tsx, or from the bundle that we run from. */
function readerCommand(): string[] {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return [process.execPath, fileURLToPath(new URL('./larder-reader.js', here))];
  return [process.execPath, '--import', import.meta.resolve('tsx'), fileURLToPath(new URL('./reader-main.ts', here))];
}
