/**
 * Proof that two servers hold the same: a snapshot of each is opened at the same logical point, and read at leisure while traffic goes
 * on. Counts and checksums don't depend on the order of rows, nor on the major.
 */
import { connect, quoteIdentifier, type Session } from '@larder/driver';
import { listTables, qualified, type Table } from '../replicate/tables.ts';
import type { Side } from '../side.ts';

export interface Snapshot {
  /** By database. */
  sessions: Map<string, Session>;
  close(): Promise<void>;
}

/** What texts look like must not depend on who asks. */
const SAME = [
  "SET DateStyle = 'ISO, YMD'",
  "SET IntervalStyle = 'postgres'",
  "SET TimeZone = 'UTC'",
  'SET extra_float_digits = 1',
  "SET bytea_output = 'hex'",
  "SET xmlbinary = 'base64'",
  "SET lc_monetary = 'C'",
  'SET idle_in_transaction_session_timeout = 0',
  'SET row_security = off',
];

/** Fixed when it returns. Held open in sessions of ours: it ends with us. */
export async function openSnapshot(side: Side, databases: string[]): Promise<Snapshot> {
  const sessions = new Map<string, Session>();
  const close = async (): Promise<void> => {
    await Promise.allSettled([...sessions.values()].map(session => session.close()));
  };
  try {
    for (const database of databases) {
      const session = await connect(side.endpoint, { ...side.login, database }, { statementMs: 12 * 3_600_000 });
      sessions.set(database, session);
      for (const setting of SAME) await session.rows(setting);
      await session.rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // The first statement is what fixes it.
      await session.rows('SELECT FROM pg_class LIMIT 1');
    }
    return { sessions, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface Difference {
  database: string;
  table: string;
  why: string;
}

export interface Comparison {
  tables: number;
  rows: number;
  differences: Difference[];
}

/** @throws Error when a session is lost: then nothing is known */
export async function compareSnapshots(
  before: Snapshot,
  after: Snapshot,
  hear: (table: string) => void = () => undefined,
): Promise<Comparison> {
  const result: Comparison = { tables: 0, rows: 0, differences: [] };
  for (const [database, session] of before.sessions) {
    const other = after.sessions.get(database);
    if (!other) continue;
    const tables = await listTables(session);
    const there = new Set((await listTables(other)).map(qualified));
    for (const table of tables) {
      hear(`${database}: ${qualified(table)}`);
      result.tables += 1;
      const [left, right] = await Promise.all([
        sumOf(session, table),
        there.has(qualified(table)) ? sumOf(other, table) : undefined,
      ]);
      result.rows += left.rows;
      const why = differenceOf(left, right);
      if (why !== undefined) result.differences.push({ database, table: qualified(table), why });
    }
  }
  return result;
}

interface Sum {
  rows: number;
  sum: string;
}

function differenceOf(left: Sum, right: Sum | undefined): string | undefined {
  if (!right) return 'it is not there';
  if (left.rows !== right.rows) return `${left.rows} rows before, ${right.rows} rows after`;
  return left.sum === right.sum ? undefined : `the same number of rows (${left.rows}), but not the same rows`;
}

async function sumOf(session: Session, table: Table): Promise<Sum> {
  const columns = await session.rows<{ name: string }>(
    `SELECT a.attname::text AS name FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attname`,
    [qualified(table)],
  );
  const row = `ROW(${columns.map(({ name }) => `r.${quoteIdentifier(name)}`).join(', ')})::text`;
  const [found] = await session.rows<{ rows: string; sum: string }>(
    `SELECT count(*)::text AS rows, coalesce(sum(('x' || substr(md5(${row}), 1, 16))::bit(64)::bigint::numeric), 0)::text AS sum
       FROM ONLY ${qualified(table)} r`,
  );
  return { rows: Number(found?.rows ?? 0), sum: found?.sum ?? '' };
}
