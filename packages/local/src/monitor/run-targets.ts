/**
 * Tells the monitor of every instance: where its server is, the login to measure it with, and what the API knows of it. And the claim's
 * owner where its metrics are.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { LOCAL_API_VERSION, metricsSecretName, type PostgresArchive, type PostgresServer } from '@larder/catalog';
import type { Composite } from '@larder/composer';
import { runController, type Logger, type ReconcileResult } from '@larder/controller';
import type { Client, KubeObject } from '@larder/kube';
import { METRICS_ROLE } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import type { Pki } from '../pki/pki.ts';
import { readCertificate } from '../pki/read-certificate.ts';
import { findRecord, placeOf, socketFolder, socketRoot, type InstanceRecord } from '../servers/index.ts';
import { factsOf } from './known.ts';
import { findServingMonitor, metricsUrl, monitorPlace } from './place.ts';
import { ensureMetricsSecret } from './secret.ts';
import { listTargets, removeTarget, writeTarget, type Target } from './targets.ts';

export interface TargetsOptions {
  client: Client;
  home: Home;
  pki: Pick<Pki, 'caCertificate'>;
  log: Logger;
  signal: AbortSignal;
  clock: () => Date;
}

const INSTANCE = { apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLInstance' };
const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };
const ARCHIVE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive' };
const SECRET = { apiVersion: 'v1', kind: 'Secret' };

/** How soon to look again at what waits for the monitor process (ms). */
const SOON_MS = 1_000;
/** How old facts may get (ms). */
const REFRESH_MS = 300_000;
/** How long facts stand at least (ms): an instance that is being made changes a hundred times. */
const CALM_MS = 5_000;

/** Ends after the signal aborted. What was told stays: the monitor goes on. */
export async function runMonitorTargets(options: TargetsOptions): Promise<void> {
  const { client, home, log, signal } = options;
  const toldAt = new Map<string, number>();
  const same = (object: { metadata: { name: string } }): string[] => [object.metadata.name];
  /** By the `namespace/name` of its owner's Secret: one that was removed is written again within `CALM_MS`. */
  const servers = new Map<string, string>();
  const ofSecret = ({ metadata: { namespace = '', name } }: KubeObject): string[] =>
    [servers.get(`${namespace}/${name}`) ?? []].flat();
  const controller = runController({
    client,
    name: 'monitor-targets',
    // Server, archive and composite of one instance have one name.
    watches: [
      { kind: SERVER },
      { kind: INSTANCE, map: same },
      { kind: ARCHIVE, map: same },
      { kind: SECRET, map: ofSecret },
    ],
    reconcile: async key => {
      const calmMs = (toldAt.get(key) ?? -Infinity) + CALM_MS - performance.now();
      if (calmMs > 0) return { requeueAfterMs: calmMs };
      const again = await tell(options, servers, key);
      if (again) toldAt.set(key, performance.now());
      else toldAt.delete(key);
      return again;
    },
    signal,
    log,
  });
  await controller.synced;
  const { items } = await client.list<PostgresServer>(SERVER);
  const there = new Set(items.map(({ metadata }) => metadata.name));
  const place = monitorPlace(home);
  for (const server of listTargets(place)) if (!there.has(server)) removeTarget(place, server);
  await controller.stopped;
}

/** `undefined` when there is nothing to measure. */
async function tell(
  options: TargetsOptions,
  servers: Map<string, string>,
  name: string,
): Promise<ReconcileResult | undefined> {
  const { client, home, clock } = options;
  const place = monitorPlace(home);
  const server = await client.find<PostgresServer>({ ...SERVER, name });
  const composite = server && (await client.find<Composite>({ ...INSTANCE, name }));
  if (!server || server.metadata.deletionTimestamp !== undefined || !composite) {
    for (const [secret, of] of servers) if (of === name) servers.delete(secret);
    removeTarget(place, name);
    return undefined;
  }
  const record = await findRecord(placeOf(home, name));
  if (record?.objectUid !== server.metadata.uid || record?.metricsPassword === undefined) return undefined;
  const archive = await client.find<PostgresArchive>({ ...ARCHIVE, name });
  const facts = factsOf({ composite, server, archive, certificateEnds: certificateEnd(home, name), now: clock() });
  const target = targetOf({ home, composite, server, record: { ...record, metricsPassword: record.metricsPassword } });
  writeTarget(place, { ...target, facts });
  servers.set(`${target.namespace}/${metricsSecretName(target.claim)}`, name);
  return { requeueAfterMs: (await tellOwner(options, server, target)) ? REFRESH_MS : SOON_MS };
}

interface Told {
  home: Home;
  composite: Composite;
  server: PostgresServer;
  record: InstanceRecord & { metricsPassword: string };
}

function targetOf({ home, composite, server, record }: Told): Omit<Target, 'facts'> {
  const { name } = server.metadata;
  const claim = composite.spec.claimRef;
  const { port, metricsPassword } = record;
  return {
    server: name,
    namespace: claim?.namespace ?? '',
    claim: claim?.name ?? name,
    token: tokenFrom(metricsPassword),
    endpoint: { socketFolder: socketFolder(socketRoot(home.folder), port), port },
    login: { user: METRICS_ROLE, password: metricsPassword },
    database: server.spec.database,
    ...(record.process ? { process: record.process } : {}),
  };
}

/** As secret as the password, and doesn't tell it: who reads metrics doesn't log in. */
function tokenFrom(password: string): string {
  return createHash('sha256').update(`metrics of ${password}`).digest('base64url');
}

/** Whether there is nothing left to do. */
async function tellOwner(
  { client, home, pki }: TargetsOptions,
  server: PostgresServer,
  { namespace, claim, token }: Omit<Target, 'facts'>,
): Promise<boolean> {
  if (namespace === '') return true;
  const port = findServingMonitor(monitorPlace(home))?.port;
  if (port === undefined) return false;
  const url = metricsUrl(port, { namespace, name: claim });
  const texts = { url, token, 'ca.crt': pki.caCertificate };
  await ensureMetricsSecret(client, server, { namespace, name: metricsSecretName(claim), texts });
  return true;
}

function certificateEnd(home: Home, name: string): string | undefined {
  try {
    return readCertificate(join(placeOf(home, name).tls, 'server.crt')).validTo;
  } catch {
    return undefined; // not there, or half written: the next look has it
  }
}
