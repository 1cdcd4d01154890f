/** How much is in memory at once, of all servers together. */

/** Runs at most `limit` at a time, those who came first before the others. */
export class Slots {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#limit) await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#taken++;
    try {
      return await work();
    } finally {
      // A slot that somebody waits for changes hands, and is never free between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#taken--;
    }
  }
}
