/** Ending a server, in politeness first: smart (clients leave by themselves), fast (they are cut), immediate, and the kernel's way. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from '../host/run.ts';
import { isAlive, signalProcess, type ProcessRef } from '../host/process.ts';

export interface StopOptions {
  /** How long clients may take to leave. @default 0: they are cut at once */
  smartMs?: number;
  /** For the shutdown checkpoint. @default 30_000 */
  fastMs?: number;
  /** @default 5_000 */
  immediateMs?: number;
}

/** How it ended; `immediate` and `killed` mean that the next start recovers from the WAL. */
export type Stopped = 'smart' | 'fast' | 'immediate' | 'killed';

/** Returns when the process is gone. @throws Error when even the kernel can't end it */
export async function stopServer(server: ProcessRef, account: Account, options: StopOptions = {}): Promise<Stopped> {
  const { smartMs = 0, fastMs = 30_000, immediateMs = 5_000 } = options;
  const ways = [
    { how: 'smart', signal: 'TERM', waitMs: smartMs },
    { how: 'fast', signal: 'INT', waitMs: fastMs },
    { how: 'immediate', signal: 'QUIT', waitMs: immediateMs },
    { how: 'killed', signal: 'KILL', waitMs: 5_000 },
  ] as const;
  for (const { how, signal, waitMs } of ways) {
    if (waitMs === 0) continue;
    await signalProcess(server, signal, account);
    if (await endsWithin(server, waitMs)) return how;
  }
  throw new Error(`cannot end process ${server.pid}: it survives SIGKILL; look for a hanging disk`);
}

/** Whether the process ends in time. */
export async function endsWithin(server: ProcessRef, waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  for (let pause = 5; isAlive(server); pause = Math.min(pause * 1.5, 200)) {
    if (performance.now() >= deadline) return false;
    await delay(pause);
  }
  return true;
}
