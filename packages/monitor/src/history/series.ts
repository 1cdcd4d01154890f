/** What is kept of an instance for fifteen days: few numbers, each telling how it is with one thing. The order is that of the files. */
import { sumOf, valueOf, type Measured } from '../measured.ts';

export const series = [
  'up',
  'connections',
  'active',
  'transactions',
  'cacheHits',
  'cpu',
  'memory',
  'storageUsed',
  'walBytes',
  'oldestTransaction',
  'deadTuples',
  'archiveAge',
] as const;

export type SeriesName = (typeof series)[number];

/** Not measured is absent, never 0. */
export type Point = Partial<Record<SeriesName, number>>;

/** What is counted since the server began; two of them make rates. */
export interface Counted {
  at: number;
  transactions?: number;
  hits?: number;
  reads?: number;
  cpu?: number;
  wal?: number;
}

export function countedOf(measured: Measured, at: number): Counted {
  const commits = sumOf(measured, 'pg_stat_database_xact_commit');
  const rollbacks = sumOf(measured, 'pg_stat_database_xact_rollback');
  return {
    at,
    ...(commits === undefined ? {} : { transactions: commits + (rollbacks ?? 0) }),
    hits: sumOf(measured, 'pg_stat_database_blks_hit'),
    reads: sumOf(measured, 'pg_stat_database_blks_read'),
    cpu: valueOf(measured, 'process_cpu_seconds_total'),
    wal: valueOf(measured, 'larder_wal_written_bytes_total'),
  };
}

/** `before` is of the turn before; what went back meanwhile, as at a restart, gives no rate. */
export function pointOf(measured: Measured, now: Counted, before?: Counted): Point {
  const seconds = before === undefined ? 0 : now.at - before.at;
  const rate = (name: 'transactions' | 'cpu' | 'wal'): number | undefined => {
    const grown = difference(now[name], before?.[name]);
    return grown === undefined || seconds <= 0 ? undefined : grown / seconds;
  };
  const hits = difference(now.hits, before?.hits);
  const blocks = (hits ?? 0) + (difference(now.reads, before?.reads) ?? 0);
  const point: Record<SeriesName, number | undefined> = {
    up: valueOf(measured, 'pg_up'),
    connections: sumOf(measured, 'pg_stat_activity_count'),
    active: activeOf(measured),
    transactions: rate('transactions'),
    cacheHits: hits === undefined || blocks === 0 ? undefined : hits / blocks,
    cpu: rate('cpu'),
    memory: valueOf(measured, 'process_resident_memory_bytes'),
    storageUsed: valueOf(measured, 'larder_storage_used_bytes'),
    walBytes: rate('wal'),
    oldestTransaction: valueOf(measured, 'pg_long_running_transactions_oldest_timestamp_seconds'),
    deadTuples: sumOf(measured, 'larder_database_dead_tuples'),
    archiveAge: valueOf(measured, 'larder_archive_age_seconds'),
  };
  return Object.fromEntries(Object.entries(point).filter(([, value]) => value !== undefined));
}

function activeOf(measured: Measured): number | undefined {
  return measured
    .get('pg_stat_activity_count')
    ?.reduce((sum, { labels, value }) => sum + (labels?.[1] === 'active' ? value : 0), 0);
}

function difference(now: number | undefined, before: number | undefined): number | undefined {
  if (now === undefined || before === undefined || now < before) return undefined;
  return now - before;
}
