/** A backup worker as a process: one order on its standard input, lines on its standard output. It ends with the plane, whose pipe it holds. */
import { createInterface } from 'node:readline';
import { backUp } from './back-up.ts';
import type { WorkerLine, WorkerOrder } from './protocol.ts';

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());

const lines = createInterface({ input: process.stdin });
// The plane is gone: what isn't finished is removed at the next look.
lines.once('close', () => stopping.abort());
lines.once('line', text => void work(JSON.parse(text) as WorkerOrder));

async function work(order: WorkerOrder): Promise<void> {
  let told = -Infinity;
  const progress = (seen: object): void => {
    if (performance.now() - told < 1000) return;
    told = performance.now();
    say({ progress: seen } as WorkerLine);
  };
  try {
    say({ done: await backUp({ order, progress, signal: stopping.signal }) });
    process.exitCode = 0;
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
  lines.close();
  process.stdin.destroy();
}

function say(line: WorkerLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
