/**
 * The plane's side of watching over: gives the monitor its orders for each PostgresMonitor, with the secrets of its receivers and the
 * login of the probe, and says in the object's status what the monitor reports.
 */
import { LOCAL_API_VERSION, metricsSecretName, type PostgresMonitor, type PostgresServer } from '@larder/catalog';
import { putStatus, runController, type Logger } from '@larder/controller';
import { monitorStatus } from './monitor-status.ts';
import { ordersFor, secretsOf, type OrdersOptions } from './orders-for.ts';
import { findReport, listOrders, removeOrders, writeOrders } from './orders.ts';
import { monitorPlace } from './place.ts';
import { findTakenSecret } from './secret.ts';
import { watchReports } from './watch-reports.ts';

export interface MonitorsOptions extends OrdersOptions {
  log: Logger;
  signal: AbortSignal;
  clock: () => Date;
}

const MONITOR = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresMonitor' };
const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };

const SECRET = { apiVersion: 'v1', kind: 'Secret' };

/** Ends after the signal aborted. The monitor goes on with the orders that it has. */
export async function runMonitors(options: MonitorsOptions): Promise<void> {
  const { client, home, log, signal } = options;
  const place = monitorPlace(home);
  const readers = new SecretReaders();
  const controller = runController({
    client,
    name: 'monitors',
    watches: [
      { kind: MONITOR },
      { kind: SERVER, map: ({ metadata }) => [metadata.name] },
      { kind: SECRET, map: ({ metadata }) => readers.of(metadata) },
    ],
    concurrency: 4,
    reconcile: key => reconcileMonitor(options, readers, key),
    signal,
    log,
  });
  await controller.synced;
  const { items } = await client.list(MONITOR);
  const there = new Set(items.map(({ metadata }) => metadata.name));
  for (const server of listOrders(place)) if (!there.has(server)) removeOrders(place, server);
  await Promise.all([controller.stopped, watchReports(place, server => controller.enqueue(server), signal)]);
}

async function reconcileMonitor(options: MonitorsOptions, readers: SecretReaders, name: string): Promise<void> {
  const { client, home, clock } = options;
  const place = monitorPlace(home);
  const monitor = await client.find<PostgresMonitor>({ ...MONITOR, name });
  if (!monitor || monitor.metadata.deletionTimestamp !== undefined) {
    readers.set(name, []);
    removeOrders(place, name);
    return;
  }
  const { namespace = '', name: claim } = monitor.spec.claim ?? {};
  const own = claim === undefined ? [] : [metricsSecretName(claim)];
  readers.set(
    name,
    [...secretsOf(monitor), ...own].map(secret => ({ namespace, name: secret })),
  );
  const server = await client.find<PostgresServer>({ ...SERVER, name });
  const orders = await ordersFor(options, monitor, server);
  writeOrders(place, orders);
  const takenSecret =
    server && claim !== undefined ? await findTakenSecret(client, server, { namespace, claim }) : undefined;
  const given = { receivers: orders.receivers, takenSecret };
  await putStatus(client, monitor, monitorStatus(monitor, given, findReport(place, name), clock()));
}

/** Which monitors read which secrets: one that changes is read again. */
class SecretReaders {
  readonly #read = new Map<string, { namespace: string; name: string }[]>();

  set(monitor: string, secrets: { namespace: string; name: string }[]): void {
    if (secrets.length > 0) this.#read.set(monitor, secrets);
    else this.#read.delete(monitor);
  }

  of({ namespace, name }: { namespace?: string; name: string }): string[] {
    return [...this.#read].flatMap(([monitor, secrets]) =>
      secrets.some(secret => secret.namespace === namespace && secret.name === name) ? [monitor] : [],
    );
  }
}
