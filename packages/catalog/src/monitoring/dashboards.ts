/** The dashboards that come with Larder: of one instance, and of all. They ask for nothing that the table of metrics doesn't have. */
import type { Dashboard } from './dashboard.ts';
import { fleetDashboard } from './dashboard-fleet.ts';
import { series, stat, type Line } from './dashboard-panels.ts';

const ONE = 'namespace="$namespace",claim="$claim"';

const rate = (metric: string, more = ''): string => `rate(${metric}{${ONE}${more}}[$__rate_interval])`;
const summed = (metric: string): string => `sum(${rate(metric)})`;

export const instanceDashboard: Dashboard = {
  uid: 'larder-instance',
  title: 'Larder / Instance',
  description: 'One PostgreSQL instance: whether it is well, how busy it is, what is running out.',
  variables: [
    { name: 'namespace', label: 'Namespace', query: 'label_values(larder_instance_info, namespace)', all: false },
    {
      name: 'claim',
      label: 'Claim',
      query: 'label_values(larder_instance_info{namespace="$namespace"}, claim)',
      all: false,
    },
  ],
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat('Up', 'bool_yes_no', 'Whether the server answers.', `min(pg_up{${ONE}})`),
        stat('Ready', 'bool_yes_no', 'Whether the claim is ready.', `min(larder_instance_ready{${ONE}})`),
        stat(
          'Storage used',
          'percentunit',
          'At 95 % new sessions are read-only.',
          `max(larder_storage_used_bytes{${ONE}} / larder_storage_size_bytes{${ONE}})`,
        ),
        stat(
          'Connections used',
          'percentunit',
          'Of those that applications can have.',
          `sum(pg_stat_activity_count{${ONE}}) / (max(pg_settings_max_connections{${ONE}}) - max(larder_connections_reserved{${ONE}}))`,
        ),
        stat(
          'Last backup',
          's',
          'How long ago the newest base backup was complete.',
          `time() - max(larder_backup_last_success_timestamp_seconds{${ONE}})`,
        ),
        stat(
          'Changes that wait',
          'short',
          'For a restart, a window, or a word of the owner.',
          `max(larder_pending_changes{${ONE}})`,
        ),
      ],
    },
    {
      title: 'Load',
      panels: [
        series(
          'Transactions',
          'ops',
          'A rise of rollbacks is an application that fails.',
          [summed('pg_stat_database_xact_commit'), 'committed'],
          [summed('pg_stat_database_xact_rollback'), 'rolled back'],
        ),
        series(
          'Sessions',
          'short',
          'By what they do.',
          [`sum by (state) (pg_stat_activity_count{${ONE}})`, '{{state}}'],
          [`max(pg_settings_max_connections{${ONE}})`, 'max_connections'],
        ),
        series('Processors', 'short', 'Processor time in a second.', [rate('process_cpu_seconds_total'), 'used']),
        series(
          'Memory',
          'bytes',
          'Of all processes, what they share counted once.',
          [`process_resident_memory_bytes{${ONE}}`, 'used'],
          [`pg_settings_shared_buffers_bytes{${ONE}}`, 'shared_buffers'],
        ),
        series('Cache hits', 'percentunit', 'Blocks that were found in shared_buffers.', [
          `${summed('pg_stat_database_blks_hit')} / (${summed('pg_stat_database_blks_hit')} + ${summed('pg_stat_database_blks_read')})`,
          'hits',
        ]),
        series(
          'Rows',
          'ops',
          'Read and written.',
          ...(['fetched', 'returned', 'inserted', 'updated', 'deleted'] as const).map((what): Line => [
            summed(`pg_stat_database_tup_${what}`),
            what,
          ]),
        ),
        series('Temporary files', 'Bps', 'Sorts and joins that do not fit into work_mem.', [
          summed('pg_stat_database_temp_bytes'),
          'written',
        ]),
        series(
          'Locks',
          'short',
          'By their mode.',
          [`sum by (mode) (pg_locks_count{${ONE}}) > 0`, '{{mode}}'],
          [`cnpg_backends_waiting_total{${ONE}}`, 'sessions that wait'],
        ),
        series('Oldest transaction', 's', 'It holds back vacuum in all databases.', [
          `pg_long_running_transactions_oldest_timestamp_seconds{${ONE}}`,
          'age',
        ]),
      ],
    },
    {
      title: 'Storage and upkeep',
      panels: [
        series(
          'Storage',
          'bytes',
          'WAL and logs included.',
          [`larder_storage_used_bytes{${ONE}}`, 'used'],
          [`larder_storage_size_bytes{${ONE}}`, 'size'],
        ),
        series('Databases', 'bytes', 'By their size.', [`pg_database_size_bytes{${ONE}}`, '{{datname}}']),
        series('Dead rows', 'short', 'What waits for a vacuum.', [
          `larder_database_dead_tuples{${ONE}}`,
          '{{datname}}',
        ]),
        series(
          'Transactions until wraparound',
          'short',
          'At 2 thousand millions the server stops writing.',
          [`pg_database_wraparound_age_datfrozenxid_seconds{${ONE}}`, '{{datname}}'],
          [`pg_settings_autovacuum_freeze_max_age{${ONE}}`, 'autovacuum_freeze_max_age'],
        ),
        series(
          'Checkpoints',
          'ops',
          'More that were asked for than timed: max_wal_size is small.',
          [rate('pg_stat_bgwriter_checkpoints_timed_total'), 'timed'],
          [rate('pg_stat_bgwriter_checkpoints_req_total'), 'asked for'],
        ),
        series(
          'Buffers written',
          'ops',
          'Sessions should write few themselves.',
          [rate('pg_stat_bgwriter_buffers_checkpoint_total'), 'by checkpoints'],
          [rate('pg_stat_bgwriter_buffers_clean_total'), 'by the background writer'],
          [rate('pg_stat_bgwriter_buffers_backend_total'), 'by sessions'],
        ),
      ],
    },
    {
      title: 'WAL and backups',
      panels: [
        series('WAL', 'Bps', 'What is written.', [rate('larder_wal_written_bytes_total'), 'written']),
        series('WAL that is kept', 'bytes', 'On the disk of the instance.', [`pg_wal_size_bytes{${ONE}}`, 'kept']),
        series(
          'Archiving',
          'short',
          'Files that wait, and attempts that failed.',
          [`cnpg_collector_pg_wal_archive_status{${ONE},value="ready"}`, 'waiting'],
          [`increase(pg_stat_archiver_failed_count{${ONE}}[$__rate_interval])`, 'failed'],
        ),
        series('Age of what waits to be archived', 's', 'How much would be lost with the disk.', [
          `larder_archive_age_seconds{${ONE}}`,
          'age',
        ]),
        series(
          'Recoverable',
          's',
          'How far back, and until how long ago.',
          [`time() - larder_recoverable_from_timestamp_seconds{${ONE}}`, 'from'],
          [`time() - larder_recoverable_to_timestamp_seconds{${ONE}}`, 'to'],
        ),
        series('Replication slots', 'bytes', 'WAL that they keep.', [
          `pg_replication_slots_pg_wal_lsn_diff{${ONE}}`,
          '{{slot_name}}',
        ]),
      ],
    },
  ],
};

/** By the name of their file. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'larder-instance.json': instanceDashboard,
  'larder-fleet.json': fleetDashboard,
};
