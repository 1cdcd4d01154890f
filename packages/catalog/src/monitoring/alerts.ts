/** The alerts: one table, from which come the rules for Prometheus, what the local plane says by itself, and the runbooks. */
import type { Alert } from './alert.ts';
import { arithmetic, metric, now } from './expression.ts';
import { burnAlerts } from './service-level-alerts.ts';

const minutes = 60;
const hours = 3600;
const days = 86_400;

const backupsWanted = { value: metric('larder_backup_enabled'), comparison: '==', threshold: 1 } as const;
const storageShare = arithmetic(metric('larder_storage_used_bytes'), '/', metric('larder_storage_size_bytes'));
const clients = metric('pg_stat_activity_count', { where: { backend_type: 'client backend' }, by: 'sum' });
const slots = arithmetic(metric('pg_settings_max_connections'), '-', metric('larder_connections_reserved'));

/** The seconds that are left until a moment. */
function left(name: string): Alert['condition'][0]['value'] {
  return arithmetic(metric(name), '-', now);
}

const reachable: Alert[] = [
  {
    name: 'PostgreSQLDown',
    severity: 'critical',
    condition: [{ value: metric('pg_up'), comparison: '==', threshold: 0 }],
    forSeconds: 1 * minutes,
    unit: 'none',
    quietInMaintenance: true,
    summary: 'PostgreSQL of {namespace}/{claim} does not answer.',
    cause:
      'The server has ended, hangs, or can not start: a full disk, a lost data directory, a machine without memory.',
    remedy: 'Look at what the claim says and at the server’s log; the plane starts a server that has ended by itself.',
    runbook: 'postgresql-down.md',
  },
  {
    name: 'PostgreSQLConnectionsNearLimit',
    severity: 'warning',
    condition: [{ value: arithmetic(clients, '/', slots), comparison: '>', threshold: 0.85 }],
    forSeconds: 5 * minutes,
    unit: 'ratio',
    quietInMaintenance: true,
    summary: '{namespace}/{claim} has {value} of its connections taken.',
    cause: 'More clients than the instance is sized for, pools that are too large, or sessions that nobody closes.',
    remedy: 'Close what is idle or lower the pools; else raise settings.max_connections, which takes a restart.',
    runbook: 'connections-near-limit.md',
  },
  {
    name: 'PostgreSQLReplicationLag',
    severity: 'warning',
    condition: [{ value: metric('cnpg_pg_stat_replication_replay_lag_seconds'), comparison: '>', threshold: 300 }],
    forSeconds: 5 * minutes,
    unit: 'seconds',
    quietInMaintenance: true,
    summary: 'Who replicates from {namespace}/{claim} is {value} behind.',
    cause: 'A standby or a subscriber reads more slowly than the server writes, or is held up by a conflict.',
    remedy: 'Look at pg_stat_replication; end what holds the reader up, or give it more of its machine.',
    runbook: 'replication-lag.md',
  },
];

const safe: Alert[] = [
  {
    name: 'PostgreSQLNotArchiving',
    severity: 'critical',
    condition: [
      { value: metric('larder_archive_age_seconds'), comparison: '>', threshold: 15 * minutes },
      backupsWanted,
    ],
    forSeconds: 5 * minutes,
    unit: 'seconds',
    quietInMaintenance: false,
    summary: 'WAL of {namespace}/{claim} has been waiting to be archived for {value}.',
    cause: 'The bucket can not be reached, refuses the key or is full; or the archiver does not run.',
    remedy: 'Look at the condition ArchiveHealthy and make the bucket answer; what waits is archived then by itself.',
    runbook: 'not-archiving.md',
  },
  {
    name: 'PostgreSQLBackupFailed',
    severity: 'warning',
    condition: [
      { value: metric('larder_backup_last_failure_timestamp_seconds'), comparison: '>', threshold: 0 },
      backupsWanted,
    ],
    forSeconds: 0,
    unit: 'none',
    quietInMaintenance: false,
    summary: 'The last backup of {namespace}/{claim} failed.',
    cause: 'The bucket did not take it, the server went away meanwhile, or a page of its data is damaged.',
    remedy: 'Look at the condition BackupHealthy; ask for another with `larder backup`.',
    runbook: 'backup-failed.md',
  },
  {
    name: 'PostgreSQLBackupLate',
    severity: 'critical',
    condition: [
      {
        value: arithmetic(
          arithmetic(now, '-', metric('larder_backup_last_success_timestamp_seconds')),
          '/',
          metric('larder_backup_interval_seconds'),
        ),
        comparison: '>',
        threshold: 1.5,
      },
      backupsWanted,
    ],
    forSeconds: 1 * hours,
    unit: 'none',
    quietInMaintenance: false,
    summary: '{namespace}/{claim} has had no backup for more than one and a half times its interval.',
    cause: 'Backups fail or are not begun: the bucket, the server, or the plane was away when they were due.',
    remedy: 'Look at the condition BackupHealthy and status.backup.message; ask for one with `larder backup`.',
    runbook: 'backup-late.md',
  },
  {
    name: 'PostgreSQLDrillFailed',
    severity: 'critical',
    condition: [{ value: metric('larder_drill_last_result'), comparison: '==', threshold: 0 }],
    forSeconds: 0,
    unit: 'none',
    quietInMaintenance: false,
    summary: 'The last restore drill of {namespace}/{claim} failed: its backups may not give it back.',
    cause: 'A backup or the WAL after it is damaged or lacks, or the query of the drill is not true.',
    remedy: 'Read status.drill.last.message; make a new backup and hold another drill before you need one.',
    runbook: 'drill-failed.md',
  },
];

