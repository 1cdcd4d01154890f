/**
 * The store: decides commits, makes many of them durable in one fsync, and serves reads and watches from memory.
 *
 * A change is decided against everything queued before it, so two writers never both win. It becomes visible, to reads, watches and
 * its own writer alike, when it is durable and not before. When the disk refuses, all that is queued is refused with it, since it was
 * decided on top of what failed; revisions given out for it are never used again.
 */
import { decide, storedOf, type Effect } from './decide.ts';
import { CompactedError, StoreClosedError, StoreConflictError, StoreUnavailableError } from './errors.ts';
import type { StoreFile } from './file.ts';
import { History, type HistoryLimits } from './history.ts';
import { idOf, type Objects } from './objects.ts';
import type { Change, Store, Stored, StoreKey, StoreWatchOptions } from './store.ts';
import { watchFrom, type WatchItem, type WatchSource } from './watch.ts';

/** A commit that was decided and waits for the disk. */
interface Pending {
  effects: Effect[];
  /** Resolves once durable. */
  durable: Promise<void>;
  settle(failure?: Error): void;
}

/** Changes in one transaction: more would block the event loop for long while they are handed to SQLite. */
const BATCH = 500;

export interface EmbeddedStoreOptions {
  file: StoreFile;
  objects: Objects;
  revision: number;
  compacted: number;
  memory: HistoryLimits;
}

export class EmbeddedStore implements Store {
  readonly #file: StoreFile;
  readonly #objects: Objects;
  readonly #history: History;
  readonly #closing = new AbortController();
  #revision: number;
  #compacted: number;
  /** The last revision that was given to anything, durable or not. */
  #given: number;
  #queue: Pending[] = [];
  /** What queued commits make of the objects they touch; the newest wins. */
  readonly #ahead = new Map<string, { by: Pending; stored: Stored | undefined }>();
  #writing: Promise<void> | undefined;

  constructor(options: EmbeddedStoreOptions) {
    this.#file = options.file;
    this.#objects = options.objects;
    this.#revision = this.#given = options.revision;
    this.#compacted = options.compacted;
    this.#history = new History(options.memory, options.revision);
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#compacted;
  }

  get(key: StoreKey): Stored | undefined {
    return this.#objects.get(key);
  }

  list(resource: string, namespace?: string): { items: Stored[]; revision: number } {
    return { items: this.#objects.list(resource, namespace), revision: this.#revision };
  }

  async commit(changes: Change[]): Promise<Stored[]> {
    if (this.#closing.signal.aborted) throw new StoreClosedError();
    const decision = decide(changes, key => this.#latest(key), this.#given);
    if (decision.kind === 'conflict') {
      const { key, expected, current } = decision;
      // Lost against a commit that isn't durable: the answer may only be seen once that is true.
      await this.#ahead.get(wholeId(key))?.by.durable;
      throw new StoreConflictError(key, expected, current);
    }
    const pending = pendingOf(decision.effects);
    this.#given += decision.effects.length;
    for (const { event } of decision.effects) {
      this.#ahead.set(wholeId(event.key), { by: pending, stored: storedOf(event) });
    }
    this.#queue.push(pending);
    this.#writing ??= this.#writeQueue();
    await pending.durable;
    return decision.effects.map(({ event: { key, revision, value } }) => ({ key, revision, value }));
  }

  watch(resource: string, options: StoreWatchOptions): AsyncIterable<WatchItem> {
    const { since } = options;
    // A revision ahead of ours is from another life of this store: its watcher must list again too.
    if (since < this.#compacted || since > this.#revision) {
      throw new CompactedError(since, this.#compacted, this.#revision);
    }
    return watchFrom(this.#watchSource(), resource, options);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#writing;
    await this.#file.close();
  }

  #latest(key: StoreKey): Stored | undefined {
    const ahead = this.#ahead.get(wholeId(key));
    return ahead === undefined ? this.#objects.get(key) : ahead.stored;
  }

  async #writeQueue(): Promise<void> {
    // Whoever writes in this same turn of the event loop comes along.
    await new Promise(resolve => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = takeBatch(this.#queue);
      try {
        await this.#file.append(batch.flatMap(({ effects }) => effects.map(({ record }) => record)));
      } catch (cause) {
        this.#refuse(batch, cause);
        continue;
      }
      this.#publish(batch);
    }
    this.#writing = undefined;
  }

  #publish(batch: Pending[]): void {
    const touched = new Set<string>();
    for (const pending of batch) {
      for (const { event, record } of pending.effects) {
        if (event.type === 'put') this.#objects.put({ key: event.key, revision: event.revision, value: event.value });
        else this.#objects.delete(event.key);
        this.#history.add(event, record.text?.length ?? 0);
        this.#revision = event.revision;
        touched.add(event.key.resource);
        if (this.#ahead.get(wholeId(event.key))?.by === pending) this.#ahead.delete(wholeId(event.key));
      }
      pending.settle();
    }
    this.#history.trim();
    this.#history.wake(touched);
  }

  #refuse(batch: Pending[], cause: unknown): void {
    const refused = [...batch, ...this.#queue];
    this.#queue = [];
    this.#ahead.clear();
    const failure = new StoreUnavailableError(`cannot write to "${this.#file.path}": ${String(cause)}`, { cause });
    for (const pending of refused) pending.settle(failure);
  }

  #watchSource(): WatchSource {
    return {
      revision: () => this.#revision,
      compacted: () => this.#compacted,
      history: this.#history,
      eventsOnDisk: (resource, since, to) => this.#file.eventsAfter(resource, since, to),
      closed: this.#closing.signal,
    };
  }
}

/** The oldest of the queue, as many as fit one transaction; one commit is never split. */
function takeBatch(queue: Pending[]): Pending[] {
  let count = 0;
  let changes = 0;
  do changes += queue[count++]?.effects.length ?? 0;
  while (count < queue.length && changes < BATCH);
  return queue.splice(0, count);
}

function pendingOf(effects: Effect[]): Pending {
  let settle: Pending['settle'] = () => undefined;
  const durable = new Promise<void>((resolve, reject) => {
    settle = failure => (failure === undefined ? resolve() : reject(failure));
  });
  return { effects, durable, settle };
}

function wholeId(key: StoreKey): string {
  return `${key.resource}\u0000${idOf(key)}`;
}
