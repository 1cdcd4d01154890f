/**
 * Archives the log of one server, as long as it runs: it looks ahead in `archive_status`, sends several files at once, and acknowledges
 * each when it and all before it are durable. Many of them share one process; it may be killed at any instant.
 *
 * A file is *ready* (the server wants it archived), *busy* (on its way), *durable* (in the bucket for certain), *marked* (acknowledged:
 * `archive_command` succeeds), and forgotten when the server has taken note. Only `#pass` moves files to marked and forgotten, one pass at a
 * time. While it *fails*, one file is tried at a time, after a pause that doubles.
 */
import { parseWalName } from '../layout/wal-name.ts';
import { StoreError } from '../store/errors.ts';
import type { SharedConnections } from '../store/connection.ts';
import { openStore, type Store } from '../store/store.ts';
import type { Destination } from '../store/destination.ts';
import { Markers } from './markers.ts';
import { planArchiving } from './plan.ts';
import { sendFile, type Sent } from './send.ts';
import { Slots } from './slots.ts';
import { ArchiveStatus } from './watch.ts';

export interface ArchiverState {
  /** Of those that were acknowledged, the last. */
  lastArchivedWal?: string;
  lastArchivedTime?: string;
  /** When the server wrote to the last segment that is stored: what was committed before is in the bucket. */
  archivedUpTo?: string;
  lastFailedWal?: string;
  lastFailedTime?: string;
  /** In words. There as long as it lasts. */
  lastError?: string;
  /** How many the server wants archived that aren't acknowledged. */
  waiting: number;
}

export interface ArchiverOptions {
  /** Of the instance, with `data` in it. Nobody but the plane may write to it. */
  folder: string;
  uid: number;
  gid: number;
  /** Of the server whose log this has to be. */
  systemIdentifier: string;
  destination: Destination;
  /** Shared by all archivers of a process. */
  slots: Slots;
  /** Likewise. @default connections of its own */
  shared?: SharedConnections;
  /** What an earlier archiver said. */
  previous?: ArchiverState;
  /** Hears of each change. Must not throw. */
  onState?: (state: ArchiverState) => void;
  /** @default the clock */
  now?: () => Date;
  /** The pause after the first failure (ms); doubles up to `longestPauseMs`. @default 1_000 */
  firstPauseMs?: number;
  /** @default 30_000 */
  longestPauseMs?: number;
}

export interface Archiver {
  state(): ArchiverState;
  /** Looks now, without waiting for news. */
  look(): void;
  /** Gives up what is under way. What is durable stays so. */
  stop(): Promise<void>;
}

/** How many files of all servers are in memory at once, by default. */
export function newArchiverSlots(limit = 3): Slots {
  return new Slots(limit);
}

/** Files of one server that are under way or wait for an older one. */
const LOOK_AHEAD = 6;

/** Of one server: a slow store never has all slots. */
const AT_ONCE = 2;

/** Between two looks when there is no news (ms). */
const LOOK_MS = 10_000;
const UNWATCHED_LOOK_MS = 500;

/** How long a file that isn't there is left alone (ms). */
const GONE_MS = 5_000;

/** From then on `archive_command` need not wait (ms). */
const LATE_MS = 1_500;

/** Begins at once. Never throws: what goes wrong is in its state. */
export function startArchiver(options: ArchiverOptions): Archiver {
  return new LogArchiver(options);
}

class LogArchiver implements Archiver {
  readonly #options: ArchiverOptions;
  readonly #store: Store;
  readonly #markers: Markers;
  readonly #status: ArchiveStatus;
  readonly #stopping = new AbortController();
  readonly #durable = new Map<string, Date>();
  /** With when it began. */
  readonly #busy = new Map<string, { since: number; work: Promise<void> }>();
  /** Wanted, but not there: until when they are left alone. The server takes such a wish back by itself. */
  readonly #gone = new Map<string, number>();
  #state: ArchiverState;
  #pauseMs = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #passing: Promise<void> | undefined;
  #again = false;

  constructor(options: ArchiverOptions) {
    this.#options = options;
    const { destination, shared } = options;
    this.#store = openStore(destination, { connections: 4, silenceMs: 20_000, retry: { attempts: 3 }, shared });
    this.#markers = new Markers(options.folder, options);
    this.#status = new ArchiveStatus(options.folder, () => this.look());
    this.#state = { ...options.previous, waiting: options.previous?.waiting ?? 0 };
    this.look();
  }

