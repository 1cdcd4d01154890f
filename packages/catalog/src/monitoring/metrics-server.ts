/**
 * What a server says of itself as a whole. Spelled as postgres_exporter spells it, where it has it; `cnpg_` is CloudNativePG's own.
 * Types are theirs too, also where a name says otherwise.
 */
import { entriesFrom, type Metric } from './metric.ts';

const { gauge, counter } = entriesFrom('server');
const slot = entriesFrom('server', { prefix: 'pg_replication_slot_', labels: ['slot_name', 'slot_type'] });
const checkpointer = entriesFrom('server', { prefix: 'pg_stat_checkpointer_', majors: { from: 17 } });
const collector = { labels: ['collector'] };

const reachable: Metric[] = [
  gauge('pg_up', 'Whether the server answers, were it to say that all its connections are taken.', { unit: 'boolean' }),
  gauge('pg_exporter_last_scrape_error', 'Whether anything failed when the server was asked last.', {
    unit: 'boolean',
  }),
  gauge('pg_scrape_collector_success', 'Whether this part of the measurement succeeded.', {
    ...collector,
    unit: 'boolean',
  }),
  gauge('pg_scrape_collector_duration_seconds', 'How long this part of the measurement took.', {
    ...collector,
    unit: 'seconds',
  }),
  gauge('cnpg_collector_up', 'Whether the server answers.', { labels: ['cluster'], unit: 'boolean' }),
  gauge('pg_static', 'The version of the server.', { labels: ['version', 'short_version'] }),
  gauge('pg_postmaster_start_time_seconds', 'When the server was started.', { unit: 'unix time' }),
];

const sessions: Metric[] = [
  gauge('pg_long_running_transactions', 'Transactions of clients that have run for more than a minute.'),
  gauge('pg_long_running_transactions_oldest_timestamp_seconds', 'The age of the oldest transaction of a client.', {
    unit: 'seconds',
  }),
  gauge('cnpg_backends_waiting_total', 'Sessions that wait for a lock of another.'),
  gauge('larder_pending_restart_settings', 'Settings that differ from what runs until the server is restarted.'),
  gauge('larder_connections_reserved', 'Connections that only upkeep and monitoring can take.'),
];

const wal: Metric[] = [
  counter('pg_stat_archiver_archived_count', 'WAL files that were archived.'),
  counter('pg_stat_archiver_failed_count', 'Attempts to archive a WAL file that failed.'),
  gauge('pg_stat_archiver_last_archive_age', 'Time since the last WAL file was archived.', { unit: 'seconds' }),
  gauge(
    'cnpg_pg_stat_archiver_seconds_since_last_archival',
    'Time since the last WAL file was archived; -1 before the first.',
    { unit: 'seconds' },
  ),
  gauge('cnpg_pg_stat_archiver_seconds_since_last_failure', 'Time since archiving last failed; -1 if it never did.', {
    unit: 'seconds',
  }),
  gauge('cnpg_pg_stat_archiver_last_archived_time', 'When the last WAL file was archived; -1 before the first.', {
    unit: 'unix time',
  }),
  gauge('cnpg_pg_stat_archiver_last_failed_time', 'When archiving last failed; -1 if it never did.', {
    unit: 'unix time',
  }),
  gauge('cnpg_collector_pg_wal_archive_status', 'WAL files that are archived (done) or wait for it (ready).', {
    labels: ['value'],
  }),
  gauge('pg_wal_segments', 'WAL files that the server keeps.'),
  gauge('pg_wal_size_bytes', 'What they take.', { unit: 'bytes' }),
  counter('larder_wal_written_bytes_total', 'WAL that was written since the data directory was made.', {
    unit: 'bytes',
  }),
  gauge('larder_archive_age_seconds', 'How long the oldest WAL file that is to be archived waits; 0 if none does.', {
    unit: 'seconds',
  }),
];

