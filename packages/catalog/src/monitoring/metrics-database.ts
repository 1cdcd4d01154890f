/** What a server says of each of its databases, of the sessions in them, and of their tables. Spelled as postgres_exporter spells it. */
import { entriesFrom, type Metric } from './metric.ts';

const { gauge, counter } = entriesFrom('server');
const byDatabase = { labels: ['datname'] };
const byId = { labels: ['datid', 'datname'] };

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
  gauge('pg_stat_database_numbackends', 'Sessions in the database.', byId),
  counter('pg_stat_database_xact_commit', 'Transactions that were committed.', byId),
  counter('pg_stat_database_xact_rollback', 'Transactions that were rolled back.', byId),
  counter('pg_stat_database_blks_read', 'Blocks that were not in the cache.', byId),
  counter('pg_stat_database_blks_hit', 'Blocks that were found in the cache.', byId),
  counter('pg_stat_database_tup_returned', 'Rows that were read.', byId),
  counter('pg_stat_database_tup_fetched', 'Rows that were fetched by an index.', byId),
  counter('pg_stat_database_tup_inserted', 'Rows that were inserted.', byId),
  counter('pg_stat_database_tup_updated', 'Rows that were updated.', byId),
  counter('pg_stat_database_tup_deleted', 'Rows that were deleted.', byId),
  counter('pg_stat_database_conflicts', 'Queries that were cancelled since they conflicted with recovery.', byId),
  counter('pg_stat_database_temp_files', 'Temporary files that queries made.', byId),
  counter('pg_stat_database_temp_bytes', 'What was written to them.', { ...byId, unit: 'bytes' }),
  counter('pg_stat_database_deadlocks', 'Deadlocks that were resolved.', byId),
  counter('pg_stat_database_blk_read_time', 'Time that sessions read blocks.', { ...byId, unit: 'milliseconds' }),
  counter('pg_stat_database_blk_write_time', 'Time that sessions wrote blocks.', { ...byId, unit: 'milliseconds' }),
  counter('pg_stat_database_stats_reset', 'When these counts began.', { ...byId, unit: 'unix time' }),
  counter('pg_stat_database_active_time_seconds_total', 'Time that sessions executed statements.', {
    ...byId,
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

const byTable = { labels: ['datname', 'schemaname', 'relname'] };
const perTable: Metric[] = [
  counter('pg_stat_user_tables_seq_scan', 'Times that the table was read as a whole.', byTable),
  counter('pg_stat_user_tables_seq_tup_read', 'Rows that this read.', byTable),
  counter('pg_stat_user_tables_idx_scan', 'Times that an index of the table was used.', byTable),
  counter('pg_stat_user_tables_idx_tup_fetch', 'Rows that this fetched.', byTable),
  counter('pg_stat_user_tables_n_tup_ins', 'Rows that were inserted.', byTable),
  counter('pg_stat_user_tables_n_tup_upd', 'Rows that were updated.', byTable),
  counter('pg_stat_user_tables_n_tup_del', 'Rows that were deleted.', byTable),
  counter('pg_stat_user_tables_n_tup_hot_upd', 'Rows that were updated without a new entry in an index.', byTable),
  gauge('pg_stat_user_tables_n_live_tup', 'Rows, estimated.', byTable),
  gauge('pg_stat_user_tables_n_dead_tup', 'Rows that wait for a vacuum, estimated.', byTable),
  gauge('pg_stat_user_tables_n_mod_since_analyze', 'Rows that changed since the last analyze, estimated.', byTable),
  gauge('pg_stat_user_tables_last_vacuum', 'When it was last vacuumed by hand; 0: never.', {
    ...byTable,
    unit: 'unix time',
  }),
  gauge('pg_stat_user_tables_last_autovacuum', 'When it was last vacuumed by itself; 0: never.', {
    ...byTable,
    unit: 'unix time',
  }),
  gauge('pg_stat_user_tables_last_analyze', 'When it was last analyzed by hand; 0: never.', {
    ...byTable,
    unit: 'unix time',
  }),
  gauge('pg_stat_user_tables_last_autoanalyze', 'When it was last analyzed by itself; 0: never.', {
    ...byTable,
    unit: 'unix time',
  }),
  counter('pg_stat_user_tables_vacuum_count', 'Times that it was vacuumed by hand.', byTable),
  counter('pg_stat_user_tables_autovacuum_count', 'Times that it was vacuumed by itself.', byTable),
  counter('pg_stat_user_tables_analyze_count', 'Times that it was analyzed by hand.', byTable),
  counter('pg_stat_user_tables_autoanalyze_count', 'Times that it was analyzed by itself.', byTable),
  gauge(
    'pg_stat_user_tables_table_size_bytes',
    'What the table takes without its indexes, by the last vacuum or analyze.',
    {
      ...byTable,
      unit: 'bytes',
    },
  ),
  gauge('pg_stat_user_tables_index_size_bytes', 'What its indexes take, by the last vacuum or analyze.', {
    ...byTable,
    unit: 'bytes',
  }),
  gauge('larder_database_tables', 'Tables of the database.', byDatabase),
  gauge('larder_database_dead_tuples', 'Rows of all its tables that wait for a vacuum, estimated.', byDatabase),
];

export const databaseMetrics: readonly Metric[] = [...perDatabase, ...sessions, ...perTable];
