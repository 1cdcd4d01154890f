/**
 * The copy of the store that is kept beside it, `store.db.bak`: whole, proven, and never replaced by anything that isn't.
 *
 * It is what one goes back to when the store itself is damaged: by hand, since what was written after it is lost by that.
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { spell, type StoreCopy } from './errors.ts';
import { StoreFile } from './file.ts';
import { ensureFile, settleFile, syncFolder } from './folder.ts';
import { lockStore } from './lock.ts';
import type { Record } from './record.ts';
import { openSqlite } from './sqlite.ts';
import type { StoreKey } from './store.ts';

/** More revisions than were ever written between a copy and the damage. */
const LEAP = 1_000_000_000;

/** Makes the copy new, from one moment of a store in use; commits go on meanwhile. */
export async function copyStore(folder: string): Promise<void> {
  const fresh = join(folder, 'store.db.bak.new');
  await rm(fresh, { force: true });
  await vacuumInto(join(folder, 'store.db'), fresh);
  await proveWhole(fresh);
  await settleFile(fresh, join(folder, 'store.db.bak'));
}

export async function findCopy(folder: string): Promise<StoreCopy | undefined> {
  const path = join(folder, 'store.db.bak');
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? undefined : { path, time: found.mtime };
}

/** What a copy holds: when it was made, and which objects there were. @throws StoreDamagedError when the copy is damaged too */
export async function readStoreCopy(folder: string): Promise<{ copy: StoreCopy; keys: StoreKey[] } | undefined> {
  const copy = await findCopy(folder);
  if (copy === undefined) return undefined;
  const newest = new Map<string, Record>();
  await readWhole(copy.path, record => newest.set(spell(record.key), record));
  const there = [...newest.values()].filter(({ text }) => text !== null);
  return { copy, keys: there.map(({ key }) => key) };
}

/**
 * Puts the copy in the place of a damaged store. The damaged files are kept in a folder beside; revisions go on far ahead of any that
 * was given out, so every watcher lists again.
 * @throws StoreLockedError when the store is open, StoreDamagedError when the copy is damaged too
 */
export async function restoreStoreCopy(folder: string): Promise<{ copy: StoreCopy; damagedFolder: string }> {
  const lock = await lockStore(folder);
  try {
    const copy = await findCopy(folder);
    if (copy === undefined) throw new Error(`cannot restore the store in "${folder}": there is no copy "store.db.bak"`);
    const fresh = join(folder, 'store.db.new');
    await rm(fresh, { force: true });
    await proveWhole(copy.path);
    await vacuumInto(copy.path, fresh);
    await leap(fresh);
    await assertNoLog(fresh);
    const damagedFolder = await moveAway(folder);
    await settleFile(fresh, join(folder, 'store.db'));
    await removeLog(fresh);
    return { copy, damagedFolder };
  } finally {
    await lock.release();
  }
}

async function vacuumInto(from: string, to: string): Promise<void> {
  await ensureFile(to); // with our permissions, before SQLite would make it with the umask's
  const db = openSqlite(from);
  try {
    await db.exec(`VACUUM INTO '${to.replaceAll("'", "''")}'`);
  } finally {
    db.close();
  }
}

function proveWhole(path: string): Promise<void> {
  return readWhole(path, () => undefined);
}

async function readWhole(path: string, visit: (record: Record) => void): Promise<void> {
  const file = await StoreFile.open(path, 'immutable');
  try {
    await file.readAll(visit);
  } finally {
    await file.close();
  }
}

async function leap(path: string): Promise<void> {
  const file = await StoreFile.open(path);
  try {
    await file.leap(LEAP);
  } finally {
    await file.close();
  }
}

/** Only the file gets its new name: whatever were still in the log beside it would be lost. */
async function assertNoLog(path: string): Promise<void> {
  const log = await stat(`${path}-wal`).catch(() => undefined);
  if (log !== undefined && log.size > 0)
    throw new Error(`cannot restore the store: "${path}-wal" couldn't be brought into its file; is the disk full?`);
}

/** SQLite would remove these when the last connection closes, which is when the garbage collector comes. */
async function removeLog(path: string): Promise<void> {
  for (const suffix of ['-wal', '-shm']) await rm(`${path}${suffix}`, { force: true });
}

async function moveAway(folder: string): Promise<string> {
  const damagedFolder = join(folder, `damaged-${new Date().toISOString().replaceAll(':', '')}`);
  await mkdir(damagedFolder, { mode: 0o700 });
  const damaged = ['store.db', 'store.db-wal', 'store.db-shm', 'store.mark'];
  for (const name of (await readdir(folder)).filter(found => damaged.includes(found))) {
    await rename(join(folder, name), join(damagedFolder, name));
  }
  await syncFolder(damagedFolder);
  await syncFolder(folder);
  return damagedFolder;
}
