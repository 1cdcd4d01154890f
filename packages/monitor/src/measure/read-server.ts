/** What a server's answers about itself as a whole mean, as metrics. */
import { add, type Measured } from '../measured.ts';
import { bounds } from './bounds.ts';

export type Row = readonly unknown[];

/** Of one row, which is always there. */
export function readInstance([row = []]: readonly Row[], measured: Measured): void {
  const [started, recovering, lag, position] = row;
  add(measured, 'pg_postmaster_start_time_seconds', started);
  add(measured, 'pg_replication_is_replica', recovering);
  add(measured, 'cnpg_pg_replication_in_recovery', recovering);
  add(measured, 'pg_replication_lag_seconds', lag);
  add(measured, 'larder_wal_written_bytes_total', position);
}

export function readArchiver([row = []]: readonly Row[], measured: Measured): void {
  const [archived, failed, age, time, failedAge, failedTime] = row;
  add(measured, 'pg_stat_archiver_archived_count', archived);
  add(measured, 'pg_stat_archiver_failed_count', failed);
  add(measured, 'pg_stat_archiver_last_archive_age', age);
  add(measured, 'cnpg_pg_stat_archiver_seconds_since_last_archival', age ?? -1);
  add(measured, 'cnpg_pg_stat_archiver_last_archived_time', time ?? -1);
  add(measured, 'cnpg_pg_stat_archiver_seconds_since_last_failure', failedAge ?? -1);
  add(measured, 'cnpg_pg_stat_archiver_last_failed_time', failedTime ?? -1);
}

const WRITER = [
  'checkpoints_timed',
  'checkpoints_req',
  'checkpoint_write_time',
  'checkpoint_sync_time',
  'buffers_checkpoint',
  'buffers_clean',
  'maxwritten_clean',
  'buffers_backend',
  'buffers_backend_fsync',
  'buffers_alloc',
];

/** On 17 and later the same under the new names too, and what only they have after it. */
export function readWriter([row = []]: readonly Row[], measured: Measured): void {
  for (const [at, name] of WRITER.entries())
    for (const end of ['_total', '']) add(measured, `pg_stat_bgwriter_${name}${end}`, row[at]);
  if (row.length <= WRITER.length) return;
  const [timed, requested, write, sync, buffers] = row;
  const [restartTimed, restartRequested, restartDone] = row.slice(WRITER.length);
  const values = {
    num_timed: timed,
    num_requested: requested,
    restartpoints_timed: restartTimed,
    restartpoints_req: restartRequested,
    restartpoints_done: restartDone,
    write_time: write,
    sync_time: sync,
    buffers_written: buffers,
  };
  for (const [name, value] of Object.entries(values)) add(measured, `pg_stat_checkpointer_${name}_total`, value);
}

export function readTransactions([row = []]: readonly Row[], measured: Measured): void {
  const [long, oldest] = row;
  add(measured, 'pg_long_running_transactions', long);
  add(measured, 'pg_long_running_transactions_oldest_timestamp_seconds', oldest);
}

/** Returns how many were left out. */
export function readSlots(rows: readonly Row[], measured: Measured): number {
  for (const row of rows.slice(0, bounds.slots)) {
    const [name, type, database, active, kept, current, confirmed, safe, status] = row;
    const byDatabase = [String(name), String(database)];
    const byType = [String(name), String(type)];
    add(measured, 'pg_replication_slots_active', active, byDatabase);
    add(measured, 'pg_replication_slots_pg_wal_lsn_diff', kept, byDatabase);
    add(measured, 'pg_replication_slot_slot_is_active', active, byType);
    add(measured, 'pg_replication_slot_slot_current_wal_lsn', current, byType);
    add(measured, 'pg_replication_slot_slot_confirmed_flush_lsn', confirmed, byType);
    add(measured, 'pg_replication_slot_safe_wal_size_bytes', safe, byType);
    if (status !== '') add(measured, 'pg_replication_slot_wal_status', 1, [...byType, String(status)]);
  }
  return Math.max(0, rows.length - bounds.slots);
}

/** Returns how many were left out. */
export function readReplication(rows: readonly Row[], measured: Measured): number {
  add(measured, 'cnpg_pg_replication_streaming_replicas', rows.length);
  for (const row of rows.slice(0, bounds.receivers)) {
    const [application, address, state, slot, pid, user] = row.slice(0, 6).map(String) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const [behind, write, flush, replay] = row.slice(6);
    add(measured, 'pg_stat_replication_pg_wal_lsn_diff', behind, [application, address, state, slot, pid]);
    const lags = { write, flush, replay };
    for (const [step, lag] of Object.entries(lags))
      add(measured, `cnpg_pg_stat_replication_${step}_lag_seconds`, lag, [application, address, user]);
  }
  return Math.max(0, rows.length - bounds.receivers);
}

export function readWal([row = []]: readonly Row[], measured: Measured): void {
  const [segments, bytes, ready, done, oldest] = row;
  add(measured, 'pg_wal_segments', segments);
  add(measured, 'pg_wal_size_bytes', bytes);
  add(measured, 'cnpg_collector_pg_wal_archive_status', ready, ['ready']);
  add(measured, 'cnpg_collector_pg_wal_archive_status', done, ['done']);
  add(measured, 'larder_archive_age_seconds', ready === 0 ? 0 : oldest);
}
