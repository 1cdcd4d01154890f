/** Renews certificates while the plane runs: it may run longer than they are valid. */
import type { Logger } from '@larder/controller';
import type { Home } from '../home/home.ts';
import { openPki, type Pki } from '../pki/pki.ts';

const DAY = 86_400_000;

/** Looks once a day, and hands over what is in force then, renewed or not. */
export function renewDaily(home: Home, log: Logger, use: (pki: Pki) => void): { stop(): void } {
  const look = async (): Promise<void> => {
    try {
      use(await openPki(home));
    } catch (error) {
      log.error('cannot renew the certificates', { error: error instanceof Error ? error.message : String(error) });
    }
  };
  const timer = setInterval(() => void look(), DAY);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
