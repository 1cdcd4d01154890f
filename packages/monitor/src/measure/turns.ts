/** When what is asked now and then is due: after its least time, and later the longer it takes. By the monotonic clock. */

export class Turns {
  readonly #due = new Map<string, number>();
  readonly #last = new Map<string, string>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  isDue(what: string): boolean {
    return this.#now() >= (this.#due.get(what) ?? 0);
  }

  postpone(what: string, ms: number): void {
    this.#due.set(what, this.#now() + ms);
  }

  /** Does it, and has it due again when it has taken `share` of the time at most, also when it fails. */
  async take<T>(what: string, { least, share }: { least: number; share: number }, work: () => Promise<T>): Promise<T> {
    const began = this.#now();
    try {
      return await work();
    } finally {
      this.postpone(what, Math.max(least, (this.#now() - began) / share));
    }
  }

  /** A number that changes once in `ms`. */
  every(ms: number): number {
    return Math.floor(this.#now() / ms);
  }

  /** The one after that of the last time, in the order of their names. */
  next(what: string, among: readonly string[]): string | undefined {
    const sorted = [...among].sort();
    const last = this.#last.get(what);
    const found = sorted.find(name => last === undefined || name > last) ?? sorted[0];
    if (found !== undefined) this.#last.set(what, found);
    return found;
  }
}
