/** What is known of an instance beside what its server says: from its claim, its backups, its processes, its disk. */
import { entriesFrom, type Metric } from './metric.ts';

const { gauge } = entriesFrom('claim');
const moment = { unit: 'unix time' } as const;
const truth = { unit: 'boolean' } as const;
const bytes = { unit: 'bytes' } as const;
const of = entriesFrom('processes');

const instance: Metric[] = [
  gauge('larder_instance_info', 'The instance.', { labels: ['composite', 'version', 'endpoint'] }),
  gauge('larder_instance_ready', 'Whether the claim is ready.', truth),
  gauge('larder_instance_alerts_enabled', 'Whether the claim asks for alerts.', truth),
  gauge('larder_facts_timestamp_seconds', 'When the plane last had a look at the claim.', moment),
  gauge('larder_certificate_expiry_timestamp_seconds', 'When the certificate of the server ends.', moment),
  gauge('larder_end_of_life_timestamp_seconds', 'When the community stops supporting the major version.', moment),
  gauge('larder_pending_changes', 'Changes that wait for a restart or for a maintenance window.'),
  gauge('larder_maintenance_active', 'Whether the instance is being maintained now.', truth),
];

const storage: Metric[] = [
  gauge('larder_storage_size_bytes', 'What the instance may take of the disk.', bytes),
  gauge('larder_storage_used_bytes', 'What it takes, WAL and logs included.', bytes),
  gauge(
    'larder_storage_full_timestamp_seconds',
    'When it is full if it goes on growing as it does; absent if not.',
    moment,
  ),
];

const backups: Metric[] = [
  gauge('larder_backup_enabled', 'Whether backups are made.', truth),
  gauge('larder_backup_last_success_timestamp_seconds', 'When the newest base backup was complete; 0: none.', moment),
  gauge('larder_backup_last_failure_timestamp_seconds', 'Since when making one fails; 0: it does not.', moment),
  gauge('larder_backup_interval_seconds', 'How far apart scheduled backups are.', { unit: 'seconds' }),
  gauge('larder_recoverable_from_timestamp_seconds', 'The first moment that can be brought back.', moment),
  gauge('larder_recoverable_to_timestamp_seconds', 'The last moment that can be brought back.', moment),
  gauge('larder_archive_healthy', 'Whether WAL reaches the bucket.', truth),
  gauge('larder_drill_last_success_timestamp_seconds', 'When a restore drill last succeeded; 0: never.', moment),
  gauge('larder_drill_last_result', 'Whether the last restore drill succeeded.', truth),
  gauge('cnpg_collector_first_recoverability_point', 'The first moment that can be brought back; 0: none.', moment),
  gauge('cnpg_collector_last_available_backup_timestamp', 'When the newest base backup was complete; 0: none.', moment),
  gauge('cnpg_collector_last_failed_backup_timestamp', 'Since when making one fails; 0: it does not.', moment),
];

const processes: Metric[] = [
  of.counter('process_cpu_seconds_total', 'Processor time of the processes of the server.', { unit: 'seconds' }),
  of.gauge('process_resident_memory_bytes', 'Their memory: what each has for itself, and what they share once.', bytes),
  of.gauge('process_virtual_memory_bytes', 'The address space of the first of them.', bytes),
  of.gauge('process_open_fds', 'Files that the first of them has open.'),
  of.gauge('process_start_time_seconds', 'When the first of them was started.', moment),
];

export const claimMetrics: readonly Metric[] = [...instance, ...storage, ...backups, ...processes];
