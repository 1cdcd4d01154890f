/** What servers ask of the machine, all together: who came first has it, and what is more than there is isn't accepted. */
import type { PostgresServerSpec } from '@larder/catalog';
import type { Capacity } from './machine.ts';

export type Requested = NonNullable<PostgresServerSpec['requests']>;

export class Requests {
  readonly #capacity: Capacity;
  readonly #taken = new Map<string, Requested>();
  readonly #refused = new Set<string>();

  constructor(capacity: Capacity, taken: Iterable<[string, Requested]> = []) {
    this.#capacity = capacity;
    for (const [server, requested] of taken) this.#taken.set(server, requested);
  }

  /** Takes it, or says in words why it can't be had: then the server has what it had before. May be asked again. */
  take(server: string, wanted: Requested = {}): string | undefined {
    const others = [...this.#taken].filter(([name]) => name !== server).map(([, requested]) => requested);
    const had = this.#taken.get(server) ?? {};
    const problem =
      tooMuch({ ...memory, wanted, had, others, there: this.#capacity.memoryBytes }) ??
      tooMuch({ ...cpu, wanted, had, others, there: this.#capacity.cpus * 1_000 });
    if (problem === undefined) {
      this.#refused.delete(server);
      this.#taken.set(server, wanted);
    } else {
      this.#refused.add(server);
    }
    return problem;
  }

  /** Gives it back. Returns the servers for which there may be room now. */
  release(server: string): string[] {
    this.#taken.delete(server);
    this.#refused.delete(server);
    return [...this.#refused];
  }
}

interface Resource {
  field: keyof Requested;
  name: string;
  text: (amount: number) => string;
}

const memory: Resource = { field: 'memoryBytes', name: 'memory', text: bytes => `${Math.floor(bytes / 2 ** 20)}Mi` };
const cpu: Resource = { field: 'milliCpu', name: 'cpu', text: milli => `${milli}m` };

interface Wish extends Resource {
  wanted: Requested;
  had: Requested;
  others: Requested[];
  there: number;
}

/** What a server has already stays its own, also on a machine that became smaller. */
function tooMuch({ field, name, text, wanted, had, others, there }: Wish): string | undefined {
  const wish = wanted[field] ?? 0;
  const taken = others.reduce((sum, requested) => sum + (requested[field] ?? 0), 0);
  if (wish <= (had[field] ?? 0) || taken + wish <= there) return undefined;
  return (
    `resources.requests.${name}: "${text(wish)}" does not fit: of the ${text(there)} of this machine others have requested ` +
    `${text(taken)}, and ${text(Math.max(0, there - taken))} are left; choose less, or remove an instance`
  );
}
