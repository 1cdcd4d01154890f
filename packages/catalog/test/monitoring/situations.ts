/** Instances as their metrics show them: one that is well, and for each alert one for which it must fire. For our evaluator and for Prometheus. */
import type { Sample } from '@larder/catalog';

const days = 86_400;

/** Series by name; a list where there are several. What is left out isn't there. */
export type Series = Record<string, number | { labels: Record<string, string>; value: number }[]>;

/** One that is well, at the time 0. */
export const well: Series = {
  larder_instance_alerts_enabled: 1,
  larder_maintenance_active: 0,
  pg_up: 1,
  pg_settings_max_connections: 100,
  larder_connections_reserved: 6,
  pg_stat_activity_count: [
    { labels: { backend_type: 'client backend', datname: 'app', state: 'active' }, value: 3 },
    { labels: { backend_type: 'client backend', datname: 'app', state: 'idle' }, value: 40 },
    { labels: { backend_type: 'autovacuum worker', datname: 'app', state: 'active' }, value: 60 },
  ],
  cnpg_pg_stat_replication_replay_lag_seconds: [{ labels: { application_name: 'reporting' }, value: 2 }],
  larder_archive_age_seconds: 0,
  larder_backup_enabled: 1,
  larder_backup_last_success_timestamp_seconds: -3600,
  larder_backup_last_failure_timestamp_seconds: 0,
  larder_backup_interval_seconds: days,
  larder_drill_last_result: 1,
  larder_storage_size_bytes: 10_000,
  larder_storage_used_bytes: 6_000,
  larder_storage_full_timestamp_seconds: 40 * days,
  pg_database_wraparound_age_datfrozenxid_seconds: [
    { labels: { datname: 'app' }, value: 150_000_000 },
    { labels: { datname: 'postgres' }, value: 190_000_000 },
  ],
  pg_database_wraparound_age_datminmxid_seconds: [{ labels: { datname: 'app' }, value: 12 }],
  pg_long_running_transactions_oldest_timestamp_seconds: 59,
  larder_certificate_expiry_timestamp_seconds: 200 * days,
  larder_end_of_life_timestamp_seconds: 900 * days,
  larder_slo_burn_rate: ['5m', '30m', '1h', '6h', '3d'].map(window => ({ labels: { window }, value: 0.4 })),
};

const burns = (rates: Record<string, number>): Series => ({
  larder_slo_burn_rate: Object.entries(rates).map(([window, value]) => ({ labels: { window }, value })),
});

