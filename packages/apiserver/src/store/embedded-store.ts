/**
 * The store: decides commits, makes many of them durable in one fsync, and serves reads and watches from memory.
 *
 * A change is decided against everything queued before it, so two writers never both win. It becomes visible, to reads, watches and
 * its own writer alike, when it is durable and not before. When the disk refuses, all that is queued is refused with it, since it was
 * decided on top of what failed; revisions given out for it are never used again. Whether a failed write reached the disk after all is
 * asked of the disk; until that is known the batch is in doubt and nothing is written on top of it.
 */
import { commitChannel, type CommitObserved } from './observe.ts';
import { decide, storedOf, type Effect } from './decide.ts';
import { CompactedError, StoreClosedError, StoreConflictError } from './errors.ts';
import type { StoreFile } from './file.ts';
import { History, type HistoryLimits } from './history.ts';
import type { Mark } from './mark.ts';
import { wholeIdOf, type Objects } from './objects.ts';
import type { Record } from './record.ts';
import type { Change, Store, Stored, StoreKey, StoreWatchOptions } from './store.ts';
import { unavailable } from './trouble.ts';
import { watchFrom, type WatchItem, type WatchSource } from './watch.ts';

/** A commit that was decided and waits for the disk. */
interface Pending {
  effects: Effect[];
  /** Resolves once durable. */
  durable: Promise<void>;
  settle(failure?: Error): void;
}

/** One transaction's changes and characters of JSON: more would block the event loop while they are handed to SQLite. */
const BATCH = { changes: 500, characters: 2_000_000 };

export interface EmbeddedStoreOptions {
  file: StoreFile;
  objects: Objects;
  mark: Mark;
  revision: number;
  compacted: number;
  keepEvents: number;
  memory: HistoryLimits;
}

export class EmbeddedStore implements Store {
  readonly #file: StoreFile;
  readonly #objects: Objects;
  readonly #history: History;
  readonly #mark: Mark;
  readonly #keepEvents: number;
  #revision: number;
  #compacted: number;
  /** The last revision that was given to anything, durable or not. */
  #given: number;
  #queue: Pending[] = [];
  /** What queued commits make of the objects they touch; the newest wins. */
  readonly #ahead = new Map<string, { by: Pending; stored: Stored | undefined }>();
  #writing: Promise<void> | undefined;
  #doubtful: Pending[] | undefined;
  #resolving: Promise<void> | undefined;
  #compacting: Promise<void> | undefined;
  #closed = false;
  #release: () => Promise<void> = async () => undefined;

