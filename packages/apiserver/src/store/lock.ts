/**
 * The lock that keeps a second process off a store: SQLite's own lock on an empty file, which the kernel lets go when its holder dies.
 *
 * The kernel drops such a lock as soon as its process closes *any* descriptor of the file. So nothing in this process may ever open
 * `store.lock` (nor `store.db` while the store is open) but SQLite: look at them by path only.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreLockedError } from './errors.ts';
import { ensureFile } from './folder.ts';
import { openSqlite, sqliteCodeOf } from './sqlite.ts';

export interface StoreLock {
  release(): Promise<void>;
}

/** Takes the lock or fails at once. @throws StoreLockedError naming the process that holds it */
export async function lockStore(folder: string): Promise<StoreLock> {
  const path = join(folder, 'store.lock');
  const holderFile = join(folder, 'store.pid');
  await ensureFile(path);
  const db = openSqlite(path);
  try {
    await db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    await writeFile(holderFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    db.close();
    if (!sqliteCodeOf(error).startsWith('SQLITE_BUSY')) throw error;
    throw new StoreLockedError(folder, await readPid(holderFile));
  }
  return {
    release: async () => {
      await rm(holderFile, { force: true });
      db.close();
    },
  };
}

/** Who took the lock last, for messages: the lock is what counts, so an old number can't mislead. */
async function readPid(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}
