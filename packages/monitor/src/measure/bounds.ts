/**
 * How much of a server is told apart. Beyond it values are summed up under one label, so that no tenant, with 500 databases or a new
 * application name each second, makes more series than this.
 */

export const bounds = { databases: 40, sessions: 60, locks: 400, slots: 40, receivers: 40, tables: 60 } as const;

/** The label of what is summed up. No database and no role can be called that and be taken for it: it isn't theirs alone. */
export const OTHERS = '(others)';

/** Which are told apart: the first that came, for as long as they are there, so that a sum never jumps since two changed places. */
export class Chosen {
  readonly #most: number;
  #known = new Set<string>();
  #dropped = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Of those that are there now. */
  look(present: readonly string[]): void {
    const there = new Set(present);
    this.#known = new Set([...this.#known].filter(name => there.has(name)));
    for (const name of there) if (this.#known.size < this.#most) this.#known.add(name);
    this.#dropped = there.size - this.#known.size;
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  names(): string[] {
    return [...this.#known];
  }

  /** How many aren't. */
  get dropped(): number {
    return this.#dropped;
  }
}
