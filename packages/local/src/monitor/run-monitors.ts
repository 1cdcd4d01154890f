/**
 * The plane's side of watching over: gives the monitor its orders for each PostgresMonitor, with the secrets of its receivers and the
 * login of the probe, and says in the object's status what the monitor reports.
 */
import {
  LOCAL_API_VERSION,
  type PostgresMonitor,
  type PostgresMonitorStatus,
  type PostgresServer,
  type Receiver,
} from '@larder/catalog';
import { conditionsOf, runController, setCondition, type Logger, type ReconcileResult } from '@larder/controller';
import type { Client, Condition } from '@larder/kube';
import type { Home } from '../home/home.ts';
import type { Pki } from '../pki/pki.ts';
import { textsOf } from '../secrets/own-secret.ts';
import { findRecord, placeOf } from '../servers/index.ts';
import { PROBE_ROLE } from '../servers/probe-role.ts';
import {
  findReport,
  listOrders,
  removeOrders,
  writeOrders,
  type Orders,
  type Probe,
  type ReadyReceiver,
} from './orders.ts';
import { monitorPlace } from './place.ts';

export interface MonitorsOptions {
  client: Client;
  home: Home;
  pki: Pick<Pki, 'caCertificate'>;
  log: Logger;
  signal: AbortSignal;
  clock: () => Date;
}

const MONITOR = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresMonitor' };
const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };

/** How often the reports are looked at (ms), and receivers' secrets with them. */
const LOOK_MS = 15_000;

/** Ends after the signal aborted. The monitor goes on with the orders that it has. */
export async function runMonitors(options: MonitorsOptions): Promise<void> {
  const { client, home, log, signal } = options;
  const controller = runController({
    client,
    name: 'monitors',
    watches: [{ kind: MONITOR }, { kind: SERVER, map: ({ metadata }) => [metadata.name] }],
    concurrency: 4,
    reconcile: key => reconcileMonitor(options, key),
    signal,
    log,
  });
  await controller.synced;
  const { items } = await client.list(MONITOR);
  const there = new Set(items.map(({ metadata }) => metadata.name));
  const place = monitorPlace(home);
  for (const server of listOrders(place)) if (!there.has(server)) removeOrders(place, server);
  await controller.stopped;
}

async function reconcileMonitor(options: MonitorsOptions, name: string): Promise<ReconcileResult | undefined> {
  const { client, home } = options;
  const place = monitorPlace(home);
  const monitor = await client.find<PostgresMonitor>({ ...MONITOR, name });
  if (!monitor || monitor.metadata.deletionTimestamp !== undefined) {
    removeOrders(place, name);
    return undefined;
  }
  const server = await client.find<PostgresServer>({ ...SERVER, name });
  const orders = await ordersFor(options, monitor, server);
  writeOrders(place, orders);
  await writeStatus(options, monitor, statusOf(options, monitor, orders));
  return { requeueAfterMs: LOOK_MS };
}

async function ordersFor(
  { client, home, pki }: MonitorsOptions,
  { metadata, spec }: PostgresMonitor,
  server: PostgresServer | undefined,
): Promise<Orders> {
  const { name } = metadata;
  const { current, lastRun } = server?.status?.maintenance ?? {};
  const { namespace = '', name: claim = name } = spec.claim ?? {};
  const receivers = spec.alerts.enabled ? spec.alerts.receivers : [];
  const probe = server && (await probeOf({ home, pki }, server));
  return {
    server: name,
    namespace,
    claim,
    ...(probe ? { probe } : {}),
    maintenance: current !== undefined,
    maintained: [spanOf(lastRun), spanOf(server?.status?.lastRestart)].flat(),
    receivers: await Promise.all(receivers.map(receiver => readyReceiver(client, namespace, receiver))),
  };
}

async function probeOf(
  { home, pki }: Pick<MonitorsOptions, 'home' | 'pki'>,
  { metadata, spec, status }: PostgresServer,
): Promise<Probe | undefined> {
  const record = await findRecord(placeOf(home, metadata.name));
  if (record?.objectUid !== metadata.uid || record?.probePassword === undefined) return undefined;
  if (status?.endpoint === undefined) return undefined;
  const login = { user: PROBE_ROLE, password: record.probePassword, database: spec.database };
  return { host: status.endpoint, port: record.port, ca: pki.caCertificate, ...login };
}