/** What must be otherwise so that it fires, the value that it tells, and what comes near without being it. */
export const situations: Record<string, { fires: Series; tells: string; also?: string[]; quiet: Series[] }> = {
  PostgreSQLDown: { fires: { pg_up: 0 }, tells: '', quiet: [{ pg_up: 1 }] },
  PostgreSQLConnectionsNearLimit: {
    fires: { pg_stat_activity_count: [{ labels: { backend_type: 'client backend', datname: 'app' }, value: 80 }] },
    tells: '85.1%',
    quiet: [
      { pg_stat_activity_count: [{ labels: { backend_type: 'client backend', datname: 'app' }, value: 79 }] },
      { pg_stat_activity_count: [{ labels: { backend_type: 'walsender', datname: '' }, value: 94 }] },
    ],
  },
  PostgreSQLReplicationLag: {
    fires: { cnpg_pg_stat_replication_replay_lag_seconds: [{ labels: { application_name: 'reporting' }, value: 301 }] },
    tells: '5m 1s',
    quiet: [{ cnpg_pg_stat_replication_replay_lag_seconds: [] }],
  },
  PostgreSQLNotArchiving: {
    fires: { larder_archive_age_seconds: 930 },
    tells: '15m 30s',
    quiet: [{ larder_archive_age_seconds: 900 }, { larder_archive_age_seconds: 9000, larder_backup_enabled: 0 }],
  },
  PostgreSQLBackupFailed: {
    fires: { larder_backup_last_failure_timestamp_seconds: 60 },
    tells: '',
    quiet: [{ larder_backup_last_failure_timestamp_seconds: 60, larder_backup_enabled: 0 }],
  },
  PostgreSQLBackupLate: {
    fires: { larder_backup_last_success_timestamp_seconds: -1.6 * days },
    tells: '',
    quiet: [
      { larder_backup_last_success_timestamp_seconds: -1.3 * days },
      { larder_backup_last_success_timestamp_seconds: -9 * days, larder_backup_interval_seconds: 7 * days },
      { larder_backup_last_success_timestamp_seconds: -9 * days, larder_backup_enabled: 0 },
    ],
  },
  PostgreSQLDrillFailed: {
    fires: { larder_drill_last_result: 0 },
    tells: '',
    quiet: [{ larder_drill_last_result: [] }],
  },
  PostgreSQLStorageFillsSoon: {
    fires: { larder_storage_full_timestamp_seconds: 3 * days },
    tells: '2d 22h',
    quiet: [
      { larder_storage_full_timestamp_seconds: [] },
      { larder_storage_full_timestamp_seconds: 3 * days, larder_storage_used_bytes: 4_000 },
    ],
  },
  PostgreSQLStorageNearlyFull: {
    fires: { larder_storage_used_bytes: 9_000 },
    tells: '90%',
    quiet: [{ larder_storage_used_bytes: 8_500 }, { larder_storage_used_bytes: [] }],
  },
  PostgreSQLStorageFull: {
    fires: { larder_storage_used_bytes: 9_600 },
    tells: '96%',
    also: ['PostgreSQLStorageNearlyFull'],
    quiet: [{ larder_storage_used_bytes: 8_000 }],
  },
  PostgreSQLWraparound: {
    fires: { pg_database_wraparound_age_datminmxid_seconds: [{ labels: { datname: 'app' }, value: 1_000_000_001 }] },
    tells: '1,000,000,001',
    quiet: [
      { pg_database_wraparound_age_datfrozenxid_seconds: [{ labels: { datname: 'app' }, value: 1_000_000_000 }] },
    ],
  },
  PostgreSQLLongTransaction: {
    fires: { pg_long_running_transactions_oldest_timestamp_seconds: 5400 },
    tells: '1h 30m',
    quiet: [{ pg_long_running_transactions_oldest_timestamp_seconds: 3600 }],
  },
  PostgreSQLCertificateExpires: {
    fires: { larder_certificate_expiry_timestamp_seconds: 4 * days },
    tells: '3d 22h',
    quiet: [{ larder_certificate_expiry_timestamp_seconds: 6 * days }],
  },
  PostgreSQLEndOfLife: {
    fires: { larder_end_of_life_timestamp_seconds: 80 * days },
    tells: '79d 22h',
    quiet: [{ larder_end_of_life_timestamp_seconds: 95 * days }],
  },
  PostgreSQLErrorBudgetBurnsFast: {
    fires: burns({ '5m': 20, '1h': 16, '30m': 1, '6h': 1 }),
    tells: '16',
    quiet: [burns({ '5m': 0, '1h': 16 }), burns({ '5m': 900, '1h': 14 }), burns({})],
  },
  PostgreSQLErrorBudgetBurns: {
    fires: burns({ '5m': 1, '1h': 1, '30m': 8, '6h': 7.5 }),
    tells: '7.5',
    quiet: [burns({ '30m': 0, '6h': 7 }), burns({ '30m': 9, '6h': 5 })],
  },
};

/** One that is down, or restarts, because its owner or its schedule wanted that. */
export const inMaintenance: Series = {
  larder_maintenance_active: 1,
  pg_up: 0,
  pg_stat_activity_count: [{ labels: { backend_type: 'client backend', datname: 'app' }, value: 94 }],
  cnpg_pg_stat_replication_replay_lag_seconds: [{ labels: { application_name: 'reporting' }, value: 4000 }],
};

/** The series of an instance as samples. */
export function samplesOf(...series: Series[]): Sample[] {
  const all = Object.assign({}, ...series) as Series;
  return Object.entries(all).flatMap(([name, value]) =>
    typeof value === 'number' ? [{ name, labels: {}, value }] : value.map(one => ({ name, ...one })),
  );
}
