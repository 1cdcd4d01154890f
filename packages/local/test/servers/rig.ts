/** A plane's share that keeps PostgreSQL servers: a home, keys, an API server, and the reconciler. Everything goes at the end. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { openStore, startApiServer, type ApiServer } from '@larder/apiserver';
import { LOCAL_API_VERSION, localKinds, type PostgresServer, type PostgresServerSpec } from '@larder/catalog';
import { isConditionTrue, noLog, pause, startEventRecorder, waitFor } from '@larder/controller';
import type { Client, KubeObject, ObjectRef } from '@larder/kube';
import { processesIn, stopServer, withSession, type Login, type Session } from '@larder/postgres';
import { homeAt, openHome, openPki, type Home, type Pki } from '@larder/local';
import { releaseAccountsBelow } from '../../src/servers/accounts.ts';
import { findRecord, openLimits, placeOf, type InstanceRecord } from '../../src/servers/index.ts';
import { runPostgresServers, type PostgresServersOptions } from '../../src/servers/index.ts';

export interface Rig {
  home: Home;
  pki: Pki;
  client: Client;
  /** Starts the reconciler, as a plane that comes up. */
  runPlane(options?: Partial<PostgresServersOptions>): void;
  /** Ends the reconciler, as a plane that goes: the servers stay. */
  stopPlane(): Promise<void>;
}

export interface RigOptions {
  /** An empty folder for the home. @default one in the temporary folder */
  folder?: string;
}

export const SPEC: PostgresServerSpec = {
  version: '17.10',
  storageBytes: 2 ** 30,
  settings: { shared_buffers: '16MB' },
  extensions: [],
  database: 'app',
  owner: 'app',
  superuserAccess: false,
  allowedCIDRs: [],
  apply: 'Scheduled',
  writeConnectionSecretToRef: { namespace: 'larder-system', name: 'unset' },
};

/** Call it where a `describe` (or a file) begins: what is made later ends with that. */
export function rigScope(): { end?: () => Promise<void> } {
  const scope: { end?: () => Promise<void> } = {};
  after(async () => scope.end?.());
  return scope;
}

export async function makeRig(scope: { end?: () => Promise<void> }, options: RigOptions = {}): Promise<Rig> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'larder-s-'));
  chmodSync(folder, 0o711);
  const home = openHome(folder);
  const pki = await openPki(home);
  const store = await openStore({ folder: home.store });
  const api = await startApi(pki, store);
  await applyKinds(api.client);
  const running = new Set<() => Promise<void>>();
  const stopPlane = async (): Promise<void> => {
    for (const stop of running) await stop();
  };
  scope.end = async () => {
    await stopPlane();
    await endServers(home);
    await (await openLimits(home)).removeAll();
    await api.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
    if (process.geteuid?.() === 0) await releaseAccountsBelow(home.folder);
  };
  const runPlane: Rig['runPlane'] = (options = {}) => {
    const abort = new AbortController();
    const { client } = api;
    const events = options.events ?? startEventRecorder({ client, component: 'test' });
    const base = { client, home, pki, log: noLog, events, signal: abort.signal };
    const servers = runPostgresServers({ ...base, ...options });
    const stop = async (): Promise<void> => {
      running.delete(stop);
      abort.abort();
      await servers;
    };
    running.add(stop);
  };
  return { home, pki, client: api.client, runPlane, stopPlane };
}

/** A rig whose plane runs and has one server that is ready. */
export async function rigWithServer(
  scope: { end?: () => Promise<void> },
  name: string,
  options: RigOptions & { spec?: Partial<PostgresServerSpec>; plane?: Partial<PostgresServersOptions> } = {},
): Promise<Rig> {
  const rig = await makeRig(scope, options);
  rig.runPlane(options.plane);
  await rig.client.create(serverObject(name, options.spec));
  await untilReady(rig, name, 60_000);
  return rig;
}

/** An object for a server, not applied yet. */
export function serverObject(name: string, spec: Partial<PostgresServerSpec> = {}): PostgresServer {
  return {
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresServer',
    metadata: { name },
    spec: { ...SPEC, writeConnectionSecretToRef: { namespace: 'larder-system', name: `${name}-credentials` }, ...spec },
  };
}

/** Changes the object as its owner would. */
export async function patchSpec({ client }: Rig, name: string, spec: Partial<PostgresServerSpec>): Promise<void> {
  await client.patch(refOfServer(name), { type: 'merge', body: { spec } });
}

/** Ends the server behind the plane's back. */
export async function endServer(rig: Rig, name: string): Promise<void> {
  const { process: server, account } = await recordOf(rig, name);
  if (server) await stopServer(server, account ?? undefined);
}

