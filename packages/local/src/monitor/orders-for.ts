/** What the monitor is told of one instance, with the secrets of its receivers and the login of the probe. */
import type { PostgresMonitor, PostgresServer, Receiver } from '@larder/catalog';
import type { Client } from '@larder/kube';
import type { Home } from '../home/home.ts';
import type { Pki } from '../pki/pki.ts';
import { textsOf } from '../secrets/own-secret.ts';
import { findRecord, placeOf } from '../servers/index.ts';
import { PROBE_ROLE } from '../servers/probe-role.ts';
import type { Orders, Probe, ReadyReceiver } from './orders.ts';

export interface OrdersOptions {
  client: Client;
  home: Home;
  pki: Pick<Pki, 'caCertificate'>;
}

export async function ordersFor(
  { client, home, pki }: OrdersOptions,
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
  { home, pki }: Pick<OrdersOptions, 'home' | 'pki'>,
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

/** The secrets that its receivers are read from. */
export function secretsOf({ spec }: PostgresMonitor): string[] {
  if (!spec.alerts.enabled) return [];
  return spec.alerts.receivers.flatMap(({ urlSecretRef, authorization }) =>
    [urlSecretRef?.name, authorization?.credentialsSecretRef.name].filter(name => name !== undefined),
  );
}
