/**
 * The little of libsql that the store uses, with types.
 *
 * `exec` runs on a thread of libsql's own, so its fsyncs never block the event loop; prepared statements run on the caller's. A statement
 * must not be run while an `exec` of the same connection is under way: it would wait for it, and the event loop with it.
 */
import { pathToFileURL } from 'node:url';
import Database from 'libsql/promise';

export type SqliteValue = string | number | null | ArrayBuffer;

export interface SqliteStatement {
  run(values: SqliteValue[]): void;
  all(values: SqliteValue[]): Promise<Record<string, SqliteValue>[]>;
  iterate(values: SqliteValue[]): Promise<Iterable<Record<string, SqliteValue>>>;
}

export interface SqliteConnection {
  exec(sql: string): Promise<void>;
  prepare(sql: string): Promise<SqliteStatement>;
  close(): void;
}

/**
 * `readOnly` changes no byte of the file, neither now nor at closing. `immutable` also looks at no file beside it: for a file that nobody writes.
 *
 * A closed connection with prepared statements lives on until these are collected, which libsql leaves to the garbage collector. So
 * nothing may depend on what SQLite does at closing.
 */
export function openSqlite(path: string, how?: 'readOnly' | 'immutable'): SqliteConnection {
  const query = { readOnly: '?mode=ro', immutable: '?mode=ro&immutable=1' };
  return new Database(how === undefined ? path : `${pathToFileURL(path).href}${query[how]}`, {});
}

/** SQLite's name for what went wrong, such as `SQLITE_FULL`; empty when the error isn't SQLite's. */
export function sqliteCodeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
