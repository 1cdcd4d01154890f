/**
 * Fetches the log for one server in recovery: what it asks for, and what it will ask for next. Each file is verified and whole before the
 * server sees it. It may be killed at any instant.
 */
import { watch, type FSWatcher } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_SEGMENT_BYTES } from '../layout/lsn.ts';
import { parseWalName } from '../layout/wal-name.ts';
import type { Destination } from '../store/destination.ts';
import { StoreError } from '../store/errors.ts';
import { openStore, type Store } from '../store/store.ts';
import { contentOf } from './content.ts';
import { laterSegment, locateWal } from './locate.ts';
import { segmentsAhead } from './plan.ts';
import { HEADER_BYTES, readSegmentHeader, whyNotSegment } from './segment-header.ts';
import { Spool, type Wish } from './spool.ts';

export interface FetcherState {
  lastFetchedWal?: string;
  lastFetchedTime?: string;
  /** The last one that was asked for and proven not to be there: the end of the log, or a timeline that nobody has. */
  lastMissingWal?: string;
  /** In words. There until something was fetched again. */
  lastError?: string;
}

export interface FetcherOptions {
  /** Of the instance. Nobody but the plane may write to it. */
  folder: string;
  uid: number;
  gid: number;
  /** Of the server whose log this has to be. @default anybody's */
  systemIdentifier?: string;
  destination: Destination;
  /** What a segment that lacks while later ones are there is: a fault, or the end. @default refuse */
  onHole?: 'refuse' | 'end';
  /** What an earlier fetcher's `missing()` said: it stays missing, so that the log ends where it ended then, whatever came meanwhile. */
  missing?: readonly string[];
  /** How long a store that is away is waited for (ms). @default 120_000 */
  patienceMs?: number;
  /** Hears of each change. Must not throw. */
  onState?: (state: FetcherState) => void;
}

export interface Fetcher {
  state(): FetcherState;
  /** All that the server was told is not there, the last time it asked. */
  missing(): string[];
  /** Removes what was fetched and nobody took. */
  stop(): Promise<void>;
}

/** What may lie ahead of the server, in bytes. */
const AHEAD_BYTES = 8 * DEFAULT_SEGMENT_BYTES;

/** Files under way at once. */
const PARALLEL = 3;

const LOOK_MS = 1_000;

/** Answers nobody takes, and wishes nobody waits for, go then (ms). */
const STALE_MS = 600_000;

/** Resolves when wishes are heard. @throws Error when its folders can't be made */
export async function startWalFetcher(options: FetcherOptions): Promise<Fetcher> {
  const fetcher = new WalFetcher(options);
  await fetcher.start();
  return fetcher;
}

type Outcome = 'there' | 'missing';