/** Whole seconds, wide enough. */
function spanOf(run: { startedAt: string; completedAt: string } | undefined): { from: number; to: number }[] {
  const [from, to] = [Date.parse(run?.startedAt ?? ''), Date.parse(run?.completedAt ?? '')];
  return Number.isNaN(from) || Number.isNaN(to)
    ? []
    : [{ from: Math.floor(from / 1000), to: Math.ceil(to / 1000) + 1 }];
}

async function readyReceiver(client: Client, namespace: string, receiver: Receiver): Promise<ReadyReceiver> {
  const { name, sendResolved, authorization } = receiver;
  try {
    const url = receiver.urlSecretRef
      ? await secretText(client, namespace, receiver.urlSecretRef)
      : (receiver.url ?? '');
    const credentials = authorization && (await secretText(client, namespace, authorization.credentialsSecretRef));
    return {
      name,
      url: url.trim(),
      sendResolved,
      ...(credentials === undefined
        ? {}
        : { authorization: `${authorization?.type ?? 'Bearer'} ${credentials.trim()}` }),
    };
  } catch (error) {
    return { name, url: '', sendResolved, problem: (error as Error).message };
  }
}

/** @throws Error that says what lacks */
async function secretText(client: Client, namespace: string, of: { name: string; key: string }): Promise<string> {
  const secret = await client.find({ apiVersion: 'v1', kind: 'Secret', namespace, name: of.name });
  const text = textsOf(secret)[of.key];
  if (text === undefined || text.trim() === '')
    throw new Error(
      `the secret "${of.name}" in namespace "${namespace}" ${secret ? `has no "${of.key}"` : 'is not there'}`,
    );
  if (/[\r\n]/.test(text.trim())) throw new Error(`"${of.key}" of the secret "${of.name}" has more than one line`);
  return text;
}

function statusOf(
  { home, clock }: MonitorsOptions,
  monitor: PostgresMonitor,
  { server, receivers }: Orders,
): PostgresMonitorStatus {
  const report = findReport(monitorPlace(home), server);
  const { alerts = [], serviceLevel, unreached = [] } = report ?? {};
  const missing = receivers.flatMap(({ name, problem }) => (problem ? [{ receiver: name, because: problem }] : []));
  const problems = [...missing, ...unreached.filter(({ receiver }) => !missing.some(one => one.receiver === receiver))]
    .filter(({ receiver }) => receivers.some(({ name }) => name === receiver))
    .map(({ receiver, because }) => `receiver "${receiver}" is not told: ${because}`);
  let conditions = conditionsOf(monitor).filter(({ type }) => type !== 'AlertsQuiet' && type !== 'ReceiversReached');
  const set = (condition: Omit<Condition, 'lastTransitionTime'>): void => {
    const old = conditionsOf(monitor).filter(({ type }) => type === condition.type);
    conditions = [...conditions, ...setCondition(old, condition, clock())];
  };
  const [worst] = ['critical', 'warning', 'info'].flatMap(severity => alerts.filter(one => one.severity === severity));
  if (monitor.spec.alerts.enabled)
    set({
      type: 'AlertsQuiet',
      status: worst ? 'False' : 'True',
      reason: worst?.name ?? 'Quiet',
      message: alerts.map(({ summary }) => summary).join(' '),
    });
  if (receivers.length > 0)
    set({
      type: 'ReceiversReached',
      status: problems.length > 0 ? 'False' : 'True',
      reason: problems.length > 0 ? 'NotReached' : 'Reached',
      message: problems.join('; '),
    });
  return { conditions, ...(alerts.length > 0 ? { alerts } : {}), ...(serviceLevel ? { serviceLevel } : {}) };
}

/** Writes it where it differs. */
async function writeStatus(
  { client }: MonitorsOptions,
  monitor: PostgresMonitor,
  next: PostgresMonitorStatus,
): Promise<void> {
  const { generation } = monitor.metadata;
  const status = { ...next, ...(generation === undefined ? {} : { observedGeneration: generation }) };
  if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(monitor.status ?? {}))) return;
  await client.updateStatus<PostgresMonitor>({ ...monitor, status });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]));
}
