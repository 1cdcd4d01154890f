/**
 * A queue of keys. A key is in it once however often it was added, and is worked on by one worker at a time: added while it
 * is worked on, it comes again afterwards.
 *
 * A key is *ready* (in line), *busy* (a worker has it), *again* (busy, and added meanwhile) or *waiting* (on a timer).
 */
import { backoffMs, reconcileBackoff, type Backoff } from './backoff.ts';

export interface WorkQueueOptions {
  /** Must not throw: who fails calls `retry`. */
  work(key: string): Promise<void>;
  /** @default 1 */
  concurrency?: number;
  /** After it no work begins; what is busy ends. */
  signal: AbortSignal;
  backoff?: Backoff;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #again = new Set<string>();
  readonly #waiting = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  readonly #failures = new Map<string, number>();
  #whenIdle: (() => void)[] = [];
  #adds = 0;
  #retries = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** How many are in line, and were put there so far, and of those after a failure. */
  get counts(): { depth: number; adds: number; retries: number } {
    return { depth: this.#ready.size, adds: this.#adds, retries: this.#retries };
  }

  /** Work on the key as soon as a worker is free. */
  add(key: string): void {
    if (this.#options.signal.aborted) return;
    this.#clearTimer(key);
    this.#adds++;
    if (this.#busy.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#pump();
  }

  /** Add the key later; an earlier time that was already set stays. */
  addAfter(key: string, ms: number): void {
    if (this.#options.signal.aborted || this.#again.has(key)) return;
    const at = Date.now() + ms;
    const set = this.#waiting.get(key);
    if (set !== undefined && set.at <= at) return;
    this.#clearTimer(key);
    this.#waiting.set(key, { at, timer: setTimeout(() => this.add(key), ms) });
  }

  /** Add the key after its backoff, which grows until `forget`. Returns the wait (ms). */
  retry(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#retries++;
    const ms = backoffMs(this.#options.backoff ?? reconcileBackoff, failures);
    this.addAfter(key, ms);
    return ms;
  }

  /** The key did well: its next backoff begins at the start. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Resolves when nothing is ready or busy; keys on a timer don't count. */
  idle(): Promise<void> {
    if (this.#busy.size === 0 && this.#ready.size === 0) return Promise.resolve();
    return new Promise(resolve => this.#whenIdle.push(resolve));
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#busy.size >= (this.#options.concurrency ?? 1)) return;
      this.#ready.delete(key);
      this.#busy.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#options.work(key);
    } finally {
      this.#busy.delete(key);
      if (this.#again.delete(key)) this.#ready.add(key);
      this.#pump();
      if (this.#busy.size === 0 && this.#ready.size === 0) this.#announceIdle();
    }
  }

  #announceIdle(): void {
    const waiters = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiters) resolve();
  }

  #clearTimer(key: string): void {
    clearTimeout(this.#waiting.get(key)?.timer);
    this.#waiting.delete(key);
  }

  #stop(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#ready.clear();
    this.#again.clear();
    if (this.#busy.size === 0) this.#announceIdle();
  }
}