/** Does something to a server while it and the plane are down; then the plane comes back. */
export async function whileDown(rig: Rig, name: string, work: () => unknown): Promise<void> {
  await rig.stopPlane();
  await endServer(rig, name);
  await work();
  rig.runPlane();
}

export function refOfServer(name: string): ObjectRef {
  return { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer', name };
}

/** The object once `predicate` holds. */
export async function untilServer(
  { client }: Rig,
  name: string,
  predicate: (server: PostgresServer) => boolean,
  timeoutMs = 120_000,
): Promise<PostgresServer> {
  const found = await waitFor(client, refOfServer(name), object => predicate(object as PostgresServer), { timeoutMs });
  return found as PostgresServer;
}

export function untilReady(rig: Rig, name: string, timeoutMs?: number): Promise<PostgresServer> {
  const current = ({ metadata, status }: PostgresServer): boolean =>
    status?.observedGeneration === metadata.generation && isConditionTrue(status?.conditions ?? [], 'Ready');
  return untilServer(rig, name, current, timeoutMs);
}

/** Once another process than `before` lets the owner in. The object may still say Ready of the one that died. */
export async function untilRestarted(rig: Rig, name: string, before: InstanceRecord['process']): Promise<void> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    const { process: server } = await recordOf(rig, name);
    const isOther = server?.pid !== before?.pid || server?.startTicks !== before?.startTicks;
    try {
      if (isOther) return await asOwner(rig, name, async () => undefined);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    if (performance.now() > deadline) throw new Error(`${name} was not started again`);
    await pause(100);
  }
}

/** The server once its `Ready` condition has that reason. */
export function untilReason(rig: Rig, name: string, reason: string, type = 'Ready'): Promise<PostgresServer> {
  return untilServer(rig, name, ({ status }) =>
    (status?.conditions ?? []).some(condition => condition.type === type && condition.reason === reason),
  );
}

export function messageOf(server: PostgresServer, type = 'Ready'): string {
  return server.status?.conditions?.find(condition => condition.type === type)?.message ?? '';
}

export async function credentialsOf({ client }: Rig, name: string): Promise<Record<string, string>> {
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: 'larder-system', name: `${name}-credentials` };
  const secret = await client.get<KubeObject>(ref);
  const data = secret.data as Record<string, string>;
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}

/** As an application: with the Secret alone. */
export async function asOwner<T>(
  rig: Rig,
  name: string,
  work: (session: Session) => Promise<T>,
  login: Partial<Login> = {},
): Promise<T> {
  const { endpoint = '', port, username = '', password = '', database = '', ...rest } = await credentialsOf(rig, name);
  const at = { host: endpoint, port: Number(port), ca: rest['ca.crt'] ?? '' };
  return withSession(at, { user: username, password, database, ...login }, work);
}

export async function recordOf({ home }: Rig, name: string): Promise<InstanceRecord> {
  const record = await findRecord(placeOf(home, name));
  if (!record) throw new Error(`no record of ${name}`);
  return record;
}

async function startApi(pki: Pki, store: Awaited<ReturnType<typeof openStore>>): Promise<ApiServer> {
  return startApiServer({
    store,
    tls: pki.apiServer,
    clientCa: pki.caCertificate,
    serviceAccountKey: pki.serviceAccountKey.privateKey,
    host: '127.0.0.1',
    port: 0,
    version: '0.1.0',
  });
}

async function applyKinds(client: Client): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'larder-system' } };
  if (!(await client.find({ ...namespace, name: 'larder-system' }))) await client.create(namespace);
  for (const kind of localKinds) {
    await client.create(kind);
    const established = (object?: KubeObject): boolean =>
      isConditionTrue((object?.status as { conditions?: [] })?.conditions ?? [], 'Established');
    await waitFor(client, { ...kind, name: kind.metadata.name }, established, { timeoutMs: 60_000 });
  }
}

/** Ends what still runs in this home, whatever state the test left it in. */
async function endServers(home: Home): Promise<void> {
  const { instances } = homeAt(home.folder);
  const { readdirSync } = await import('node:fs');
  for (const name of readdirSync(instances).filter(name => !name.startsWith('.'))) {
    const place = placeOf(home, name);
    const record = await findRecord(place).catch(() => undefined);
    const uid = record?.account?.uid ?? process.geteuid?.() ?? 0;
    if (record?.process) await stopServer(record.process, record.account ?? undefined, { fastMs: 5_000 });
    for (const { pid } of processesIn(place.data, uid)) process.kill(pid, 'SIGKILL');
  }
}
