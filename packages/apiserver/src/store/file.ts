/**
 * The SQLite file under the store: one row for each change, kept while it is the current state of its object or a kept event.
 *
 * What it promises: `append` resolves after fsync, all of it or nothing; what it returns is exactly what was appended, proven by a checksum
 * for each row and a tally over all of them. Calls take turns; nothing is held in memory.
 */
import { StoreDamagedError } from './errors.ts';
import {
  addToSum,
  checkLayout,
  compactionOf,
  DURABLE,
  leapOf,
  prepareStatements,
  type Statements,
  type Tally,
} from './layout.ts';
import { checksumOf, type Record } from './record.ts';
import { openSqlite, sqliteCodeOf, type SqliteConnection, type SqliteValue } from './sqlite.ts';

/** A kept event: the change, and the state before it. */
export interface PastChange extends Record {
  previousText: string | null;
}

/** Rows proven in one turn of the event loop: the copy is made while the store is in use. libsql fetches as many at once. */
const SLICE = 100;

/** Revisions looked at in one turn; more would keep commits waiting. */
const WINDOW = 512;

export class StoreFile {
  readonly path: string;
  readonly #writable: boolean;
  #db: SqliteConnection;
  #statements: Statements;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, db: SqliteConnection, statements: Statements, writable: boolean) {
    this.#writable = writable;
    this.path = path;
    this.#db = db;
    this.#statements = statements;
  }

  /**
   * Opens a file that is there; `how` to look at it only. The caller holds the store's lock.
   * @throws StoreDamagedError, StoreTooNewError
   */
  static async open(path: string, how?: 'readOnly' | 'immutable'): Promise<StoreFile> {
    const [db, statements] = await connect(path, how);
    return new StoreFile(path, db, statements, how === undefined);
  }

  /** Every row in order of revision, each proven, and that none is missing. @throws StoreDamagedError */
  async readAll(visit: (record: Record) => void): Promise<Tally> {
    return this.#alone(async () => {
      let rows = 0;
      let sum = 0;
      let last = 0;
      for (const row of await this.#statements.all.iterate([])) {
        const record = this.#proven(row);
        visit(record);
        rows++;
        if (rows % SLICE === 0) await new Promise(resolve => setImmediate(resolve));
        sum = addToSum(sum, Number(row['checksum']));
        last = record.revision;
      }
      const tally = await this.#tally();
      if (tally.rows !== rows || tally.sum !== sum || tally.revision < last) {
        throw new StoreDamagedError(
          this.path,
          `${tally.rows} changes up to ${tally.revision} were written, ${rows} up to ${last} were found or they differ`,
        );
      }
      return tally;
    });
  }

  /** All of it or nothing; resolves after fsync. After a failure ask `recover` what happened. */
  async append(records: Record[]): Promise<void> {
    await this.#alone(async () => {
      this.#statements.begin.run([]);
      let sum = 0;
      for (const record of records) {
        const { revision, key, previous, text } = record;
        const checksum = checksumOf(record);
        this.#statements.insert.run([revision, key.resource, key.namespace, key.name, previous, text, checksum]);
        sum = addToSum(sum, checksum);
      }
      this.#statements.count.run([records.at(-1)?.revision ?? 0, records.length, sum]);
      await this.#db.exec('COMMIT');
    });
  }

  /** After a failure: makes the file usable again and says up to which revision it is durable. Throws while the disk still refuses. */
  async recover(): Promise<number> {
    return this.#alone(async () => {
      try {
        await this.#rollback();
        return (await this.#tally()).revision;
      } catch {
        this.#db.close();
        [this.#db, this.#statements] = await connect(this.path);
        return (await this.#tally()).revision;
      }
    });
  }

  /** Kept events of `resource` after `since`, all there are up to `upTo`. */
  async eventsAfter(resource: string, since: number, to: number): Promise<{ past: PastChange[]; upTo: number }> {
    return this.#alone(async () => {
      const upTo = Math.min(to, since + WINDOW);
      const rows = await this.#statements.past.all([resource, since, upTo]);
      return { past: rows.map(row => ({ ...this.#proven(row), previousText: textOf(row['previous_value']) })), upTo };
    });
  }

  /**
   * Lets go of events up to `to`, in steps, so that commits get their turn. Goes on where it stopped, even in another life: a state left
   * out between two compactions would come back from the dead when what replaced it goes.
   */
  async compact(to: number): Promise<void> {
    let reached: number;
    do {
      reached = await this.#alone(async () => {
        const { compacted } = await this.#tally();
        const step = Math.min(to, compacted + WINDOW);
        if (compacted < step) await this.#transaction(compactionOf(compacted, step));
        return step;
      });
    } while (reached < to);
  }

  /** Moves on by `revisions` that are never given, with no event kept: whoever watched before must list again. */
  async leap(revisions: number): Promise<void> {
    await this.compact((await this.#alone(() => this.#tally())).revision);
    await this.#alone(() => this.#transaction(leapOf(revisions)));
  }

  async close(): Promise<void> {
    await this.#alone(async () => {
      // Brings the log into the file. Should that fail, the log stays, and the next opening reads it.
      if (this.#writable) await this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined);
      this.#db.close();
    });
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work).catch((error: unknown) => {
      throw asDamage(this.path, error);
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #transaction(sql: string): Promise<void> {
    try {
      // Zeroes what is deleted, so that no old secret lingers; only here, since it makes every write three times as slow.
      await this.#db.exec(`PRAGMA secure_delete = ON; BEGIN IMMEDIATE; ${sql}; COMMIT; PRAGMA secure_delete = OFF`);
    } catch (error) {
      await this.#rollback();
      throw error;
    }
  }

  async #rollback(): Promise<void> {
    await this.#db.exec('ROLLBACK').catch((error: unknown) => {
      // SQLite rolls back by itself after some failures, a full disk for one.
      if (!String(error).includes('no transaction is active')) throw error;
    });
  }

  async #tally(): Promise<Tally> {
    const row = (await this.#statements.tally.all([]))[0];
    if (row?.['agrees'] !== 1) throw new StoreDamagedError(this.path, 'its tally was overwritten');
    return {
      revision: Number(row['revision']),
      compacted: Number(row['compacted']),
      rows: Number(row['rows']),
      sum: Number(row['sum']),
    };
  }

  #proven(row: { [column: string]: SqliteValue }): Record {
    const record: Record = {
      revision: Number(row['revision']),
      key: {
        resource: textOf(row['resource']) ?? '',
        namespace: textOf(row['namespace']) ?? '',
        name: textOf(row['name']) ?? '',
      },
      previous: Number(row['previous']),
      text: textOf(row['value']),
    };
    if (checksumOf(record) === row['checksum']) return record;
    throw new StoreDamagedError(this.path, `revision ${record.revision} isn't what was written`);
  }
}

async function connect(path: string, how?: 'readOnly' | 'immutable'): Promise<[SqliteConnection, Statements]> {
  const db = openSqlite(path, how);
  try {
    // A connection that was closed before may still be on its way out.
    await db.exec('PRAGMA busy_timeout = 5000');
    await checkLayout(db, path);
    if (how === undefined) await db.exec(DURABLE);
    return [db, await prepareStatements(db)];
  } catch (error) {
    db.close();
    throw asDamage(path, error);
  }
}

/** SQLite's own findings of damage as ours; anything else as it is. */
function asDamage(path: string, error: unknown): Error {
  const { message } = error as Error;
  const found = /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCodeOf(error));
  return found ? new StoreDamagedError(path, `SQLite says "${message}"`) : (error as Error);
}

function textOf(value: SqliteValue | undefined): string | null {
  return value instanceof ArrayBuffer ? Buffer.from(value).toString() : null;
}
