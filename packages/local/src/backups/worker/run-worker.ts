/** Starts a backup worker and hands on what it says. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ownProgram } from '../../process/own-program.ts';
import type { Holdings, WorkerLine, WorkerOrder, WorkerProgress } from './protocol.ts';

export interface RunWorkerOptions {
  signal: AbortSignal;
  progress: (seen: WorkerProgress) => void;
}

/** @throws Error with the worker's own words */
export async function runWorker(order: WorkerOrder, { signal, progress }: RunWorkerOptions): Promise<Holdings> {
  signal.throwIfAborted();
  const [program = '', ...args] = ownProgram('larder-backup', new URL('./main.ts', import.meta.url));
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', env });
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(order)}\n`);
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
  });
  let last: WorkerLine | undefined;
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      last = JSON.parse(text) as WorkerLine;
      if ('progress' in last) progress(last.progress);
    }
    const how = await ended;
    if (last && 'done' in last) return last.done;
    if (last && 'failed' in last) throw new Error(last.failed);
    throw new Error(`the backup’s process ended with ${how}: ${complaint(words)}`);
  } finally {
    signal.removeEventListener('abort', end);
    child.stdin.destroy();
  }
}

/** Of what a dying process printed, the line that says why. */
function complaint(words: string): string {
  const lines = words
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
  return lines.find(line => /Error/.test(line)) ?? lines[0] ?? 'it said nothing';
}