const room: Alert[] = [
  {
    name: 'PostgreSQLStorageFillsSoon',
    severity: 'warning',
    condition: [
      { value: left('larder_storage_full_timestamp_seconds'), comparison: '<', threshold: 4 * days },
      { value: storageShare, comparison: '>', threshold: 0.5 },
    ],
    forSeconds: 1 * hours,
    unit: 'seconds',
    quietInMaintenance: false,
    summary: 'At its present rate, {namespace}/{claim} has filled its storage in {value}.',
    cause: 'Data grows, or WAL is kept: a replication slot that nobody reads, or an archive that does not take it.',
    remedy: 'Raise resources.storageSize, which interrupts nothing; or remove what is not needed.',
    runbook: 'storage-filling.md',
  },
  {
    name: 'PostgreSQLStorageNearlyFull',
    severity: 'warning',
    condition: [{ value: storageShare, comparison: '>', threshold: 0.85 }],
    forSeconds: 5 * minutes,
    unit: 'ratio',
    quietInMaintenance: false,
    summary: '{namespace}/{claim} has used {value} of its storage; at 95% it becomes read-only.',
    cause: 'Data has grown, or WAL is kept: a replication slot that nobody reads, or an archive that does not take it.',
    remedy: 'Raise resources.storageSize, which interrupts nothing; or remove what is not needed.',
    runbook: 'storage-filling.md',
  },
  {
    name: 'PostgreSQLStorageFull',
    severity: 'critical',
    condition: [{ value: storageShare, comparison: '>=', threshold: 0.95 }],
    forSeconds: 0,
    unit: 'ratio',
    quietInMaintenance: false,
    summary: '{namespace}/{claim} has used {value} of its storage and takes no writes.',
    cause: 'Data or kept WAL has reached the size of the instance.',
    remedy: 'Raise resources.storageSize: writes are possible again without a restart.',
    runbook: 'storage-filling.md',
  },
];

const age: Alert[] = [
  {
    name: 'PostgreSQLWraparound',
    severity: 'critical',
    condition: [
      {
        value: metric([
          'pg_database_wraparound_age_datfrozenxid_seconds',
          'pg_database_wraparound_age_datminmxid_seconds',
        ]),
        comparison: '>',
        threshold: 1_000_000_000,
      },
    ],
    forSeconds: 5 * minutes,
    unit: 'count',
    quietInMaintenance: false,
    summary: 'A database of {namespace}/{claim} is {value} transactions old; at 2,146,483,647 nothing can be written.',
    cause: 'Vacuum can not freeze old rows: a long transaction, a prepared one, or a replication slot holds it back.',
    remedy: 'End what holds vacuum back, then run VACUUM in that database.',
    runbook: 'wraparound.md',
  },
  {
    name: 'PostgreSQLLongTransaction',
    severity: 'warning',
    condition: [
      { value: metric('pg_long_running_transactions_oldest_timestamp_seconds'), comparison: '>', threshold: 1 * hours },
    ],
    forSeconds: 5 * minutes,
    unit: 'seconds',
    quietInMaintenance: false,
    summary: 'A transaction on {namespace}/{claim} has been open for {value}.',
    cause: 'A session that forgot to commit, or a very long query. Vacuum removes nothing that it may still see.',
    remedy: 'Find it in pg_stat_activity and end it; set idle_in_transaction_session_timeout.',
    runbook: 'long-transaction.md',
  },
  {
    name: 'PostgreSQLCertificateExpires',
    severity: 'critical',
    condition: [{ value: left('larder_certificate_expiry_timestamp_seconds'), comparison: '<', threshold: 5 * days }],
    forSeconds: 1 * hours,
    unit: 'seconds',
    quietInMaintenance: false,
    summary: 'The certificate of {namespace}/{claim} expires in {value}; then clients that verify it can not connect.',
    cause: 'It is renewed long before by itself: whoever does that does not run, or can not write.',
    remedy: 'Start the plane, or look at its log; on a cluster look at the operator’s.',
    runbook: 'certificate-expires.md',
  },
  {
    name: 'PostgreSQLEndOfLife',
    severity: 'info',
    condition: [{ value: left('larder_end_of_life_timestamp_seconds'), comparison: '<', threshold: 90 * days }],
    forSeconds: 1 * hours,
    unit: 'seconds',
    quietInMaintenance: false,
    summary: 'The PostgreSQL of {namespace}/{claim} reaches the end of its life in {value}.',
    cause: 'The community supports a major version for five years; after that nobody mends what is found in it.',
    remedy: 'Plan the upgrade: set updatePolicy.version to a newer major version.',
    runbook: 'end-of-life.md',
  },
];

/** All of them, in the order of the documentation. */
export const alerts: readonly Alert[] = [...reachable, ...safe, ...room, ...age, ...burnAlerts];
