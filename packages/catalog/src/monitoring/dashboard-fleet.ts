/** The dashboard of all instances: which are not well, which run out of something, and how the plane is. */
import type { Dashboard, Panel } from './dashboard.ts';
import { series, stat } from './dashboard-panels.ts';

const SOME = 'namespace=~"$namespace"';

const table = (title: string, unit: Panel['unit'], description: string, expr: string): Panel => ({
  ...{ title, unit, description, kind: 'table' as const, width: 12 },
  queries: [{ expr, legend: '' }],
});

const each = '{{namespace}}/{{claim}}';
const by = 'sum by (namespace, claim)';

export const fleetDashboard: Dashboard = {
  uid: 'larder-fleet',
  title: 'Larder / Fleet',
  description: 'All PostgreSQL instances: which are not well, which run out of something, and how the plane is.',
  variables: [
    { name: 'namespace', label: 'Namespace', query: 'label_values(larder_instance_info, namespace)', all: true },
  ],
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat('Instances', 'short', 'That are measured.', `count(larder_instance_info{${SOME}})`),
        stat('Down', 'short', 'Servers that do not answer.', `count(pg_up{${SOME}} == 0) or vector(0)`),
        stat('Not ready', 'short', 'Claims that are not.', `count(larder_instance_ready{${SOME}} == 0) or vector(0)`),
        stat(
          'Archiving fails',
          'short',
          'WAL does not reach the bucket.',
          `count(larder_archive_healthy{${SOME}} == 0) or vector(0)`,
        ),
        stat('Plane', 'bool_yes_no', 'Whether the plane runs. Databases do without it.', 'max(larder_plane_up)'),
        stat(
          'Versions',
          'short',
          'How many different ones run.',
          `count(count by (version) (larder_instance_info{${SOME}}))`,
        ),
      ],
    },
    {
      title: 'What runs out first',
      panels: [
        table(
          'Storage',
          'percentunit',
          'The fullest.',
          `topk(20, larder_storage_used_bytes{${SOME}} / larder_storage_size_bytes{${SOME}})`,
        ),
        table(
          'Connections',
          'percentunit',
          'The most used.',
          `topk(20, ${by} (pg_stat_activity_count{${SOME}}) / ${by} (pg_settings_max_connections{${SOME}}))`,
        ),
        table(
          'Oldest backups',
          's',
          'Since their newest base backup.',
          `topk(20, time() - larder_backup_last_success_timestamp_seconds{${SOME}})`,
        ),
        table(
          'Wraparound',
          'short',
          'The oldest transaction that is not frozen.',
          `topk(20, max by (namespace, claim) (pg_database_wraparound_age_datfrozenxid_seconds{${SOME}}))`,
        ),
      ],
    },
    {
      title: 'Load',
      panels: [
        series('Transactions', 'ops', 'By instance.', [
          `${by} (rate(pg_stat_database_xact_commit{${SOME}}[$__rate_interval]))`,
          each,
        ]),
        series('Processors', 'short', 'By instance.', [
          `${by} (rate(process_cpu_seconds_total{${SOME}}[$__rate_interval]))`,
          each,
        ]),
        series('Memory', 'bytes', 'By instance.', [`${by} (process_resident_memory_bytes{${SOME}})`, each]),
        series('Sessions', 'short', 'By instance.', [`${by} (pg_stat_activity_count{${SOME}})`, each]),
        series('WAL', 'Bps', 'By instance.', [
          `${by} (rate(larder_wal_written_bytes_total{${SOME}}[$__rate_interval]))`,
          each,
        ]),
        series('Oldest transaction', 's', 'By instance.', [
          `pg_long_running_transactions_oldest_timestamp_seconds{${SOME}}`,
          each,
        ]),
      ],
    },
    {
      title: 'The plane',
      panels: [
        series('Requests', 'ops', 'Answered by the API.', [
          'sum by (code) (rate(apiserver_request_total[$__rate_interval]))',
          '{{code}}',
        ]),
        series('Reconciles', 'ops', 'By how they ended.', [
          'sum by (result) (rate(controller_runtime_reconcile_total[$__rate_interval]))',
          '{{result}}',
        ]),
        series('Measuring', 's', 'How long a turn of an instance takes.', [
          `max by (namespace, claim) (larder_monitor_collection_duration_seconds{${SOME}})`,
          each,
        ]),
      ],
    },
  ],
};
