/** Ends a process for certain: asks, waits, then kills; never one that merely has the same pid. */
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './identity.ts';

export interface EndOptions {
  /** What asks it to end. @default SIGTERM */
  signal?: NodeJS.Signals;
  /** How long it may take (ms) before it is killed. @default 10_000 */
  graceMs?: number;
}

/** Resolves once the process is gone: `ended` when it wasn't there or left by itself, `killed` when it had to be. */
export async function endProcess(identity: ProcessIdentity, options: EndOptions = {}): Promise<'ended' | 'killed'> {
  send(identity, options.signal ?? 'SIGTERM');
  if (await isGone(identity, options.graceMs ?? 10_000)) return 'ended';
  send(identity, 'SIGKILL');
  if (await isGone(identity, 10_000)) return 'killed';
  throw new Error(`cannot end process ${identity.pid}: it survives SIGKILL, so it waits for its disk; look at dmesg`);
}

/** Whether the process is gone within `ms`. */
export async function isGone(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isRunning(identity)) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new Error(
      `cannot end process ${identity.pid}: it belongs to another user; run this command as the one who started it`,
      {
        cause: error,
      },
    );
  }
}
