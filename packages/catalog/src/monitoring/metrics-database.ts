/** What a server says of each of its databases, of the sessions in them, and of their tables. Spelled as postgres_exporter spells it. */
import { entriesFrom, type Metric } from './metric.ts';

const { gauge } = entriesFrom('server');
const byDatabase = { labels: ['datname'] };
const database = entriesFrom('server', { prefix: 'pg_stat_database_', labels: ['datid', 'datname'] });
const table = entriesFrom('server', { prefix: 'pg_stat_user_tables_', labels: ['datname', 'schemaname', 'relname'] });

/** Of sessions with the same of all of these. */
export const activityLabels = [
  'datname',
  'state',
  'usename',
  'application_name',
  'backend_type',
  'wait_event_type',
  'wait_event',
] as const;

const perDatabase: Metric[] = [
  database.gauge('numbackends', 'Sessions in the database.'),
  database.counter('xact_commit', 'Transactions that were committed.'),
  database.counter('xact_rollback', 'Transactions that were rolled back.'),
  database.counter('blks_read', 'Blocks that were not in the cache.'),
  database.counter('blks_hit', 'Blocks that were found in the cache.'),
  database.counter('tup_returned', 'Rows that were read.'),
  database.counter('tup_fetched', 'Rows that were fetched by an index.'),
  database.counter('tup_inserted', 'Rows that were inserted.'),
  database.counter('tup_updated', 'Rows that were updated.'),
  database.counter('tup_deleted', 'Rows that were deleted.'),
  database.counter('conflicts', 'Queries that were cancelled since they conflicted with recovery.'),
  database.counter('temp_files', 'Temporary files that queries made.'),
  database.counter('temp_bytes', 'What was written to them.', { unit: 'bytes' }),
  database.counter('deadlocks', 'Deadlocks that were resolved.'),
  database.counter('blk_read_time', 'Time that sessions read blocks.', { unit: 'milliseconds' }),
  database.counter('blk_write_time', 'Time that sessions wrote blocks.', { unit: 'milliseconds' }),
  database.counter('stats_reset', 'When these counts began.', { unit: 'unix time' }),
  database.counter('active_time_seconds_total', 'Time that sessions executed statements.', {
    unit: 'seconds',
    majors: { from: 14 },
  }),
  gauge(
    'pg_database_connection_limit',
    'How many may connect to the database; -1: as many as to the server.',
    byDatabase,
  ),
  gauge('pg_database_size_bytes', 'What the database takes.', { ...byDatabase, unit: 'bytes' }),
  gauge('pg_database_wraparound_age_datfrozenxid_seconds', 'Transactions since the oldest that is not frozen.', {
    ...byDatabase,
    unit: 'transactions',
  }),
  gauge('pg_database_wraparound_age_datminmxid_seconds', 'Multixacts since the oldest that is not frozen.', {
    ...byDatabase,
    unit: 'transactions',
  }),
  gauge('pg_locks_count', 'Locks that are held or waited for.', { labels: ['datname', 'mode'] }),
];

const sessions: Metric[] = [
  gauge('pg_stat_activity_count', 'Sessions of this kind.', { labels: activityLabels }),
  gauge('pg_stat_activity_max_tx_duration', 'How long the oldest of their transactions has run.', {
    labels: activityLabels,
    unit: 'seconds',
  }),
];

const perTable: Metric[] = [
  table.counter('seq_scan', 'Times that the table was read as a whole.'),
  table.counter('seq_tup_read', 'Rows that this read.'),
  table.counter('idx_scan', 'Times that an index of the table was used.'),
  table.counter('idx_tup_fetch', 'Rows that this fetched.'),
  table.counter('n_tup_ins', 'Rows that were inserted.'),
  table.counter('n_tup_upd', 'Rows that were updated.'),
  table.counter('n_tup_del', 'Rows that were deleted.'),
  table.counter('n_tup_hot_upd', 'Rows that were updated without a new entry in an index.'),
  table.gauge('n_live_tup', 'Rows, estimated.'),
  table.gauge('n_dead_tup', 'Rows that wait for a vacuum, estimated.'),
  table.gauge('n_mod_since_analyze', 'Rows that changed since the last analyze, estimated.'),
  table.gauge('last_vacuum', 'When it was last vacuumed by hand; 0: never.', {
    unit: 'unix time',
  }),
  table.gauge('last_autovacuum', 'When it was last vacuumed by itself; 0: never.', {
    unit: 'unix time',
  }),
  table.gauge('last_analyze', 'When it was last analyzed by hand; 0: never.', {
    unit: 'unix time',
  }),
  table.gauge('last_autoanalyze', 'When it was last analyzed by itself; 0: never.', {
    unit: 'unix time',
  }),
  table.counter('vacuum_count', 'Times that it was vacuumed by hand.'),
  table.counter('autovacuum_count', 'Times that it was vacuumed by itself.'),
  table.counter('analyze_count', 'Times that it was analyzed by hand.'),
  table.counter('autoanalyze_count', 'Times that it was analyzed by itself.'),
  table.gauge('table_size_bytes', 'What the table takes without its indexes, by the last vacuum or analyze.', {
    unit: 'bytes',
  }),
  table.gauge('index_size_bytes', 'What its indexes take, by the last vacuum or analyze.', {
    unit: 'bytes',
  }),
  gauge('larder_database_tables', 'Tables of the database.', byDatabase),
  gauge('larder_database_dead_tuples', 'Rows of all its tables that wait for a vacuum, estimated.', byDatabase),
];

export const databaseMetrics: readonly Metric[] = [...perDatabase, ...sessions, ...perTable];
