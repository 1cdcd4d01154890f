/**
 * A base backup: begun in the server, copied, ended, the log that it needs awaited in the bucket, and then, and only then, `backup.info`.
 * Whatever is cut short before that leaves nothing that any tool lists.
 */
import { Readable } from 'node:stream';
import { backupIdAt } from '../layout/backup-id.ts';
import { archiveKeys, type ArchiveKeys } from '../layout/keys.ts';
import { printLsn, segmentAfter, segmentAt } from '../layout/lsn.ts';
import { printSegment } from '../layout/wal-name.ts';
import type { Store } from '../store/store.ts';
import { printBackupInfo, type CompleteBackupInfo } from './backup-info.ts';
import type { Frame } from './frames.ts';
import { gzip } from './gzip.ts';
import { startReading, type Account, type Reading } from './read-child.ts';
import { readServerFacts, startBackup, stopBackup, type BackupSession, type ServerFacts } from './server-facts.ts';
import { waitForWal } from './wait-for-wal.ts';

export interface BackupOptions {
  store: Store;
  session: BackupSession;
  /** The server's account, which the reader runs as; undefined: ours. */
  account: Account;
  /** @default the server's own word, which an owner with a superuser could change */
  data?: string;
  /** Found by it, beside its id; no id and no reserved word. */
  name?: string;
  /** For people who read `backup.info`; one line each. */
  notes?: string[];
  /** @default gzip */
  compression?: 'gzip' | 'none';
  /** Whether the server writes its checkpoint as fast as it can, or spreads it over minutes. @default true */
  fast?: boolean;
  /** How long the log may take to reach the bucket (ms). @default 300_000 */
  walTimeoutMs?: number;
  /** After so many bytes a new archive begins. @default an eighth of the data, from 128 MB to 50 GB */
  partBytes?: number;
  /** Told often; never awaited. */
  progress?: (seen: BackupProgress) => void;
  signal?: AbortSignal;
  /** @default the clock */
  now?: () => Date;
}

export interface BackupProgress {
  phase: 'starting' | 'copying' | 'waitingForWal' | 'finishing';
  /** Of the data directory, before compression. */
  bytes: number;
  /** About what `bytes` will be. */
  total: number;
}

export interface WrittenBackup {
  id: string;
  info: CompleteBackupInfo;
  /** In the bucket. */
  storedBytes: number;
  /** What lies in the data directory and is no part of a database. */
  skipped: { path: string; why: string }[];
}

/** Pages that the server itself would refuse to read. */
export class DamagedPagesError extends Error {
  override name = 'DamagedPagesError';
}

/** @throws Error when no backup was made: then there is none, and what was sent is removed as far as the key may */
export async function writeBackup(options: BackupOptions): Promise<WrittenBackup> {
  options.signal?.throwIfAborted();
  return new Writing(options).run();
}

const PART_UPLOAD_BYTES = 16 * 2 ** 20;

class Writing {
  readonly #options: BackupOptions;
  readonly #keys: ArchiveKeys;
  /** The archives' keys. */
  readonly #sent: string[] = [];
  readonly #skipped: { path: string; why: string }[] = [];
  readonly #damaged: string[] = [];
  #stopped: Awaited<ReturnType<typeof stopBackup>> | undefined;
  #read = 0;
  #stored = 0;
  #total = 0;
  #size = 0;

  constructor(options: BackupOptions) {
    this.#options = options;
    this.#keys = archiveKeys(options.store.destination);
  }

  async run(): Promise<WrittenBackup> {
    const { session, signal, fast = true } = this.#options;
    const facts = await readServerFacts(session);
    this.#total = facts.bytes;
    this.#tell('starting');
    const id = await this.#freeId();
    const begin = await startBackup(session, `Larder backup ${id}`, fast);
    signal?.throwIfAborted();
    try {
      await this.#copy(id, facts, begin.lsn);
      const info = this.#info(facts, begin);
      this.#tell('waitingForWal');
      await this.#waitForWal(begin, info);
      this.#tell('finishing');
      await this.#checkSent(id);
      await this.#publish(id, info);
      return { id, info, storedBytes: this.#stored, skipped: this.#skipped };
    } catch (error) {
      await this.#options.store.remove(this.#sent).catch(() => undefined);
      signal?.throwIfAborted();
      throw error;
    }
  }

  /** Ids are seconds: two backups that begin in one get different ones. */
  async #freeId(): Promise<string> {
    const { store, now = () => new Date(), signal } = this.#options;
    for (let time = now().getTime(); ; time += 1_000) {
      const id = backupIdAt(new Date(time));
      const taken = await store.list(this.#keys.backupFolder(id), { signal })[Symbol.asyncIterator]().next();
      if (taken.done === true) return id;
    }
  }

  async #copy(id: string, facts: ServerFacts, from: bigint): Promise<void> {
    const { account, data = facts.dataDirectory, signal, partBytes = partBytesOf(facts.bytes) } = this.#options;
    const { configuration } = facts;
    const replaced = configuration === undefined ? undefined : { 'postgresql.conf': configuration };
    const checkFrom = facts.checksums ? from.toString() : undefined;
    const reading = startReading({ data, checkFrom, partBytes, replaced: replaced ?? {} }, account);
    const abort = (): void => void reading.close();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      for (let part = 0; await this.#sendPart(id, part, reading);) part++;
    } finally {
      signal?.removeEventListener('abort', abort);
      await reading.close();
    }
    if (this.#damaged.length > 0) throw damagedPages(this.#damaged);
  }

  /** True when another archive follows. */
  async #sendPart(id: string, part: number, reading: Reading): Promise<boolean> {
    const { store, compression = 'gzip', signal } = this.#options;
    const number = part === 0 ? '' : `_${String(part).padStart(4, '0')}`;
    const key = `${this.#keys.backupFolder(id)}data${number}.tar${compression === 'gzip' ? '.gz' : ''}`;
    const state = { more: false };
    const archive = this.#bytesOfPart(reading, state);
    const body = this.#counted(compression === 'gzip' ? gzip(archive) : archive);
    this.#sent.push(key);
    await store.upload(key, Readable.from(body), { partBytes: PART_UPLOAD_BYTES, signal });
    return state.more;
  }

