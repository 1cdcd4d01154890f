/**
 * What a server is asked, for each major from 13 to 18. All of it can be asked by a role with `pg_monitor`, in any database. Names are
 * qualified: a tenant may have made any other object of the same name.
 */

/** Asked at every turn, in one batch. Each is also a collector that may fail by itself. */
export type FastPart =
  'instance' | 'archiver' | 'bgwriter' | 'database' | 'activity' | 'transactions' | 'locks' | 'slots' | 'replication';

/** How many sessions, slots and receivers of different kinds are told apart; far more than is kept. */
const MOST_ROWS = 500;

export function fastStatements(major: number): Record<FastPart, string> {
  return {
    instance: INSTANCE,
    archiver: ARCHIVER,
    bgwriter: bgwriter(major),
    database: database(major),
    activity: ACTIVITY,
    transactions: TRANSACTIONS,
    locks: LOCKS,
    slots: SLOTS,
    replication: REPLICATION,
  };
}

const epoch = (what: string): string => `pg_catalog.date_part('epoch', ${what})`;
const position = `CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END`;
const behind = (lsn: string): string => `pg_catalog.pg_wal_lsn_diff(${position}, ${lsn})::pg_catalog.float8`;

const INSTANCE = `SELECT ${epoch('pg_catalog.pg_postmaster_start_time()')},
  pg_catalog.pg_is_in_recovery()::pg_catalog.int4,
  CASE WHEN NOT pg_catalog.pg_is_in_recovery()
         OR pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() THEN 0
       ELSE greatest(0, ${epoch('pg_catalog.now() - pg_catalog.pg_last_xact_replay_timestamp()')}) END,
  ${behind("'0/0'")},
  ${epoch('pg_catalog.pg_conf_load_time()')}`;

const ARCHIVER = `SELECT archived_count::pg_catalog.float8, failed_count::pg_catalog.float8,
  ${epoch('pg_catalog.now() - last_archived_time')}, ${epoch('last_archived_time')},
  ${epoch('pg_catalog.now() - last_failed_time')}, ${epoch('last_failed_time')}
  FROM pg_catalog.pg_stat_archiver`;

/** Since 17 checkpoints have a view of their own, and what sessions write themselves is in that of all reading and writing. */
function bgwriter(major: number): string {
  if (major < 17)
    return `SELECT checkpoints_timed::pg_catalog.float8, checkpoints_req::pg_catalog.float8, checkpoint_write_time,
  checkpoint_sync_time, buffers_checkpoint::pg_catalog.float8, buffers_clean::pg_catalog.float8,
  maxwritten_clean::pg_catalog.float8, buffers_backend::pg_catalog.float8, buffers_backend_fsync::pg_catalog.float8,
  buffers_alloc::pg_catalog.float8
  FROM pg_catalog.pg_stat_bgwriter`;
  const blocks = major < 18 ? 'writes' : "write_bytes / pg_catalog.current_setting('block_size')::pg_catalog.int8";
  return `SELECT c.num_timed::pg_catalog.float8, c.num_requested::pg_catalog.float8, c.write_time, c.sync_time,
  c.buffers_written::pg_catalog.float8, w.buffers_clean::pg_catalog.float8, w.maxwritten_clean::pg_catalog.float8,
  io.written, io.synced, w.buffers_alloc::pg_catalog.float8,
  c.restartpoints_timed::pg_catalog.float8, c.restartpoints_req::pg_catalog.float8, c.restartpoints_done::pg_catalog.float8
  FROM pg_catalog.pg_stat_checkpointer c, pg_catalog.pg_stat_bgwriter w,
  (SELECT coalesce(pg_catalog.sum(${blocks}), 0)::pg_catalog.float8 AS written,
          coalesce(pg_catalog.sum(fsyncs), 0)::pg_catalog.float8 AS synced
     FROM pg_catalog.pg_stat_io
    WHERE object = 'relation' AND backend_type NOT IN ('checkpointer', 'background writer')) io`;
}

/** The columns of `pg_stat_database` that are asked for; each is a metric of that name, in this order. */
export const DATABASE_COUNTS = [
  'numbackends',
  'xact_commit',
  'xact_rollback',
  'blks_read',
  'blks_hit',
  'tup_returned',
  'tup_fetched',
  'tup_inserted',
  'tup_updated',
  'tup_deleted',
  'conflicts',
  'temp_files',
  'temp_bytes',
  'deadlocks',
  'blk_read_time',
  'blk_write_time',
] as const;

/** In the order of their creation, so that the first ones stay when there are more than are told apart. */
function database(major: number): string {
  const columns = DATABASE_COUNTS.map(column => `s.${column}::pg_catalog.float8`);
  const active = major < 14 ? 'NULL' : 's.active_time / 1000';
  return `SELECT d.oid::pg_catalog.text, d.datname::pg_catalog.text, d.datallowconn, d.datconnlimit::pg_catalog.float8,
  pg_catalog.age(d.datfrozenxid)::pg_catalog.float8, pg_catalog.mxid_age(d.datminmxid)::pg_catalog.float8,
  ${columns.join(', ')}, ${epoch('s.stats_reset')}, ${active}
  FROM pg_catalog.pg_database d JOIN pg_catalog.pg_stat_database s ON s.datid = d.oid ORDER BY d.oid`;
}