const replication: Metric[] = [
  gauge('pg_replication_lag_seconds', 'How far a standby is behind; 0 on a primary.', { unit: 'seconds' }),
  gauge('pg_replication_is_replica', 'Whether the server is a standby.', { unit: 'boolean' }),
  gauge('cnpg_pg_replication_in_recovery', 'Whether the server is a standby or recovers.', { unit: 'boolean' }),
  gauge('cnpg_pg_replication_streaming_replicas', 'Standbys and other receivers of WAL that are connected.'),
  gauge('pg_replication_slots_active', 'Whether the slot is in use.', {
    labels: ['slot_name', 'database'],
    unit: 'boolean',
  }),
  gauge('pg_replication_slots_pg_wal_lsn_diff', 'WAL that is kept for the slot.', {
    labels: ['slot_name', 'database'],
    unit: 'bytes',
  }),
  slot.gauge('slot_is_active', 'Whether the slot is in use.', { unit: 'boolean' }),
  slot.gauge('slot_current_wal_lsn', 'Where the server writes WAL now.', { unit: 'bytes' }),
  slot.gauge('slot_confirmed_flush_lsn', 'What the receiver has confirmed.', {
    unit: 'bytes',
  }),
  slot.gauge('safe_wal_size_bytes', 'WAL that can be written before the slot is lost.', {
    unit: 'bytes',
  }),
  slot.gauge('wal_status', 'The state of the WAL that the slot needs.', {
    labels: ['slot_name', 'slot_type', 'wal_status'],
  }),
  ...['write', 'flush', 'replay'].map(step =>
    gauge(`cnpg_pg_stat_replication_${step}_lag_seconds`, `How far a receiver is behind with this: ${step}.`, {
      labels: ['application_name', 'client_addr', 'usename'],
      unit: 'seconds',
    }),
  ),
  gauge('pg_stat_replication_pg_wal_lsn_diff', 'WAL that a receiver has not applied yet.', {
    labels: ['application_name', 'client_addr', 'state', 'slot_name', 'pid'],
    unit: 'bytes',
  }),
];

/** Older versions of the exporter, and many dashboards, know them without `_total`. */
const writer: Metric[] = [
  ['checkpoints_timed', 'Checkpoints because their time had come.'],
  ['checkpoints_req', 'Checkpoints because somebody or the WAL asked for them.'],
  ['checkpoint_write_time', 'Time that checkpoints wrote.', 'milliseconds' as const],
  ['checkpoint_sync_time', 'Time that checkpoints waited for the disk.', 'milliseconds' as const],
  ['buffers_checkpoint', 'Buffers that checkpoints wrote.'],
  ['buffers_clean', 'Buffers that the background writer wrote.'],
  ['maxwritten_clean', 'Times that the background writer stopped since it had written enough.'],
  ['buffers_backend', 'Buffers that sessions had to write themselves.'],
  ['buffers_backend_fsync', 'Times that sessions had to wait for the disk themselves.'],
  ['buffers_alloc', 'Buffers that were allocated.'],
].flatMap(([name, help = '', unit]) =>
  ['_total', ''].map(end =>
    counter(`pg_stat_bgwriter_${name}${end}`, help, unit === undefined ? {} : { unit: 'milliseconds' }),
  ),
);

const checkpoints: Metric[] = [
  checkpointer.counter('num_timed_total', 'Checkpoints because their time had come.'),
  checkpointer.counter('num_requested_total', 'Checkpoints that were asked for.'),
  checkpointer.counter('restartpoints_timed_total', 'Restartpoints because their time had come.'),
  checkpointer.counter('restartpoints_req_total', 'Restartpoints that were asked for.'),
  checkpointer.counter('restartpoints_done_total', 'Restartpoints that were made.'),
  checkpointer.counter('write_time_total', 'Time that checkpoints wrote.', {
    unit: 'milliseconds',
  }),
  checkpointer.counter('sync_time_total', 'Time that checkpoints waited for the disk.', {
    unit: 'milliseconds',
  }),
  checkpointer.counter('buffers_written_total', 'Buffers that checkpoints wrote.'),
];

export const serverMetrics: readonly Metric[] = [
  ...reachable,
  ...sessions,
  ...wal,
  ...replication,
  ...writer,
  ...checkpoints,
];
