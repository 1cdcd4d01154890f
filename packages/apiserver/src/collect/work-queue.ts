/** Keys to work on, each once at a time, again after a failure with growing delays. What is added while it is worked on is worked on again. */
export interface WorkQueueOptions {
  /** Must be able to run twice. A failure is tried again later. */
  work(key: string): Promise<void>;
  /** Told about every failure. */
  failed?(key: string, error: unknown): void;
  /** @default 16 */
  concurrency?: number;
}

const firstDelayMs = 20;
const longestDelayMs = 60_000;

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  #waiting = new Set<string>();
  #running = new Map<string, Promise<void>>();
  #failures = new Map<string, number>();
  #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#closed) return;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.#waiting.add(key);
    // In a later turn: whoever adds is in the middle of something.
    setImmediate(() => this.#startNext());
  }

  /** Resolves when what runs has ended; nothing starts any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running.values());
  }

  #startNext(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= (this.#options.concurrency ?? 16)) return;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.set(key, this.#run(key));
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#retryLater(key);
      this.#options.failed?.(key, error);
    } finally {
      this.#running.delete(key);
      this.#startNext();
    }
  }

  #retryLater(key: string): void {
    if (this.#closed) return;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const delay = Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs);
    const timer = setTimeout(() => this.add(key), delay);
    this.#timers.set(key, timer.unref());
  }
}
