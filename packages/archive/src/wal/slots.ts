/** How much is in memory at once, of all servers together: each slot has its memory, which is used again and never given back. */

/** The memory of one slot. What is asked for is overwritten by who has the slot next. */
export class Scratch {
  readonly #buffers = new Map<string, Buffer>();

  /** At least so long. */
  get(name: string, bytes: number): Buffer {
    const known = this.#buffers.get(name);
    if (known && known.length >= bytes) return known;
    const made = Buffer.allocUnsafeSlow(bytes);
    this.#buffers.set(name, made);
    return made;
  }
}

/** Runs at most `limit` at a time, those who came first before the others. */
export class Slots {
  readonly #free: Scratch[];
  readonly #waiting: ((scratch: Scratch) => void)[] = [];

  constructor(limit: number) {
    this.#free = Array.from({ length: limit }, () => new Scratch());
  }

  async run<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
    const scratch = this.#free.pop() ?? (await new Promise<Scratch>(resolve => this.#waiting.push(resolve)));
    try {
      return await work(scratch);
    } finally {
      // A slot that somebody waits for changes hands, and is never free between.
      const next = this.#waiting.shift();
      if (next) next(scratch);
      else this.#free.push(scratch);
    }
  }
}
