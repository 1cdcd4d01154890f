/** Everything that works on the API's objects, in this process: the composer, and the reconcilers of what it composes. */
import { services } from '@larder/catalog';
import { startComposer } from '@larder/composer';
import { startEventRecorder, type EventRecorder, type Logger } from '@larder/controller';
import type { Client } from '@larder/kube';
import { runSqlReconcilers } from '@larder/sql';
import type { Home } from '../home/home.ts';
import { runBackups } from '../backups/run.ts';
import { runBuckets } from '../buckets/run.ts';
import { openStores } from '../buckets/stores/stores.ts';
import { runDrills } from '../drills/run.ts';
import { runJobs } from '../jobs/run-jobs.ts';
import { runOperations } from '../operations/run.ts';
import type { Pki } from '../pki/pki.ts';
import { runSecretGenerator } from '../secrets/run-generator.ts';
import { runMonitors } from '../monitor/run-monitors.ts';
import { runMonitorTargets } from '../monitor/run-targets.ts';
import type { Listen } from '../servers/options.ts';
import { runPostgresServers } from '../servers/run.ts';
import { runServiceAccounts } from '../service-accounts/run.ts';
import { lenderOf, ownPorts } from '../sql/lend.ts';
import type { Storage } from '../storage/keep.ts';
import { startPublishingVersions } from '../versions.ts';
import { ensureSystemObjects } from './system-objects.ts';

export interface ReconcilerOptions {
  client: Client;
  home: Home;
  pki: Pki;
  log: Logger;
  /** What works with buckets waits for it. */
  storage: Promise<Storage>;
  listen: Listen;
  /** The wall clock. */
  clock: () => Date;
  apiPort: number;
}

/** What every reconciler gets. */
export interface ReconcilerContext extends Omit<ReconcilerOptions, 'storage'> {
  events: EventRecorder;
  signal: AbortSignal;
}

export interface Reconcilers {
  /** Resolves when claims can be made: the catalog's kinds are served. */
  offered: Promise<void>;
  failed: Promise<never>;
  /** Resolves when all work has stopped. */
  stop(): Promise<void>;
}

export function startReconcilers(options: ReconcilerOptions): Reconcilers {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { storage, ...shared } = options;
  const recorder = startEventRecorder({ client: options.client, component: 'larder' });
  const context: ReconcilerContext = { ...shared, events: recorder, signal };
  const offered = offer(context);
  const running = Promise.all([storage, offered]).then(([ready]) => run(context, ready));
  const failed = running.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined); // whoever waits for it hears it
  return {
    offered,
    failed,
    async stop() {
      stopping.abort();
      await Promise.allSettled([running]);
      await recorder.flush();
    },
  };
}

async function run(context: ReconcilerContext, storage: Storage): Promise<void> {
  const { apiPort, client, home, log } = context;
  const withBuckets = { ...context, storage, stores: openStores(home) };
  await Promise.all([
    runPostgresServers({ ...context, log: log.with({ part: 'servers' }) }),
    runSqlReconcilers({
      ...context,
      lender: lenderOf(client, home),
      // Where the plane listens, other than with PostgreSQL: no claim can make it connect there.
      isOwnPort: ownPorts(() => [apiPort, ...portsOf(storage)]),
      log: log.with({ part: 'sql' }),
    }),
    runBuckets({ ...withBuckets, log: log.with({ part: 'buckets' }) }),
    runBackups({ ...withBuckets, log: log.with({ part: 'backups' }) }),
    runMonitorTargets({ ...context, log: log.with({ part: 'monitor' }) }),
    runMonitors({ ...context, log: log.with({ part: 'monitor' }) }),
    runOperations({ ...context, log: log.with({ part: 'operations' }) }),
    runDrills({ ...withBuckets, log: log.with({ part: 'drills' }) }),
    runJobs({ ...context, log: log.with({ part: 'jobs' }) }),
    runServiceAccounts({ ...context, log: log.with({ part: 'service-accounts' }) }),
    runSecretGenerator({ ...context, log: log.with({ part: 'secrets' }) }),
  ]);
}

async function offer(context: ReconcilerContext): Promise<void> {
  await ensureSystemObjects(context);
  await startComposer({ ...context, services, log: context.log.with({ part: 'composer' }) });
  await startPublishingVersions(context);
}

function portsOf(storage: Storage): number[] {
  const endpoint = storage.endpoint();
  return endpoint === undefined ? [] : [endpoint.port];
}
