/**
 * The table's metrics on a cluster, as recording rules over what the engine's own exporter tells. What nobody measures there is left out,
 * rather than guessed: an alert without its metric is quiet, and a panel of a dashboard empty.
 */
import type { KubeObject } from '@larder/kube';
import { quoted } from '../../monitoring/expression.ts';
import type { RecordingRule } from '../../monitoring/rules.ts';
import { fieldAt, textOf } from '../fields.ts';

export type Exporter = 'cloudnativepg' | 'stackgres';

export interface Recorded {
  composite: KubeObject;
  /** Of the claim: the labels that every series gets. */
  instance: { namespace: string; claim: string };
  /** The namespace of its pods. */
  here: string;
  /** Whether its owner wants alerts. */
  alerts: boolean;
}

export function recordings({ composite, instance, here, alerts }: Recorded, exporter: Exporter): RecordingRule[] {
  const selector = `namespace=${quoted(here)}`;
  const maintained = fieldAt(composite.status, 'maintenance.current') === undefined ? 0 : 1;
  const version = textOf(fieldAt(composite.status, 'version'));
  const labels = { ...instance, instance: `${instance.namespace}/${instance.claim}` };
  const facts: Record<string, string> = {
    larder_instance_alerts_enabled: `vector(${alerts ? 1 : 0})`,
    larder_maintenance_active: `vector(${maintained})`,
    ...endOfLife(composite),
  };
  const info: RecordingRule = {
    record: 'larder_instance_info',
    expr: 'vector(1)',
    labels: { ...labels, composite: composite.metadata.name, ...(version === '' ? {} : { version }) },
  };
  const measured = exporter === 'cloudnativepg' ? cloudNativePgMetrics(selector) : exporterMetrics(selector);
  const recorded = Object.entries({ ...facts, ...measured }).map(([record, expr]) => ({
    record,
    expr,
    labels: record === 'pg_stat_activity_count' ? { ...labels, backend_type: 'client backend' } : labels,
  }));
  return [info, ...recorded];
}

function endOfLife(composite: KubeObject): Record<string, string> {
  const day = textOf(fieldAt(composite.status, 'endOfLife'));
  const [year, month, date] = day.split('-').map(Number);
  if (!year || !month || !date) return {};
  return { larder_end_of_life_timestamp_seconds: `vector(${unixDay(year, month, date) * 86_400})` };
}

/** Days since 1970 of a date in the Gregorian calendar. */
function unixDay(year: number, month: number, date: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

/** What was measured within the last hour and isn't any more is down; what nobody ever measured is neither up nor down. */
function upOrGone(series: string): string {
  return `max(${series}) or max(max_over_time(${series}[1h])) * 0`;
}

/** Counted by CloudNativePG under the exporter's names with a `cnpg_` before them; each server counts for itself. */
const COUNTED = [
  ...['xact_commit', 'xact_rollback', 'blks_read', 'blks_hit', 'conflicts', 'temp_files', 'temp_bytes', 'deadlocks'],
  ...['returned', 'fetched', 'inserted', 'updated', 'deleted'].map(what => `tup_${what}`),
  ...['blk_read_time', 'blk_write_time'],
].map(name => `pg_stat_database_${name}`);

/** In the names that CloudNativePG's default queries have. */
function cloudNativePgMetrics(here: string): Record<string, string> {
  const setting = (name: string): string => `max(cnpg_pg_settings_setting{${here},name=${quoted(name)}})`;
  const blocks = (name: string): string => `${setting(name)} * 8192`;
  const writer = (before17: string, since17: string): string =>
    `sum(cnpg_pg_stat_bgwriter_${before17}{${here}}) or sum(cnpg_pg_stat_checkpointer_${since17}{${here}})`;
  return {
    pg_up: upOrGone(`cnpg_collector_up{${here}}`),
    pg_stat_activity_count: `sum by (datname, state) (cnpg_backends_total{${here}})`,
    pg_settings_max_connections: setting('max_connections'),
    pg_settings_shared_buffers_bytes: blocks('shared_buffers'),
    pg_settings_autovacuum_freeze_max_age: setting('autovacuum_freeze_max_age'),
    larder_connections_reserved: setting('superuser_reserved_connections'),
    pg_database_wraparound_age_datfrozenxid_seconds: `max by (datname) (cnpg_pg_database_xid_age{${here}})`,
    pg_database_wraparound_age_datminmxid_seconds: `max by (datname) (cnpg_pg_database_mxid_age{${here}})`,
    pg_database_size_bytes: `max by (datname) (cnpg_pg_database_size_bytes{${here}})`,
    pg_long_running_transactions_oldest_timestamp_seconds: `max(cnpg_backends_max_tx_duration_seconds{${here}})`,
    pg_replication_slots_pg_wal_lsn_diff: `max by (slot_name, database) (cnpg_pg_replication_slots_pg_wal_lsn_diff{${here}})`,
    pg_stat_archiver_archived_count: `max(cnpg_pg_stat_archiver_archived_count{${here}})`,
    pg_stat_archiver_failed_count: `max(cnpg_pg_stat_archiver_failed_count{${here}})`,
    pg_stat_bgwriter_checkpoints_timed_total: writer('checkpoints_timed', 'checkpoints_timed'),
    pg_stat_bgwriter_checkpoints_req_total: writer('checkpoints_req', 'checkpoints_req'),
    pg_stat_bgwriter_buffers_checkpoint_total: writer('buffers_checkpoint', 'buffers_written'),
    pg_stat_bgwriter_buffers_clean_total: `sum(cnpg_pg_stat_bgwriter_buffers_clean{${here}})`,
    pg_wal_size_bytes: `max(cnpg_collector_pg_wal{${here},value="size"})`,
    pg_wal_segments: `max(cnpg_collector_pg_wal{${here},value="count"})`,
    ...Object.fromEntries(COUNTED.map(name => [name, `sum by (datname) (cnpg_${name}{${here}})`])),
    ...same(here, ['cnpg_pg_stat_replication_replay_lag_seconds', 'cnpg_backends_waiting_total']),
    ...same(here, ['cnpg_collector_pg_wal_archive_status'], 'value'),
  };
}

/** Of the same name, under the labels of the claim. */
function same(here: string, names: string[], by?: string): Record<string, string> {
  const highest = by === undefined ? 'max' : `max by (${by})`;
  return Object.fromEntries(names.map(name => [name, `${highest} (${name}{${here}})`]));
}

/** In the names of postgres_exporter, which StackGres runs beside each server. */
function exporterMetrics(here: string): Record<string, string> {
  return {
    pg_up: upOrGone(`pg_up{${here}}`),
    pg_stat_activity_count: `sum by (datname, state) (pg_stat_activity_count{${here}})`,
    pg_settings_max_connections: `max(pg_settings_max_connections{${here}})`,
    larder_connections_reserved: `max(pg_settings_superuser_reserved_connections{${here}})`,
    pg_long_running_transactions_oldest_timestamp_seconds: `max(pg_stat_activity_max_tx_duration{${here}})`,
    pg_database_size_bytes: `max by (datname) (pg_database_size_bytes{${here}})`,
    ...Object.fromEntries(COUNTED.map(name => [name, `sum by (datname) (${name}{${here}})`])),
  };
}