const ACTIVITY = `SELECT datname::pg_catalog.text, coalesce(state, ''), coalesce(usename::pg_catalog.text, ''),
  coalesce(application_name, ''), coalesce(backend_type, ''), coalesce(wait_event_type, ''), coalesce(wait_event, ''),
  pg_catalog.count(*)::pg_catalog.float8,
  coalesce(pg_catalog.max(${epoch('pg_catalog.now() - xact_start')}), 0)
  FROM pg_catalog.pg_stat_activity WHERE datname IS NOT NULL
 GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 8 DESC, 9 DESC LIMIT ${MOST_ROWS}`;

const TRANSACTIONS = `SELECT
  pg_catalog.count(*) FILTER (WHERE pg_catalog.now() - xact_start > '1 minute')::pg_catalog.float8,
  coalesce(pg_catalog.max(${epoch('pg_catalog.now() - xact_start')}), 0)
  FROM pg_catalog.pg_stat_activity
 WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_catalog.pg_backend_pid()`;

const LOCKS = `SELECT coalesce(d.datname::pg_catalog.text, ''), l.mode, pg_catalog.count(*)::pg_catalog.float8,
  pg_catalog.count(*) FILTER (WHERE NOT l.granted)::pg_catalog.float8
  FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_database d ON d.oid = l.database GROUP BY 1, 2`;

const SLOTS = `SELECT slot_name::pg_catalog.text, slot_type, coalesce(database::pg_catalog.text, ''), active::pg_catalog.int4,
  ${behind('restart_lsn')}, ${behind("'0/0'")}, pg_catalog.pg_wal_lsn_diff(confirmed_flush_lsn, '0/0')::pg_catalog.float8,
  safe_wal_size::pg_catalog.float8, coalesce(wal_status, '')
  FROM pg_catalog.pg_replication_slots WHERE NOT temporary ORDER BY slot_name LIMIT ${MOST_ROWS}`;

const REPLICATION = `SELECT r.application_name, coalesce(pg_catalog.host(r.client_addr), ''), coalesce(r.state, ''),
  coalesce(s.slot_name::pg_catalog.text, ''), r.pid::pg_catalog.text, coalesce(r.usename::pg_catalog.text, ''),
  ${behind('r.replay_lsn')}, ${['write', 'flush', 'replay'].map(step => `coalesce(${epoch(`r.${step}_lag`)}, 0)`).join(', ')}
  FROM pg_catalog.pg_stat_replication r LEFT JOIN pg_catalog.pg_replication_slots s ON s.active_pid = r.pid
 ORDER BY r.pid LIMIT ${MOST_ROWS}`;

/** Asked now and then: when the server has read its configuration again. */
export const SETTINGS = `SELECT name, setting, coalesce(unit, ''), vartype, short_desc, pending_restart::pg_catalog.int4
  FROM pg_catalog.pg_settings WHERE vartype IN ('bool', 'integer', 'real') OR pending_restart ORDER BY name`;

export const VERSION = `SELECT pg_catalog.version(), pg_catalog.current_setting('server_version')`;

/** Asked each minute. What waits to be archived tells by its age how long it has. */
export const WAL = `SELECT pg_catalog.count(*)::pg_catalog.float8, coalesce(pg_catalog.sum(w.size), 0)::pg_catalog.float8, a.ready, a.done, a.oldest
  FROM pg_catalog.pg_ls_waldir() w,
  (SELECT pg_catalog.count(*) FILTER (WHERE name LIKE '%.ready')::pg_catalog.float8 AS ready,
          pg_catalog.count(*) FILTER (WHERE name LIKE '%.done')::pg_catalog.float8 AS done,
          coalesce(${epoch("pg_catalog.now() - pg_catalog.min(modification) FILTER (WHERE name LIKE '%.ready')")}, 0) AS oldest
     FROM pg_catalog.pg_ls_archive_statusdir()) a
 WHERE w.name ~ '^[0-9A-F]{24}$' GROUP BY a.ready, a.done, a.oldest`;

/** A few at a time: each has a file for every table. One that goes meanwhile has no size. */
export function sizesAfter(oid: string, count: number): string {
  if (!/^\d+$/.test(oid)) throw new Error(`cannot ask for sizes after ${JSON.stringify(oid)}: that is no oid`);
  return `SELECT oid::pg_catalog.text, datname::pg_catalog.text, pg_catalog.pg_database_size(oid)::pg_catalog.float8
  FROM pg_catalog.pg_database WHERE oid > ${oid}::pg_catalog.oid ORDER BY pg_database.oid LIMIT ${count}`;
}
