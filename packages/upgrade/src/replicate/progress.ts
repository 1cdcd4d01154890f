/** How far the follower is, and what that means. */
import { quoteLiteral } from '@larder/driver';
import { inDatabase, type Side } from '../side.ts';
import { slotName, type Way } from './start.ts';

export interface Progress {
  database: string;
  /** That are published. */
  tables: number;
  /** Of them, those that are copied and follow. */
  ready: number;
  /** Of the log, in bytes, that the follower has not safely taken over. */
  lag: number;
  /** The slot is gone, or what it kept. */
  lost: boolean;
  /** Failures of the follower since it began. */
  errors: number;
}

export async function readProgress(from: Side, to: Side, database: string, way: Way): Promise<Progress> {
  const followed = await inDatabase(from, database, async session => {
    const slot = await slotName(session, way);
    const [row] = await session.rows<{ lag: string | null; status: string | null; tables: number }>(
      `SELECT (SELECT count(*)::int FROM pg_publication_tables WHERE pubname = ${quoteLiteral(way)}) AS tables,
              pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS lag, wal_status AS status
         FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)}`,
    );
    return { tables: row?.tables ?? 0, lag: Number(row?.lag ?? 0), lost: row === undefined || row.status === 'lost' };
  });
  const [follower] = await inDatabase(to, database, session =>
    session.rows<{ ready: number; errors: number }>(
      `SELECT count(r.srrelid) FILTER (WHERE r.srsubstate = 'r')::int AS ready,
              coalesce(max(e.apply_error_count + e.sync_error_count), 0)::int AS errors
         FROM pg_subscription s LEFT JOIN pg_subscription_rel r ON r.srsubid = s.oid
         LEFT JOIN pg_stat_subscription_stats e ON e.subid = s.oid
        WHERE s.subname = ${quoteLiteral(way)} AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    ),
  );
  return { database, ...followed, ready: 0, errors: 0, ...follower };
}

export interface Patience {
  /** For copying, from the start (ms). */
  copyMs: number;
  /** For what was written meanwhile, from when all tables were copied (ms). */
  catchUpMs: number;
  /** Near enough that the rest takes no time (bytes). */
  nearBytes: number;
  /** A follower that fails again and again will not stop to. */
  mostErrors: number;
}

export const PATIENCE: Patience = {
  copyMs: 24 * 3_600_000,
  catchUpMs: 2 * 3_600_000,
  nearBytes: 1 << 20,
  mostErrors: 10,
};

export type Judgement =
  | { kind: 'copying' | 'catchingUp'; said: string }
  | { kind: 'near' }
  /** What the follower has is of no use any more. */
  | { kind: 'startOver'; why: string }
  | { kind: 'giveUp'; why: string };

/** Pure. `copiedAt` is when all tables were seen ready for the first time. */
export function judgeProgress(
  all: Progress[],
  times: { now: number; startedAt: number; copiedAt?: number },
  patience: Patience = PATIENCE,
): Judgement {
  const lost = all.find(each => each.lost);
  if (lost)
    return {
      kind: 'startOver',
      why: `the old server did not keep its log for the database ${JSON.stringify(lost.database)}`,
    };
  const failing = all.find(({ errors }) => errors >= patience.mostErrors);
  if (failing) {
    const where = JSON.stringify(failing.database);
    return {
      kind: 'giveUp',
      why: `taking over changes of the database ${where} failed ${failing.errors} times; the new server's log says why`,
    };
  }
  const [ready, tables] = [sum(all.map(each => each.ready)), sum(all.map(each => each.tables))];
  const lag = Math.max(0, ...all.map(each => each.lag));
  if (ready < tables) {
    if (times.now - times.startedAt < patience.copyMs)
      return { kind: 'copying', said: `${ready} of ${tables} tables are copied` };
    return {
      kind: 'giveUp',
      why: `${tables - ready} of ${tables} tables are not copied after ${inWords(patience.copyMs)}`,
    };
  }
  if (lag <= patience.nearBytes) return { kind: 'near' };
  if (times.now - (times.copiedAt ?? times.now) < patience.catchUpMs)
    return { kind: 'catchingUp', said: `${megabytes(lag)} MB of the log are still to be taken over` };
  return {
    kind: 'giveUp',
    why: `more is written than can be taken over: after ${inWords(patience.catchUpMs)} ${megabytes(lag)} MB are still missing; try it when less is written`,
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

function inWords(ms: number): string {
  return ms >= 3_600_000 ? `${Math.round(ms / 360_000) / 10} h` : `${Math.round(ms / 1_000)} s`;
}
