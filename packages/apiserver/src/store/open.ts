/**
 * Opening a store: takes the lock, makes what isn't there, proves what is, and loads the current objects.
 *
 * Nothing is repaired here and nothing is thrown away: files that can't be trusted stay as they are, and the error says so.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findCopy } from './copy.ts';
import { EmbeddedStore } from './embedded-store.ts';
import { StoreDamagedError, StoreLockedError, StoreTooNewError } from './errors.ts';
import { StoreFile } from './file.ts';
import { ensureFile, ensureFolder, settleFile } from './folder.ts';
import { createLayout, type Tally } from './layout.ts';
import { lockStore } from './lock.ts';
import { Mark, readMark } from './mark.ts';
import { Objects, wholeIdOf } from './objects.ts';
import type { Record } from './record.ts';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';
import { unavailable } from './trouble.ts';
import { startUpkeep } from './upkeep.ts';
import { valueOf } from './value.ts';

export interface OpenStoreOptions {
  /** Made (0700) when it isn't there. One process at a time. */
  folder: string;
  /** Events older than one to two of these are let go (ms). @default 300_000 */
  keepMs?: number;
  /** More events than this are let go even when they are young. @default 10_000 */
  keepEvents?: number;
  /** Of these, so many are kept in memory, where JSON takes four times its text. @default 1_000 events, 1 MB of JSON */
  memory?: { events: number; bytes: number };
  /** How old the copy beside the store may get (ms). @default 3_600_000 */
  copyEveryMs?: number;
  /** Told what an operator should know and nobody is waiting for: a copy that could not be made. */
  notice?: (text: string) => void;
}

/**
 * Opens the store in `folder`, proven whole.
 * @throws StoreLockedError, StoreDamagedError, StoreTooNewError, StoreUnavailableError: each says what to do
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { folder } = options;
  try {
    await ensureFolder(folder);
    const lock = await lockStore(folder);
    try {
      return await openLocked(options, () => lock.release());
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw await inWords(folder, error);
  }
}

async function openLocked(options: OpenStoreOptions, release: () => Promise<void>): Promise<Store> {
  const { folder, keepEvents = 10_000, memory = { events: 1_000, bytes: 1024 * 1024 } } = options;
  const path = join(folder, 'store.db');
  await ensureDatabase(folder);
  // Proven before anything of ours may write to it: a damaged store is left as it was found.
  const { objects, tally } = await load(path);
  checkAgainstMark(folder, tally);
  const file = await StoreFile.open(path);
  const mark = new Mark(join(folder, 'store.mark'));
  const store: EmbeddedStore = new EmbeddedStore({ file, objects, mark, keepEvents, memory, ...tally });
  const upkeep = startUpkeep({
    folder,
    keepMs: options.keepMs ?? 300_000,
    copyEveryMs: options.copyEveryMs ?? 3_600_000,
    revision: () => store.revision,
    compact: to => store.compact(to),
    notice: options.notice ?? (() => undefined),
  });
  store.onClose(async () => {
    await upkeep.stop();
    await file.close();
    mark.close();
    await release();
  });
  return store;
}

/** Makes the database, whole or not at all, so that an empty one is always a damaged one. */
async function ensureDatabase(folder: string): Promise<void> {
  const path = join(folder, 'store.db');
  const names = await readdir(folder);
  // SQLite takes an empty file for a new database, and throws away the log beside it.
  if (names.includes('store.db') && (await stat(path)).size === 0) throw new StoreDamagedError(path, 'it is empty');
  if (names.includes('store.db')) return;
  const left = ['store.db.bak', 'store.mark', 'store.db-wal'].find(name => names.includes(name));
  if (left !== undefined) throw new StoreDamagedError(path, `it is gone, but "${left}" is there`);
  const fresh = join(folder, 'store.db.new');
  await rm(fresh, { force: true });
  await ensureFile(fresh);
  const db = openSqlite(fresh);
  try {
    await createLayout(db);
  } finally {
    db.close();
  }
  await settleFile(fresh, path);
}

async function load(path: string): Promise<{ objects: Objects; tally: Tally }> {
  const file = await StoreFile.open(path, 'readOnly');
  const newest = new Map<string, Record>();
  let tally: Tally;
  try {
    tally = await file.readAll(record => {
      newest.set(wholeIdOf(record.key), record);
    });
  } finally {
    await file.close();
  }
  const objects = new Objects();
  for (const { key, revision, text } of newest.values()) {
    if (text !== null) objects.put({ key, revision, value: valueOf(text) });
  }
  return { objects, tally };
}

function checkAgainstMark(folder: string, tally: Tally): void {
  const acknowledged = readMark(join(folder, 'store.mark'));
  if (acknowledged <= tally.revision) return;
  const problem = `it ends at revision ${tally.revision}, but ${acknowledged} was acknowledged ("store.mark")`;
  throw new StoreDamagedError(join(folder, 'store.db'), problem);
}

/** Every way that opening fails, as an error of ours that says what to do. */
async function inWords(folder: string, error: unknown): Promise<unknown> {
  if (error instanceof StoreDamagedError)
    return new StoreDamagedError(error.path, error.problem, await findCopy(folder));
  if (error instanceof StoreLockedError || error instanceof StoreTooNewError) return error;
  return unavailable('open', join(folder, 'store.db'), error);
}
