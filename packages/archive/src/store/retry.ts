/** Trying again, a bounded number of times, what may work in a moment. */
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from './errors.ts';

export interface RetryOptions {
  /** In all. @default 5 */
  attempts?: number;
  /** Before the second attempt (ms); doubles up to two seconds, with a random part. @default 50 */
  firstDelayMs?: number;
}

const LONGEST_MS = 2_000;

/**
 * The first answer that is no transient error. @param run throws StoreErrors
 * @throws StoreError the last one. Whatever else `run` throws, and the signal's reason
 */
export async function retry<T>(
  run: () => Promise<T>,
  { attempts = 5, firstDelayMs = 50 }: RetryOptions = {},
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !(error instanceof StoreError) || error.kind !== 'transient') throw error;
    }
    const longest = Math.min(LONGEST_MS, firstDelayMs * 2 ** (attempt - 1));
    await delay(longest * (0.5 + Math.random() / 2), undefined, { signal });
  }
}
