/** What a server's answers about its databases, sessions and locks mean, as metrics. */
import { add, type Measured, type Sample } from '../measured.ts';
import { bounds, OTHERS, type Chosen } from './bounds.ts';
import type { Row } from './read-server.ts';
import { DATABASE_COUNTS } from './statements.ts';

/** Values that mean something in sum. Of the others the highest is told: it is what one asks for. */
const SUMMED = new Set<string>(DATABASE_COUNTS.map(name => `pg_stat_database_${name}`));

/** Databases that are told apart are those of `chosen`; the others are told together. */
export function readDatabases(rows: readonly Row[], measured: Measured, chosen: Chosen): void {
  chosen.look(rows.map(([, name]) => String(name)));
  const others = new Map<string, number>();
  for (const row of rows) {
    const [oid, name, , limit, age, multixactAge] = row;
    const datname = String(name);
    const apart = chosen.has(datname);
    const tell = (metric: string, value: unknown, labels: string[]): void => {
      if (apart) add(measured, metric, value, labels);
      else if (typeof value === 'number') others.set(metric, combined(metric, others.get(metric), value));
    };
    const byId = [String(oid), datname];
    for (const [at, count] of DATABASE_COUNTS.entries()) tell(`pg_stat_database_${count}`, row[6 + at], byId);
    if (apart) {
      add(measured, 'pg_stat_database_stats_reset', row[6 + DATABASE_COUNTS.length], byId);
      add(measured, 'pg_stat_database_active_time_seconds_total', row[7 + DATABASE_COUNTS.length], byId);
      add(measured, 'pg_database_connection_limit', limit, [datname]);
    }
    tell('pg_database_wraparound_age_datfrozenxid_seconds', age, [datname]);
    tell('pg_database_wraparound_age_datminmxid_seconds', multixactAge, [datname]);
  }
  for (const [metric, value] of others) add(measured, metric, value, SUMMED.has(metric) ? ['', OTHERS] : [OTHERS]);
}

function combined(metric: string, before: number | undefined, value: number): number {
  if (before === undefined) return value;
  return SUMMED.has(metric) ? before + value : Math.max(before, value);
}

const STATES = [
  'active',
  'idle',
  'idle in transaction',
  'idle in transaction (aborted)',
  'fastpath function call',
  'disabled',
];

/** As the exporter does, a state that no session of a database is in is told with 0. Returns how many kinds were summed up. */
export function readActivity(rows: readonly Row[], measured: Measured, databases: Chosen): number {
  const counts = new Map<string, Required<Sample>>();
  const ages = new Map<string, Required<Sample>>();
  for (const [at, row] of rows.entries()) {
    const [datname, state, ...rest] = row.slice(0, 7).map(String) as [string, string, ...string[]];
    const where = databases.has(datname) ? datname : OTHERS;
    const labels =
      at < bounds.sessions ? [where, state, ...rest] : [OTHERS, state, OTHERS, OTHERS, rest[2] ?? '', '', ''];
    const [count, age] = [Number(row[7]), Number(row[8])];
    const key = labels.join('\0');
    counts.set(key, { labels, value: (counts.get(key)?.value ?? 0) + count });
    ages.set(key, { labels, value: Math.max(ages.get(key)?.value ?? 0, age) });
  }
  const seen = new Set([...counts.values()].map(({ labels }) => `${labels[0]}\0${labels[1]}`));
  const zeros = databases.names().flatMap(datname =>
    STATES.filter(state => !seen.has(`${datname}\0${state}`)).map(state => ({
      labels: [datname, state, '', '', '', '', ''],
      value: 0,
    })),
  );
  measured.set('pg_stat_activity_count', [...counts.values(), ...zeros]);
  measured.set('pg_stat_activity_max_tx_duration', [...ages.values(), ...zeros]);
  return Math.max(0, rows.length - bounds.sessions);
}

const MODES = [
  'accesssharelock',
  'rowsharelock',
  'rowexclusivelock',
  'shareupdateexclusivelock',
  'sharelock',
  'sharerowexclusivelock',
  'exclusivelock',
  'accessexclusivelock',
  'sireadlock',
];

/** As the exporter does, modes are in lower case, and those that nobody holds are told with 0. */
export function readLocks(rows: readonly Row[], measured: Measured, databases: Chosen): void {
  const counts = new Map<string, number>();
  for (const datname of databases.names()) for (const mode of MODES) counts.set(`${datname}\0${mode}`, 0);
  let waiting = 0;
  for (const [datname, mode, count, waits] of rows) {
    waiting += Number(waits);
    if (datname === '') continue; // of no database: transactions' own, mostly
    const where = databases.has(String(datname)) ? String(datname) : OTHERS;
    const key = `${where}\0${String(mode).toLowerCase()}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(count));
  }
  for (const [key, count] of counts) add(measured, 'pg_locks_count', count, key.split('\0'));
  add(measured, 'cnpg_backends_waiting_total', waiting);
}

/** Sizes by name. */
export function readSizes(sizes: ReadonlyMap<string, number>, measured: Measured, databases: Chosen): void {
  let others: number | undefined;
  for (const [datname, bytes] of sizes) {
    if (databases.has(datname)) add(measured, 'pg_database_size_bytes', bytes, [datname]);
    else others = (others ?? 0) + bytes;
  }
  add(measured, 'pg_database_size_bytes', others, [OTHERS]);
}