  async *#bytesOfPart(reading: Reading, state: { more: boolean }): AsyncGenerator<Buffer> {
    for (;;) {
      const { value, done } = (await reading.frames.next()) as IteratorResult<Frame, undefined>;
      if (done === true || value.kind === 'end') {
        this.#size = value?.kind === 'end' ? value.bytes : 0;
        // The reader's own end, which may be a failure.
        if (done !== true) await reading.frames.next();
        return;
      }
      if (value.kind === 'bytes') {
        this.#read += value.bytes.length;
        this.#tell('copying');
        yield value.bytes;
      } else if (value.kind === 'part') {
        state.more = true;
        return;
      } else await this.#hear(value, reading);
    }
  }

  async #hear(frame: Exclude<Frame, { kind: 'bytes' | 'part' | 'end' }>, reading: Reading): Promise<void> {
    if (frame.kind === 'copied') {
      this.#stopped = await stopBackup(this.#options.session);
      reading.label(this.#stopped.label);
    } else if (frame.kind === 'skipped') {
      this.#skipped.push({ path: frame.path, why: frame.why });
    } else if (frame.kind === 'damaged') {
      const blocks = frame.blocks.join(', ') + (frame.count > frame.blocks.length ? ', …' : '');
      this.#damaged.push(`"${frame.path}" (block ${blocks})`);
    }
  }

  async *#counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#stored += chunk.length;
      yield chunk;
    }
  }

  #info(facts: ServerFacts, begin: Awaited<ReturnType<typeof startBackup>>): CompleteBackupInfo {
    const end = this.#stopped;
    if (!end) throw new Error('cannot back up: the reader ended before everything was read');
    const { segmentBytes } = facts;
    const name = (lsn: bigint): string => printSegment(segmentAt(lsn, begin.timeline, segmentBytes));
    return {
      beginTime: begin.time,
      endTime: end.time,
      beginWal: name(begin.lsn),
      // A backup that ends on a boundary needs nothing of the segment behind it.
      endWal: name(end.lsn - 1n),
      beginLsn: printLsn(begin.lsn),
      endLsn: printLsn(end.lsn),
      beginOffset: Number(begin.lsn % BigInt(segmentBytes)),
      endOffset: Number(end.lsn % BigInt(segmentBytes)),
      timeline: begin.timeline,
      version: facts.version,
      systemIdentifier: facts.systemIdentifier,
      tablespaces: [],
      backupLabel: end.label,
      segmentSize: segmentBytes,
      pgdata: facts.dataDirectory,
      size: this.#size,
      ...(this.#options.name === undefined ? {} : { backupName: this.#options.name }),
    };
  }

  async #waitForWal(begin: { lsn: bigint; timeline: number }, info: CompleteBackupInfo): Promise<void> {
    const { store, session, walTimeoutMs = 300_000, signal } = this.#options;
    const needed: string[] = [];
    for (let at = segmentAt(begin.lsn, begin.timeline, info.segmentSize); ;) {
      needed.push(printSegment(at));
      const next = segmentAfter(at, 1, info.segmentSize);
      if (!next || needed.at(-1)! >= info.endWal) break;
      at = next;
    }
    await waitForWal({ store, session, needed, timeoutMs: walTimeoutMs, signal });
  }

  /** Nobody but us should remove them; who does believes that we are gone. */
  async #checkSent(id: string): Promise<void> {
    const { store, signal } = this.#options;
    const there = new Set<string>();
    for await (const entry of store.list(this.#keys.backupFolder(id), { signal }))
      if (entry.kind === 'object') there.add(entry.key);
    const missing = this.#sent.find(key => !there.has(key));
    if (missing !== undefined)
      throw new Error(
        `cannot finish the backup ${id}: "${missing}" was removed meanwhile; does another server or plane use this archive?`,
      );
  }

  async #publish(id: string, info: CompleteBackupInfo): Promise<void> {
    const { store, notes, signal } = this.#options;
    signal?.throwIfAborted();
    const text = Buffer.from(printBackupInfo(info, notes));
    if ((await store.put(this.#keys.backupInfo(id), text, { ifAbsent: true })) === 'stored') return;
    // An earlier trial of this very call may have put it there, and its answer got lost.
    const there = await store.read(this.#keys.backupInfo(id), 2 ** 20);
    if (!there?.equals(text))
      throw new Error(`cannot finish the backup ${id}: somebody else has written one of that name`);
  }

  #tell(phase: BackupProgress['phase']): void {
    this.#options.progress?.({ phase, bytes: this.#read, total: Math.max(this.#total, this.#read) });
  }
}

function partBytesOf(bytes: number): number {
  return Math.min(50e9, Math.max(128 * 2 ** 20, Math.ceil(bytes / 8)));
}

function damagedPages(files: string[]): DamagedPagesError {
  const named = files.slice(0, 3).join(', ') + (files.length > 3 ? ` and ${files.length - 3} more files` : '');
  return new DamagedPagesError(
    `cannot back up: pages of ${named} are damaged on the disk; the backups that exist are kept: restore one, or mend the tables`,
  );
}
