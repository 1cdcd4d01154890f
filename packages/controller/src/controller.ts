/**
 * Runs one reconcile function for every object of a kind, and again whenever something it depends on changes. The function
 * gets a key, never the event; errors come back with backoff. Nothing is cached: `reconcile` reads what it needs.
 */
import { setMaxListeners } from 'node:events';
import { isConflict, type Client, type ObjectRef } from '@larder/kube';
import type { Backoff } from './backoff.ts';
import { noEvents, type EventRecorder } from './event-recorder.ts';
import { refOfKey } from './keys.ts';
import { noLog, type Logger } from './logger.ts';
import { reconcileChannel, type ReconcileObserved } from './observe.ts';
import { WatchSet, type Watch } from './watch-set.ts';
import { WorkQueue } from './work-queue.ts';

export interface ReconcileResult {
  /** Come again after so long, also when nothing changes. */
  requeueAfterMs?: number;
}

/** Thrown by a reconcile that has to wait for somebody to change something: logged and recorded, but not tried again until then. */
export class TerminalError extends Error {}

/** Told of each reconcile that ended. Never throws. */
export interface Meter {
  reconciled(controller: string, outcome: 'done' | 'failed', seconds: number): void;
}

export interface ControllerOptions {
  client: Client;
  /** For logs: `claim/postgresqlinstances`. */
  name: string;
  /** The first one without `map` is the kind that is reconciled. */
  watches: Watch[];
  /** May run twice for the same state, and is never run twice at once for one key. */
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult | undefined | void>;
  /** Keys worked on at once. @default 1 */
  concurrency?: number;
  signal: AbortSignal;
  log?: Logger;
  /** Told of errors, once for each change of their text. */
  events?: EventRecorder;
  meter?: Meter;
  backoff?: Backoff;
}

export interface Controller {
  /** Watch more; the same watch (kind, namespace, selector, `id`) is started once. */
  addWatch(watch: Watch): void;
  enqueue(key: string): void;
  /** Resolves when everything that was there at the start is in the queue. */
  synced: Promise<void>;
  /** Resolves when nothing is being worked on or in line. */
  idle(): Promise<void>;
  /** Resolves after the signal aborted and the last reconcile ended. */
  stopped: Promise<void>;
}

/** Runs until the signal aborts. */
export function runController(options: ControllerOptions): Controller {
  const { client, signal, watches, concurrency, backoff } = options;
  // Every watch listens for the end.
  setMaxListeners(0, signal);
  const log = (options.log ?? noLog).with({ controller: options.name });
  const queue = new WorkQueue({ concurrency, signal, backoff, work: key => work(key) });
  const watching = new WatchSet({ client, signal, log, enqueue: key => queue.add(key) });
  const errors = new ErrorReport(options, log, key => watching.uidOf(key));

  async function work(key: string): Promise<void> {
    const start = performance.now();
    const measured = (outcome: 'done' | 'failed', result: ReconcileObserved['result']): void => {
      const seconds = (performance.now() - start) / 1_000;
      options.meter?.reconciled(options.name, outcome, seconds);
      if (!reconcileChannel.hasSubscribers) return;
      const counts = { ...queue.counts, concurrency: concurrency ?? 1 };
      reconcileChannel.publish({ controller: options.name, result, seconds, ...counts } satisfies ReconcileObserved);
    };
    try {
      const result = await options.reconcile(key, signal);
      queue.forget(key);
      errors.cleared(key);
      if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs);
      log.debug('reconciled', { key, ms: Math.round(performance.now() - start) });
      measured('done', result?.requeueAfterMs === undefined ? 'success' : 'requeue_after');
    } catch (error) {
      if (signal.aborted) return;
      if (isConflict(error)) measured('done', 'requeue');
      else measured('failed', 'error');
      if (!isConflict(error)) errors.report(key, error);
      if (!(error instanceof TerminalError)) queue.retry(key);
    }
  }

  const synced = Promise.all(watches.map(watch => watching.add(watch))).then(() => {});
  return {
    addWatch: watch => void watching.add(watch),
    enqueue: key => queue.add(key),
    synced,
    idle: () => queue.idle(),
    stopped: aborted(signal).then(async () => {
      await Promise.all([watching.stopped(), queue.idle()]);
    }),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Says what goes wrong with a key, but only when it isn't what was said last. */
class ErrorReport {
  readonly #options: ControllerOptions;
  readonly #log: Logger;
  readonly #uidOf: (key: string) => string | undefined;
  readonly #last = new Map<string, string>();

  constructor(options: ControllerOptions, log: Logger, uidOf: (key: string) => string | undefined) {
    this.#options = options;
    this.#log = log;
    this.#uidOf = uidOf;
  }

  report(key: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#last.get(key) === message) return;
    this.#last.set(key, message);
    this.#log.error('cannot reconcile', { key, error: message });
    const about = this.#subject(key);
    const events = this.#options.events ?? noEvents;
    if (about) events.record(about, { type: 'Warning', reason: 'ReconcileError', message });
  }

  cleared(key: string): void {
    if (this.#last.delete(key)) this.#log.info('reconciled after errors', { key });
  }

  #subject(key: string): (ObjectRef & { uid?: string }) | undefined {
    const primary = this.#options.watches.find(watch => watch.map === undefined);
    return primary && { ...refOfKey(primary.kind, key), uid: this.#uidOf(key) };
  }
}
