/**
 * Counts what the plane does, from what its parts tell, and writes it down every few seconds for the monitor to tell. Prometheus never
 * asks the plane: a scrape costs it nothing.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { X509Certificate } from 'node:crypto';
import {
  commitChannel,
  requestChannel,
  watchChannel,
  type CommitObserved,
  type RequestObserved,
  type WatchObserved,
} from '@larder/apiserver';
import { reconcileChannel, type ReconcileObserved } from '@larder/controller';
import { add, type Measured } from '@larder/monitor';
import type { Home } from '../home/home.ts';
import type { Pki } from '../pki/pki.ts';
import { Counters, Distributions } from './counters.ts';
import { monitorPlace } from './place.ts';
import { writePlane } from './plane-file.ts';

export interface PlaneMetricsOptions {
  home: Home;
  pki: Pick<Pki, 'apiServer' | 'caCertificate'>;
  version: string;
  clock: () => Date;
}

/** How often it is written down (ms). */
const WRITE_MS = 15_000;
/** Upper bounds in seconds: controller-runtime's and Kubernetes' own, thinned. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function startPlaneMetrics({ home, pki, version, clock }: PlaneMetricsOptions): { stop(): void } {
  const place = monitorPlace(home);
  const counted = new PlaneCounts();
  const delay = monitorEventLoopDelay({ resolution: 50 });
  delay.enable();
  const onRequest = (message: unknown): void => counted.request(message as RequestObserved);
  const onCommit = (message: unknown): void => counted.commit(message as CommitObserved);
  const onWatch = (message: unknown): void => counted.watch(message as WatchObserved);
  const onReconcile = (message: unknown): void => counted.reconcile(message as ReconcileObserved);
  requestChannel.subscribe(onRequest);
  commitChannel.subscribe(onCommit);
  watchChannel.subscribe(onWatch);
  reconcileChannel.subscribe(onReconcile);
  const write = (): void => {
    const measured = counted.measure();
    add(measured, 'larder_plane_info', 1, [version]);
    for (const [name, pem] of Object.entries({ api: pki.apiServer.cert, authority: pki.caCertificate }))
      add(measured, 'larder_plane_certificate_expiry_timestamp_seconds', endOf(pem), [name]);
    add(measured, 'nodejs_eventloop_lag_p99_seconds', delay.percentile(99) / 1e9);
    delay.reset();
    measureOwnProcess(measured);
    writePlane(place, clock().getTime() / 1000, measured);
  };
  const timer = setInterval(write, WRITE_MS);
  timer.unref();
  const first = setTimeout(write, 1_000);
  first.unref();
  return {
    stop() {
      clearInterval(timer);
      clearTimeout(first);
      delay.disable();
      requestChannel.unsubscribe(onRequest);
      commitChannel.unsubscribe(onCommit);
      watchChannel.unsubscribe(onWatch);
      reconcileChannel.unsubscribe(onReconcile);
    },
  };
}

/** What a commit of the store is in etcd's words. */
const COMMIT = ['txn'];

class PlaneCounts {
  readonly #requests = new Counters();
  readonly #watches = new Counters();
  readonly #watchEvents = new Counters();
  readonly #failedCommits = new Counters();
  readonly #reconciles = new Counters();
  readonly #durations = new Distributions(BUCKETS);
  readonly #commits = new Distributions(BUCKETS);
  readonly #reconcileTimes = new Distributions(BUCKETS);
  readonly #queues = new Map<string, ReconcileObserved>();

  request({ verb, group, version, resource, scope, code, seconds, longRunning }: RequestObserved): void {
    const what = [verb, group, version, resource, scope];
    this.#requests.add([...what, String(code)]);
    // How long somebody watches says nothing about us.
    if (!longRunning) this.#durations.add(what, seconds);
  }

  commit({ seconds, failed }: CommitObserved): void {
    this.#commits.add(COMMIT, seconds);
    this.#failedCommits.add(COMMIT, failed ? 1 : 0);
  }

  watch({ kind, group, version, resource, scope }: WatchObserved): void {
    if (kind === 'sent') this.#watchEvents.add([group, version, resource]);
    else this.#watches.add(['WATCH', group, version, resource, scope], kind === 'begun' ? 1 : -1);
  }

  reconcile(observed: ReconcileObserved): void {
    const { controller, result, seconds } = observed;
    this.#reconciles.add([controller, result]);
    this.#reconcileTimes.add([controller], seconds);
    this.#queues.set(controller, observed);
  }

  measure(): Measured {
    const measured: Measured = new Map();
    this.#requests.measure(measured, 'apiserver_request_total');
    this.#durations.measure(measured, 'apiserver_request_duration_seconds');
    this.#commits.measure(measured, 'etcd_request_duration_seconds');
    this.#failedCommits.measure(measured, 'etcd_request_errors_total');
    this.#watches.measure(measured, 'apiserver_longrunning_requests');
    this.#watchEvents.measure(measured, 'apiserver_watch_events_total');
    this.#reconciles.measure(measured, 'controller_runtime_reconcile_total');
    this.#reconcileTimes.measure(measured, 'controller_runtime_reconcile_time_seconds');
    for (const [name, { depth, adds, retries, concurrency }] of this.#queues) {
      const failed = this.#reconciles.get([name, 'error']);
      add(measured, 'controller_runtime_reconcile_errors_total', failed, [name]);
      add(measured, 'controller_runtime_max_concurrent_reconciles', concurrency, [name]);
      add(measured, 'workqueue_depth', depth, [name]);
      add(measured, 'workqueue_adds_total', adds, [name]);
      add(measured, 'workqueue_retries_total', retries, [name]);
    }
    return measured;
  }
}

/** In the words of Prometheus' client libraries. */
function measureOwnProcess(measured: Measured): void {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  add(measured, 'process_cpu_seconds_total', (user + system) / 1e6);
  add(measured, 'process_resident_memory_bytes', rss);
  add(measured, 'process_start_time_seconds', performance.timeOrigin / 1000);
  add(measured, 'nodejs_heap_size_used_bytes', heapUsed);
}

function endOf(pem: string): number {
  return Date.parse(new X509Certificate(pem).validTo) / 1000;
}
