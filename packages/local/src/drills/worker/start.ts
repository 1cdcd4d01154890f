/** Starts a drill's process and hands on what it says. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { observeProcess } from '@larder/postgres';
import { ownProgram } from '../../process/own-program.ts';
import { recordProcess } from '../place.ts';
import type { DrillFindings, DrillLine, DrillOrder } from './protocol.ts';

export interface StartOptions {
  signal: AbortSignal;
  progress: (seen: string) => void;
}

/** @throws Error with the process's own words; nothing of it is left then, unless it was killed */
export async function runDrill(order: DrillOrder, { signal, progress }: StartOptions): Promise<DrillFindings> {
  signal.throwIfAborted();
  const [program = '', ...args] = ownProgram('larder-drill', new URL('./main.ts', import.meta.url));
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', env });
  const end = (): void => void child.stdin.end();
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
  });
  const seen = child.pid === undefined ? undefined : observeProcess(child.pid);
  if (seen) await recordProcess(order.folder, seen);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  else child.stdin.write(`${JSON.stringify(order)}\n`);
  let last: DrillLine | undefined;
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      last = JSON.parse(text) as DrillLine;
      if ('progress' in last) progress(last.progress);
    }
    const how = await ended;
    if (last && 'done' in last) return last.done;
    if (last && 'failed' in last) throw new Error(last.failed);
    throw new Error(`the drill’s process ended with ${how} ${words.trim().split('\n').at(-1) ?? ''}`.trim());
  } finally {
    signal.removeEventListener('abort', end);
    child.stdin.destroy();
  }
}
