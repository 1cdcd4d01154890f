/** Ends a process for certain: asks, waits, then kills; never one that merely has the same pid. */
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, type ProcessRef } from '@larder/postgres';

export interface EndOptions {
  /** What asks it to end. @default SIGTERM */
  signal?: NodeJS.Signals;
  /** How long it may take (ms) before it is killed. @default 10_000 */
  graceMs?: number;
}

/** Resolves once the process is gone: `ended` when it wasn't there or left by itself, `killed` when it had to be. */
export async function endProcess(ref: ProcessRef, options: EndOptions = {}): Promise<'ended' | 'killed'> {
  send(ref, options.signal ?? 'SIGTERM');
  if (await isGone(ref, options.graceMs ?? 10_000)) return 'ended';
  send(ref, 'SIGKILL');
  if (await isGone(ref, 10_000)) return 'killed';
  throw new Error(`cannot end process ${ref.pid}: it survives SIGKILL, so it waits for its disk; look at dmesg`);
}

async function isGone(ref: ProcessRef, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isAlive(ref)) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

function send(ref: ProcessRef, signal: NodeJS.Signals): void {
  if (!isAlive(ref)) return;
  try {
    process.kill(ref.pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new Error(`cannot end process ${ref.pid}: it belongs to another user; run this command as who started it`, {
      cause,
    });
  }
}
