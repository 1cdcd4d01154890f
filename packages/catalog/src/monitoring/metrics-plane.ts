/** What the plane says of itself, in the words of Kubernetes, controller-runtime and client libraries; and what measures says of itself. */
import { entriesFrom, type Metric } from './metric.ts';

const { gauge, counter, histogram } = entriesFrom('plane');
const seconds = { unit: 'seconds' } as const;
const request = ['verb', 'group', 'version', 'resource', 'scope', 'code'];

const api: Metric[] = [
  counter('apiserver_request_total', 'Requests that were answered.', { labels: request }),
  histogram('apiserver_request_duration_seconds', 'How long answers took; watches not included.', {
    labels: ['verb', 'group', 'version', 'resource', 'scope'],
    ...seconds,
  }),
  gauge('apiserver_longrunning_requests', 'Watches of clients that are open.', {
    labels: ['verb', 'group', 'version', 'resource', 'scope'],
  }),
  counter('apiserver_watch_events_total', 'Events that were sent on them.', {
    labels: ['group', 'version', 'resource'],
  }),
];

const store: Metric[] = [
  histogram('etcd_request_duration_seconds', 'How long the store took to make changes durable.', {
    labels: ['operation'],
    ...seconds,
  }),
  counter('etcd_request_errors_total', 'Changes that could not be made durable.', { labels: ['operation'] }),
];

const controller = { labels: ['controller'] };
const name = { labels: ['name'] };
const controllers: Metric[] = [
  counter('controller_runtime_reconcile_total', 'Reconciles by their end.', { labels: ['controller', 'result'] }),
  counter('controller_runtime_reconcile_errors_total', 'Reconciles that failed.', controller),
  histogram('controller_runtime_reconcile_time_seconds', 'How long reconciles took.', { ...controller, ...seconds }),
  gauge('controller_runtime_max_concurrent_reconciles', 'How many may be under way together.', controller),
  gauge('workqueue_depth', 'Objects that wait for a reconcile.', name),
  counter('workqueue_adds_total', 'Objects that were queued.', name),
  counter('workqueue_retries_total', 'Objects that were queued again after a failure.', name),
];

const plane: Metric[] = [
  gauge('larder_plane_up', 'Whether the plane runs.', { unit: 'boolean' }),
  gauge('larder_plane_info', 'The plane.', { labels: ['version'] }),
  gauge('larder_plane_certificate_expiry_timestamp_seconds', 'When a certificate of the plane ends.', {
    labels: ['certificate'],
    unit: 'unix time',
  }),
  gauge('nodejs_eventloop_lag_p99_seconds', 'By how much the plane was late for what it had to do.', seconds),
  gauge('nodejs_heap_size_used_bytes', 'Memory of its objects.', { unit: 'bytes' }),
];

const own = entriesFrom('monitor');
const monitor: Metric[] = [
  own.gauge('larder_monitor_info', 'The process that measures.', { labels: ['version'] }),
  own.gauge('larder_monitor_instances', 'Instances that are measured.'),
  own.gauge(
    'larder_monitor_collection_duration_seconds',
    'How long the last measurement of the instance took.',
    seconds,
  ),
  own.gauge('larder_monitor_collection_age_seconds', 'How old what is told of the instance is.', seconds),
  own.gauge('larder_monitor_values_dropped', 'What was summed up or left out, since there is too much of it.', {
    labels: ['kind'],
  }),
];

export const planeMetrics: readonly Metric[] = [...api, ...store, ...controllers, ...plane];
export const monitorMetrics: readonly Metric[] = monitor;
