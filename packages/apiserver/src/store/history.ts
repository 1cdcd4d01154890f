/**
 * The recent events in memory, one log for each resource, and who waits for the next one.
 *
 * A watcher is a cursor into these logs and owns no buffer, so a slow one costs nothing: what was let go here is read from disk, and
 * what is gone there too ends the watch.
 */
import type { StoreEvent } from './store.ts';

export interface HistoryLimits {
  events: number;
  bytes: number;
}

interface Log {
  events: StoreEvent[];
  /** Events up to here, of this resource, are no longer in memory. */
  gone: number;
  waiting: Set<() => void>;
}

/** Events handed to a watcher at once: what a slow one keeps alive. */
const PAGE = 256;

export class History {
  readonly #logs = new Map<string, Log>();
  readonly #limits: HistoryLimits;
  readonly #start: number;
  /** Which log the oldest events are in, and their sizes, oldest first. */
  #order: { log: Log; bytes: number }[] = [];
  #bytes = 0;

  /** @param start the revision when the store was opened: older events are on disk only */
  constructor(limits: HistoryLimits, start: number) {
    this.#limits = limits;
    this.#start = start;
  }

  add(event: StoreEvent, bytes: number): void {
    const log = this.#logOf(event.key.resource);
    log.events.push(event);
    this.#order.push({ log, bytes });
    this.#bytes += bytes;
  }

  /** Lets the oldest go until the limits hold. */
  trim(): void {
    let drop = 0;
    while (this.#order.length - drop > this.#limits.events || this.#bytes > this.#limits.bytes) {
      const oldest = this.#order[drop++];
      if (oldest === undefined) break;
      this.#bytes -= oldest.bytes;
      oldest.log.gone = oldest.log.events.shift()?.revision ?? oldest.log.gone;
    }
    if (drop > 0) this.#order = this.#order.slice(drop);
  }

  /** Lets go of all up to `revision`: nobody may ask for it any more. */
  forget(revision: number): void {
    let drop = 0;
    for (; drop < this.#order.length; drop++) {
      const { log, bytes } = this.#order[drop] as { log: Log; bytes: number };
      const oldest = log.events[0];
      if (oldest === undefined || oldest.revision > revision) break;
      log.events.shift();
      log.gone = oldest.revision;
      this.#bytes -= bytes;
    }
    if (drop > 0) this.#order = this.#order.slice(drop);
  }

  /** The next events of `resource` after `revision`, a page at most; `undefined` when some of them are no longer here. */
  after(resource: string, revision: number): StoreEvent[] | undefined {
    const { events, gone } = this.#logOf(resource);
    if (revision < gone) return undefined;
    const from = firstAfter(events, revision);
    return events.slice(from, from + PAGE);
  }

  /** Calls `wake` once, at the next event of `resource`. Returns how to stop waiting. */
  onNext(resource: string, wake: () => void): () => void {
    const { waiting } = this.#logOf(resource);
    waiting.add(wake);
    return () => waiting.delete(wake);
  }

  wake(resources: Iterable<string>): void {
    for (const resource of resources) {
      const log = this.#logOf(resource);
      const waiting = log.waiting;
      log.waiting = new Set();
      for (const wake of waiting) wake();
    }
  }

  wakeAll(): void {
    this.wake([...this.#logs.keys()]);
  }

  #logOf(resource: string): Log {
    let log = this.#logs.get(resource);
    if (log === undefined) this.#logs.set(resource, (log = { events: [], gone: this.#start, waiting: new Set() }));
    return log;
  }
}

function firstAfter(events: StoreEvent[], revision: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle] as StoreEvent).revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