/** Never more than one look at the wishes at a time. */
class WalFetcher implements Fetcher {
  readonly #options: FetcherOptions;
  readonly #store: Store;
  readonly #spool: Spool;
  readonly #stopping = new AbortController();
  readonly #busy = new Map<string, Promise<Outcome>>();
  /** Wishes that are being answered, or were, and are still there. */
  readonly #answering = new Map<string, { name: string; work: Promise<void> }>();
  /** What the server asked for last; what comes after it is fetched ahead. */
  #last: string | undefined;
  /** Not there when it was fetched ahead. Asked for, it is looked for again. */
  readonly #absent = new Set<string>();
  /** What the server was told is not there. */
  readonly #missing = new Set<string>();
  /** What an earlier fetcher told it: never looked for. */
  readonly #stayMissing: ReadonlySet<string>;
  #state: FetcherState = {};
  #segmentBytes = DEFAULT_SEGMENT_BYTES;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#stayMissing = new Set(options.missing);
    this.#store = openStore(options.destination, { connections: 8, silenceMs: 20_000 });
    this.#spool = new Spool(options.folder, options);
  }

  async start(): Promise<void> {
    await this.#spool.prepare();
    for (const name of this.#stayMissing) await this.#spool.remove(name);
    this.#watcher = watch(this.#spool.wishes, { persistent: false }, () => this.#look());
    this.#watcher.on('error', () => undefined);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
    this.#look();
  }

  state(): FetcherState {
    return { ...this.#state };
  }

  missing(): string[] {
    return [...this.#missing];
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the fetcher is stopped'));
    this.#watcher?.close();
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.allSettled([...[...this.#answering.values()].map(({ work }) => work), ...this.#busy.values()]);
    this.#store.close();
    for (const name of await this.#spool.files()) await this.#spool.remove(name);
  }

  #look(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = this.#pass()
      .catch((error: unknown) => this.#say({ lastError: wordsOf(error) }))
      .then(() => {
        this.#looking = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.#look();
      });
  }

  async #pass(): Promise<void> {
    const wishes = await this.#spool.read();
    const open = new Set(wishes.map(({ entry }) => entry));
    for (const { path, entry } of await this.#spool.answers()) if (!open.has(entry)) await rm(path, { force: true });
    for (const entry of this.#answering.keys()) if (!open.has(entry)) this.#answering.delete(entry);
    for (const wish of wishes) {
      if (this.#answering.has(wish.entry)) await this.#spool.removeStale(wish, STALE_MS);
      else this.#answering.set(wish.entry, { name: wish.name, work: this.#answer(wish) });
    }
  }

  /** Never throws. */
  async #answer(wish: Wish): Promise<void> {
    try {
      this.#last = wish.name;
      this.#absent.clear();
      if (!(await this.#isMissing(wish.name))) {
        this.#missing.delete(wish.name);
        return void this.#lookAhead();
      }
      this.#missing.add(wish.name);
      this.#say({ lastMissingWal: wish.name });
      await this.#spool.answer(wish, 'missing');
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#say({ lastError: wordsOf(error) });
      await this.#spool.answer(wish, 'failed').catch(() => undefined);
    }
  }

  /** @throws Error when it should be there */
  async #isMissing(name: string): Promise<boolean> {
    if (this.#stayMissing.has(name)) return true;
    if ((await this.#fetch(name)) === 'there') return false;
    await this.#checkHole(name);
    return true;
  }

  /** One fetch of a name at a time. */
  #fetch(name: string): Promise<Outcome> {
    const known = this.#busy.get(name);
    if (known) return known;
    const fetching = this.#fetchPatiently(name).finally(() => this.#busy.delete(name));
    this.#busy.set(name, fetching);
    return fetching;
  }

  async #fetchPatiently(name: string): Promise<Outcome> {
    const { patienceMs = 120_000 } = this.#options;
    const { signal } = this.#stopping;
    if ((await this.#spool.files()).includes(name)) return 'there';
    for (const deadline = performance.now() + patienceMs; ;) {
      try {
        return await this.#fetchOnce(name);
      } catch (error) {
        signal.throwIfAborted();
        const mayPass = error instanceof StoreError && error.kind === 'transient';
        if (!mayPass || performance.now() > deadline) throw error;
        this.#say({ lastError: wordsOf(error) });
      }
      await delay(500, undefined, { signal, ref: false });
    }
  }

  async #fetchOnce(name: string): Promise<Outcome> {
    const { systemIdentifier } = this.#options;
    const found = await locateWal(this.#store, name, this.#stopping.signal);
    if (!found) return 'missing';
    await this.#spool.add(name, async file => {
      let size = 0;
      let page = Buffer.alloc(0);
      for await (const chunk of contentOf(found.body, found.key)) {
        if (page.length < HEADER_BYTES) page = Buffer.concat([page, chunk.subarray(0, HEADER_BYTES)]);
        await file.writeFile(chunk);
        size += chunk.length;
      }
      if (parseWalName(name)?.kind !== 'segment') return;
      const why = whyNotSegment(name, { page, size, systemIdentifier });
      if (why !== undefined) throw new Error(`cannot use "${found.key}": ${why}`);
      this.#segmentBytes = readSegmentHeader(page)?.segmentBytes ?? this.#segmentBytes;
    });
    this.#say({ lastFetchedWal: name, lastFetchedTime: new Date().toISOString(), lastError: undefined });
    return 'there';
  }

  async #checkHole(name: string): Promise<void> {
    if (this.#options.onHole === 'end') return;
    const later = await laterSegment(this.#store, name, this.#stopping.signal);
    if (later === undefined) return;
    throw new Error(
      `the log has a hole: "${name}" is not in the bucket, but "${later}" is; ` +
        'recover to a time before it, or ask for recovery up to the hole',
    );
  }

  /** Fetches what comes after what was asked for last, and removes what came before. Never throws. */
  async #lookAhead(): Promise<void> {
    const window = segmentsAhead(this.#last ?? '', this.#segmentBytes, AHEAD_BYTES);
    if (window.length === 0) return;
    const there = await this.#spool.files().catch(() => [] as string[]);
    const places = new Set(window.map(name => name.slice(8)));
    const isWanted = (file: string): boolean =>
      parseWalName(file)?.kind === 'history' ||
      places.has(file.slice(8)) ||
      // Somebody else may have asked later for something else: a wish that a killed command left.
      [...this.#answering.values()].some(({ name }) => name === file);
    for (const file of there) if (!isWanted(file)) await this.#spool.remove(file);
    for (const next of window.slice(1)) {
      if (this.#absent.has(next) || this.#stayMissing.has(next)) return;
      if (this.#busy.size >= PARALLEL || this.#stopping.signal.aborted) return;
      if (!this.#busy.has(next) && !there.includes(next)) this.#fetchAhead(next);
    }
  }

  #fetchAhead(name: string): void {
    this.#fetch(name).then(
      outcome => {
        if (outcome === 'missing') this.#absent.add(name);
        else void this.#lookAhead();
      },
      () => this.#absent.add(name), // it is tried again when it is asked for
    );
  }

  #say(change: FetcherState): void {
    this.#state = { ...this.#state, ...change };
    if (this.#state.lastError === undefined) delete this.#state.lastError;
    this.#options.onState?.(this.state());
  }
}

function wordsOf(error: unknown): string {
  return (error as Error).message.split('\n')[0] ?? 'unknown';
}
