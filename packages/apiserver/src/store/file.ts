/**
 * The SQLite file under the store: one row for each change, kept while it is the current state of its object or a kept event.
 *
 * What it promises: `append` resolves after fsync, all of it or nothing; what `readAll` returns is exactly what was appended, proven by a
 * checksum for each row and a tally over all of them. It takes one call at a time and holds nothing in memory.
 */
import { checksumOf, type Record } from './record.ts';
import { StoreDamagedError, StoreTooNewError } from './errors.ts';
import { openSqlite, type SqliteConnection, type SqliteStatement, type SqliteValue } from './sqlite.ts';

type Row = { [column: string]: SqliteValue };

/** `LRDR`: tells our file from any other SQLite file. */
const APPLICATION = 0x4c524452;
const LAYOUT = 1;
const TALLY_MASK = 2 ** 48 - 1;

/** Rows looked at in one go; more would keep others waiting. */
const WINDOW = 512;

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
    sum INTEGER NOT NULL
  ) STRICT;
  INSERT INTO tally VALUES (1, 0, 0, 0, 0);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${LAYOUT};`;

export interface Tally {
  revision: number;
  compacted: number;
}

/** A kept event: the change, and the state before it. */
export interface PastChange extends Record {
  previousText: string | null;
}

export class StoreFile {
  readonly path: string;
  readonly #db: SqliteConnection;
  readonly #statements: Statements;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, db: SqliteConnection, statements: Statements) {
    this.path = path;
    this.#db = db;
    this.#statements = statements;
  }

  /** Opens the file, made new when it isn't there. The caller holds the folder's lock. */
  static async open(path: string): Promise<StoreFile> {
    const db = openSqlite(path);
    try {
      await checkLayout(db, path);
      // FULL: a commit is answered after fsync. secure_delete: a deleted secret doesn't linger in free pages.
      await db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
      return new StoreFile(path, db, await prepare(db));
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Every row in order of revision, each proven. @throws StoreDamagedError */
  async readAll(visit: (record: Record) => void): Promise<Tally> {
    return this.#alone(async () => {
      let rows = 0;
      let sum = 0;
      for (const row of await this.#statements.all.iterate([])) {
        visit(this.#proven(row));
        rows++;
        sum = (sum + Number(row['checksum'])) % (TALLY_MASK + 1);
      }
      const tally = (await this.#statements.tally.all([]))[0];
      if (tally === undefined || tally['rows'] !== rows || tally['sum'] !== sum) {
        throw damaged(
          this.path,
          `it should hold ${String(tally?.['rows'])} changes, ${rows} were found or they differ`,
        );
      }
      return { revision: Number(tally['revision']), compacted: Number(tally['compacted']) };
    });
  }

  /** All of it or nothing; resolves after fsync. After a failure only `close` may be called. */
  async append(records: Record[]): Promise<void> {
    await this.#alone(async () => {
      this.#statements.begin.run([]);
      let sum = 0;
      for (const record of records) {
        const { revision, key, previous, text } = record;
        const checksum = checksumOf(record);
        this.#statements.insert.run([revision, key.resource, key.namespace, key.name, previous, text, checksum]);
        sum += checksum;
      }
      this.#statements.count.run([records.at(-1)?.revision ?? 0, records.length, sum]);
      await this.#db.exec('COMMIT');
    });
  }

  /** Some of the kept events of `resource` after `since`, and up to which revision that is all there are. */
  async eventsAfter(resource: string, since: number, to: number): Promise<{ past: PastChange[]; upTo: number }> {
    return this.#alone(async () => {
      const upTo = Math.min(to, since + WINDOW);
      const rows = await this.#statements.past.all([resource, since, upTo]);
      return { past: rows.map(row => ({ ...this.#proven(row), previousText: textOf(row['previous_value']) })), upTo };
    });
  }

  /** Lets go of events up to `to`. In steps, so that commits get their turn. */
  async compact(from: number, to: number): Promise<void> {
    for (let step = from; step < to; step += WINDOW) {
      await this.#alone(() => this.#db.exec(compactionOf(step, Math.min(to, step + WINDOW))));
    }
  }

  async close(): Promise<void> {
    await this.#alone(async () => this.#db.close());
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #proven(row: Row): Record {
    const record: Record = {
      revision: Number(row['revision']),
      key: { resource: String(row['resource']), namespace: String(row['namespace']), name: String(row['name']) },
      previous: Number(row['previous']),
      text: textOf(row['value']),
    };
    if (checksumOf(record) !== row['checksum'])
      throw damaged(this.path, `revision ${record.revision} isn't what was written`);
    return record;
  }
}

interface Statements {
  begin: SqliteStatement;
  insert: SqliteStatement;
  count: SqliteStatement;
  all: SqliteStatement;
  tally: SqliteStatement;
  past: SqliteStatement;
}

async function prepare(db: SqliteConnection): Promise<Statements> {
  return {
    begin: await db.prepare('BEGIN IMMEDIATE'),
    insert: await db.prepare('INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?)'),
    count: await db.prepare(`UPDATE tally SET revision = ?, rows = rows + ?, sum = (sum + ?) & ${TALLY_MASK}`),
    all: await db.prepare('SELECT * FROM change ORDER BY revision'),
    tally: await db.prepare('SELECT * FROM tally'),
    past: await db.prepare(`SELECT change.*, before.value AS previous_value
      FROM change LEFT JOIN change AS before ON before.revision = change.previous
      WHERE change.resource = ? AND change.revision > ? AND change.revision <= ? ORDER BY change.revision`),
  };
}

async function checkLayout(db: SqliteConnection, path: string): Promise<void> {
  const read = async (pragma: string): Promise<number> =>
    Number((await (await db.prepare(`PRAGMA ${pragma}`)).all([]))[0]?.[pragma]);
  const application = await read('application_id');
  const layout = await read('user_version');
  if (application === 0 && layout === 0) return db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
  if (application !== APPLICATION) throw new StoreDamagedError(`cannot open "${path}": it is no store of Larder`);
  if (layout > LAYOUT) throw new StoreTooNewError(path, layout, LAYOUT);
}

/** Deletes states that were replaced by (from, to] and deletions in it: what nobody may ask for once `to` is compacted. */
function compactionOf(from: number, to: number): string {
  const replaced = `revision IN (SELECT previous FROM change WHERE revision > ${from} AND revision <= ${to} AND previous > 0)`;
  const deletions = `revision > ${from} AND revision <= ${to} AND value IS NULL`;
  const gone = `(${replaced}) OR (${deletions})`;
  return `BEGIN IMMEDIATE;
    UPDATE tally SET compacted = ${to},
      rows = rows - (SELECT count(*) FROM change WHERE ${gone}),
      sum = (sum - (SELECT coalesce(sum(checksum), 0) FROM change WHERE ${gone})) & ${TALLY_MASK};
    DELETE FROM change WHERE ${gone};
    COMMIT`;
}

function textOf(value: SqliteValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function damaged(path: string, what: string): StoreDamagedError {
  return new StoreDamagedError(`cannot trust "${path}": ${what}`);
}
