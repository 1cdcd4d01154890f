/** What is in the SQLite file: its tables, how they are told from other files and newer ones, and the statements on them. */
import { StoreDamagedError, StoreTooNewError } from './errors.ts';
import type { SqliteConnection, SqliteStatement } from './sqlite.ts';

/** `LRDR`: tells our file from any other SQLite file. */
const APPLICATION = 0x4c524452;
const LAYOUT = 1;
const TALLY_MASK = 2 ** 48 - 1;

/**
 * `change` has one row for each kept change. `tally` says what must be in it: how many rows, the sum of their checksums, the last
 * revision and the last compacted one; `again` repeats all four, so that a flipped bit in them shows.
 */
const SCHEMA = `
  CREATE TABLE change (
    revision INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    previous INTEGER NOT NULL,
    value TEXT,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE tally (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL,
    compacted INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    again TEXT GENERATED ALWAYS AS (revision || '/' || compacted || '/' || rows || '/' || sum) STORED
  ) STRICT;
  INSERT INTO tally VALUES (1, 0, 0, 0, 0);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${LAYOUT};`;

export interface Tally {
  revision: number;
  compacted: number;
  rows: number;
  sum: number;
}

export interface Statements {
  begin: SqliteStatement;
  insert: SqliteStatement;
  /** Adds to the tally: last revision, rows, sum. */
  count: SqliteStatement;
  all: SqliteStatement;
  tally: SqliteStatement;
  /** The changes of a resource in (from, to], each with the state before it. */
  past: SqliteStatement;
}

export async function createLayout(db: SqliteConnection): Promise<void> {
  await db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
}

/** Reads only, so that a file that isn't for us is left as it was found. @throws StoreDamagedError, StoreTooNewError */
export async function checkLayout(db: SqliteConnection, path: string): Promise<void> {
  const read = async (pragma: string): Promise<number> =>
    Number((await (await db.prepare(`PRAGMA ${pragma}`)).all([]))[0]?.[pragma]);
  if ((await read('application_id')) !== APPLICATION) {
    throw new StoreDamagedError(path, 'it is no store of Larder, or its first page was overwritten');
  }
  const layout = await read('user_version');
  if (layout > LAYOUT) throw new StoreTooNewError(path, layout, LAYOUT);
}

/** FULL: a commit is answered after fsync. */
export const DURABLE = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL';

/** Texts as bytes: libsql ends the whole process when a damaged text is no UTF-8. */
const COLUMNS = `change.revision, change.previous, change.checksum, CAST(change.resource AS BLOB) AS resource,
  CAST(change.namespace AS BLOB) AS namespace, CAST(change.name AS BLOB) AS name, CAST(change.value AS BLOB) AS value`;

export async function prepareStatements(db: SqliteConnection): Promise<Statements> {
  return {
    begin: await db.prepare('BEGIN IMMEDIATE'),
    insert: await db.prepare('INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?)'),
    count: await db.prepare(`UPDATE tally SET revision = ?, rows = rows + ?, sum = (sum + ?) & ${TALLY_MASK}`),
    all: await db.prepare(`SELECT ${COLUMNS} FROM change ORDER BY revision`),
    tally: await db.prepare(
      `SELECT revision, compacted, rows, sum, revision || '/' || compacted || '/' || rows || '/' || sum = again AS agrees FROM tally`,
    ),
    past: await db.prepare(`SELECT ${COLUMNS}, CAST(before.value AS BLOB) AS previous_value
      FROM change LEFT JOIN change AS before ON before.revision = change.previous
      WHERE change.resource = ? AND change.revision > ? AND change.revision <= ? ORDER BY change.revision`),
  };
}

/** Adds a row's checksum to a sum of them, as the tally does. */
export function addToSum(sum: number, checksum: number): number {
  return (sum + checksum) % (TALLY_MASK + 1);
}

/** Deletes the states that were replaced within (from, to] and the deletions in it: what nobody may ask for once `to` is compacted. */
export function compactionOf(from: number, to: number): string {
  const replaced = `revision IN (SELECT previous FROM change WHERE revision > ${from} AND revision <= ${to})`;
  const deletions = `revision > ${from} AND revision <= ${to} AND value IS NULL`;
  const gone = `(${replaced}) OR (${deletions})`;
  return `
    UPDATE tally SET compacted = ${to},
      rows = rows - (SELECT count(*) FROM change WHERE ${gone}),
      sum = (sum - (SELECT coalesce(sum(checksum), 0) FROM change WHERE ${gone})) & ${TALLY_MASK};
    DELETE FROM change WHERE ${gone}`;
}

/** Moves the revision ahead, with all up to it compacted. */
export function leapOf(revisions: number): string {
  return `UPDATE tally SET revision = revision + ${revisions}, compacted = revision + ${revisions}`;
}