  state(): ArchiverState {
    return { ...this.#state };
  }

  look(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#passing) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#passing = this.#pass()
      .catch((error: unknown) => this.#fail(error))
      .then(() => {
        this.#passing = undefined;
        if (this.#again) {
          this.#again = false;
          this.look();
        } else this.#schedule();
      });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the archiver is stopped'));
    clearTimeout(this.#timer);
    this.#status.close();
    await this.#passing;
    await Promise.all([...this.#busy.values()].map(({ work }) => work));
    clearTimeout(this.#timer);
    this.#store.close();
  }

  async #pass(): Promise<void> {
    const marked = await this.#markers.names();
    const ready = await this.#status.read(marked);
    for (const [name, until] of this.#gone) if (until < performance.now()) this.#gone.delete(name);
    ready.first = ready.first.filter(name => !this.#gone.has(name));
    const wanted = new Set(ready.first);
    for (const name of this.#durable.keys()) if (!wanted.has(name)) this.#durable.delete(name);
    const plan = planArchiving({
      ready: [...ready.first, ...[...ready.still].filter(name => !wanted.has(name))],
      marked,
      durable: new Set(this.#durable.keys()),
      busy: new Set(this.#busy.keys()),
      lookAhead: this.#pauseMs > 0 ? 1 : LOOK_AHEAD,
    });
    for (const name of plan.forget) await this.#markers.remove(name);
    for (const name of plan.acknowledge) await this.#acknowledge(name);
    const room = performance.now() >= this.#pausedUntil ? Math.max(0, AT_ONCE - this.#busy.size) : 0;
    for (const name of plan.begin.slice(0, room)) this.#begin(name);
    if (plan.waiting === 0 && this.#busy.size === 0) this.#recover();
    const unseen = ready.count - this.#gone.size - ready.first.length;
    await this.#markers.setLate(plan.waiting > 0 && this.#isLate());
    this.#say({ waiting: plan.waiting + Math.max(0, unseen) });
  }

  async #acknowledge(name: string): Promise<void> {
    await this.#markers.add(name);
    const written = this.#durable.get(name);
    this.#durable.delete(name);
    const upTo = written && parseWalName(name)?.kind === 'segment' ? { archivedUpTo: written.toISOString() } : {};
    this.#say({ lastArchivedWal: name, lastArchivedTime: this.#now(), ...upTo });
  }

  #begin(name: string): void {
    const work = this.#send(name)
      .then(
        outcome => this.#succeed(name, outcome),
        (error: unknown) => this.#fail(error, name),
      )
      .then(() => {
        this.#busy.delete(name);
        this.look();
      });
    this.#busy.set(name, { since: performance.now(), work });
  }

  async #send(name: string): Promise<Sent> {
    const { slots, ...options } = this.#options;
    const { signal } = this.#stopping;
    // A store that was away is asked first, so that it doesn't hold what others need.
    if (this.#pauseMs > 0) await this.#store.check(signal);
    return slots.run(async scratch => {
      signal.throwIfAborted();
      return sendFile(name, { ...options, store: this.#store, scratch, signal });
    });
  }

  #succeed(name: string, sent: Sent): void {
    if (sent === 'gone') this.#gone.set(name, performance.now() + GONE_MS);
    else this.#durable.set(name, sent.written);
    this.#recover();
  }

  #recover(): void {
    this.#pauseMs = 0;
    this.#pausedUntil = 0;
    if (this.#state.lastError !== undefined) this.#say({ lastError: undefined });
  }

  #fail(error: unknown, name?: string): void {
    if (this.#stopping.signal.aborted) return;
    const { firstPauseMs = 1_000, longestPauseMs = 30_000 } = this.#options;
    // Files that were under way together fail together: that is one failure.
    if (performance.now() >= this.#pausedUntil) {
      this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs === 0 ? firstPauseMs : this.#pauseMs * 2);
      this.#pausedUntil = performance.now() + this.#pauseMs * (0.75 + Math.random() / 4);
    }
    const lastError = error instanceof StoreError ? error.message : (error as Error).message.split('\n')[0];
    this.#say({ lastError, lastFailedTime: this.#now(), ...(name === undefined ? {} : { lastFailedWal: name }) });
  }

  #isLate(): boolean {
    const oldest = Math.min(...[...this.#busy.values()].map(({ since }) => since));
    return this.#pauseMs > 0 || performance.now() - oldest >= LATE_MS;
  }

  #schedule(): void {
    if (this.#stopping.signal.aborted) return;
    const now = performance.now();
    const pauses = this.#pausedUntil > now ? [this.#pausedUntil - now + 1] : [];
    const late = this.#busy.size > 0 && !this.#isLate() ? [LATE_MS] : [];
    const look = this.#status.isWatched ? LOOK_MS * (0.75 + Math.random() / 2) : UNWATCHED_LOOK_MS;
    this.#timer = setTimeout(() => this.look(), Math.min(look, ...pauses, ...late));
    this.#timer.unref();
  }

  #say(change: Partial<ArchiverState>): void {
    const before = JSON.stringify(this.#state);
    this.#state = { ...this.#state, ...change };
    if (this.#state.lastError === undefined) delete this.#state.lastError;
    if (JSON.stringify(this.#state) !== before) this.#options.onState?.(this.state());
  }

  #now(): string {
    return (this.#options.now?.() ?? new Date()).toISOString();
  }
}