  constructor(options: EmbeddedStoreOptions) {
    this.#file = options.file;
    this.#objects = options.objects;
    this.#mark = options.mark;
    this.#keepEvents = options.keepEvents;
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
    if (this.#doubtful !== undefined) await (this.#resolving ??= this.#resolveDoubt());
    if (this.#closed) throw new StoreClosedError();
    const decision = decide(changes, key => this.#latest(key), this.#given);
    if (decision.kind === 'conflict') {
      const { key, expected, current } = decision;
      // Lost against a commit that isn't durable: the answer may only be seen once that is true.
      await this.#ahead.get(wholeIdOf(key))?.by.durable;
      throw new StoreConflictError(key, expected, current);
    }
    if (changes.length > 0) {
      const start = performance.now();
      let failed = true;
      try {
        await this.#enqueue(decision.effects).durable;
        failed = false;
      } finally {
        const seconds = (performance.now() - start) / 1_000;
        if (commitChannel.hasSubscribers) commitChannel.publish({ seconds, failed } satisfies CommitObserved);
      }
    }
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

  /** Lets go of the events up to `to`. A disk that refuses only postpones that. */
  async compact(to: number): Promise<void> {
    await this.#compacting;
    if (this.#closed || this.#doubtful !== undefined || to <= this.#compacted) return;
    // First in memory, so that no watcher takes a page from disk with rows missing for all there is.
    this.#compacted = to;
    this.#history.forget(to);
    this.#compacting = this.#file.compact(to).catch(() => undefined);
    await this.#compacting;
    this.#compacting = undefined;
  }

  /** What else to end with the store. */
  onClose(release: () => Promise<void>): void {
    this.#release = release;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#history.wakeAll();
    await this.#writing;
    await this.#compacting;
    await this.#release();
  }

  #latest(key: StoreKey): Stored | undefined {
    const ahead = this.#ahead.get(wholeIdOf(key));
    return ahead === undefined ? this.#objects.get(key) : ahead.stored;
  }

  #enqueue(effects: Effect[]): Pending {
    const pending = pendingOf(effects);
    this.#given += effects.length;
    for (const { event } of effects) this.#ahead.set(wholeIdOf(event.key), { by: pending, stored: storedOf(event) });
    this.#queue.push(pending);
    this.#writing ??= this.#writeQueue();
    return pending;
  }

  async #writeQueue(): Promise<void> {
    // Whoever writes in this same turn of the event loop comes along.
    await new Promise(resolve => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = takeBatch(this.#queue);
      const written = await this.#file.append(recordsOf(batch)).then(
        () => ({ ok: true }) as const,
        (cause: unknown) => ({ ok: false, cause }) as const,
      );
      if (written.ok) this.#publish(batch);
      else await this.#findOut(batch, written.cause);
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
        const id = wholeIdOf(event.key);
        if (this.#ahead.get(id)?.by === pending) this.#ahead.delete(id);
      }
    }
    this.#mark.set(this.#revision);
    for (const pending of batch) pending.settle();
    this.#history.trim();
    this.#history.wake(touched);
    // A tenth more than is kept, so that not every commit is followed by a compaction.
    const surplus = this.#revision - this.#compacted - this.#keepEvents;
    if (surplus > this.#keepEvents / 10 && this.#compacting === undefined) void this.compact(this.#compacted + surplus);
  }

  /** After a failed write: publishes it if it reached the disk after all, else refuses it, and in either case what was queued on it. */
  async #findOut(batch: Pending[], cause: unknown): Promise<void> {
    this.#doubtful = batch;
    const queued = this.#queue.splice(0);
    this.#ahead.clear();
    await this.#resolveDoubt().catch(() => undefined);
    const failure = unavailable('write to', this.#file.path, cause);
    for (const pending of [...batch, ...queued]) pending.settle(failure);
  }

  async #resolveDoubt(): Promise<void> {
    try {
      const durable = await this.#file.recover();
      const batch = this.#doubtful;
      this.#doubtful = undefined;
      if (batch !== undefined && durable > this.#revision) this.#publish(batch);
    } catch (cause) {
      throw unavailable('write to', this.#file.path, cause);
    } finally {
      this.#resolving = undefined;
    }
  }

  #watchSource(): WatchSource {
    return {
      revision: () => this.#revision,
      compacted: () => this.#compacted,
      history: this.#history,
      eventsOnDisk: (resource, since, to) => this.#file.eventsAfter(resource, since, to),
      closed: () => this.#closed,
    };
  }
}

/** The oldest of the queue, as many as fit one transaction; one commit is never split. */
function takeBatch(queue: Pending[]): Pending[] {
  let count = 0;
  let changes = 0;
  let characters = 0;
  while (count < queue.length && changes < BATCH.changes && characters < BATCH.characters) {
    const { effects } = queue[count++] as Pending;
    changes += effects.length;
    for (const { record } of effects) characters += record.text?.length ?? 0;
  }
  return queue.splice(0, count);
}

function recordsOf(batch: Pending[]): Record[] {
  return batch.flatMap(({ effects }) => effects.map(({ record }) => record));
}

function pendingOf(effects: Effect[]): Pending {
  let settle: Pending['settle'] = () => undefined;
  const durable = new Promise<void>((resolve, reject) => {
    settle = failure => (failure === undefined ? resolve() : reject(failure));
  });
  return { effects, durable, settle };
}
