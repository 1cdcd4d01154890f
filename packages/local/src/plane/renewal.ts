/** Renews certificates while the plane runs: it may run longer than they are valid, and clocks are set right meanwhile. */
import type { Logger } from '@larder/controller';
import type { Home } from '../home/home.ts';
import { openPki, type Pki } from '../pki/pki.ts';

export interface RenewalOptions {
  home: Home;
  log: Logger;
  clock: () => Date;
  /** @default 60_000: a look is a millisecond */
  everyMs?: number;
  /** Told after each look what is in force, renewed or not. */
  use: (pki: Pki) => void;
}

/** Looks every minute. What can't be renewed is said once, and tried again at the next look. */
export function startRenewal({ home, log, clock, everyMs = 60_000, use }: RenewalOptions): { stop(): void } {
  let told = '';
  const look = async (): Promise<void> => {
    try {
      use(await openPki(home, clock));
      told = '';
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== told) log.error('cannot renew the certificates', { error: problem });
      told = problem;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
