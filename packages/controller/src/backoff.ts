/** Exponential backoff with jitter, as data; who waits is somebody else. */

export interface Backoff {
  /** The first wait (ms). */
  baseMs: number;
  maxMs: number;
}

/** controller-runtime's first step; its end of 1,000 s is too long for somebody who sits in front of the screen. */
export const reconcileBackoff: Backoff = { baseMs: 5, maxMs: 60_000 };
export const reconnectBackoff: Backoff = { baseMs: 50, maxMs: 10_000 };

/** The wait after the n-th failure in a row (from 1): doubled each time, then 0 to 20 % less, so that many don't come back at once. */
export function backoffMs({ baseMs, maxMs }: Backoff, failures: number, random: () => number = Math.random): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 40));
  return Math.round(full * (1 - 0.2 * random()));
}

/** Waits, or returns early when the signal aborts. Never throws. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
