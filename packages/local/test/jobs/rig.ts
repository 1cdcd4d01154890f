/** A plane's share that runs Jobs: a home, keys, an API over HTTPS, and the reconcilers. Everything goes with the test. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openStore, startApiServer, type ApiServer } from '@larder/apiserver';
import { httpTransport, lineLogger, startEventRecorder, waitFor } from '@larder/controller';
import type { Client, KubeObject, ObjectRef } from '@larder/kube';
import { openHome, openPki, type Home } from '@larder/local';
import { endProcess } from '../../src/process/end.ts';
import { podLogsOf } from '../../src/jobs/pod-logs.ts';
import { runJobs } from '../../src/jobs/run-jobs.ts';
import { runSecretGenerator } from '../../src/secrets/run-generator.ts';
import type { Job, JobSpec, PodSpec } from '../../src/jobs/types.ts';
import { observeProcess } from '@larder/postgres';
import { scratchFolder } from '../scratch.ts';

export const JOB = { apiVersion: 'batch/v1', kind: 'Job' };
export const CRON_JOB = { apiVersion: 'batch/v1', kind: 'CronJob' };
export const POD = { apiVersion: 'v1', kind: 'Pod' };
export const SECRET = { apiVersion: 'v1', kind: 'Secret' };
export const namespace = 'default';
/** Long enough for a machine that does much else. */
const PATIENCE_MS = 90_000;

export interface Rig {
  home: Home;
  client: Client;
  server: ApiServer;
  clock: { now: Date };
  /** What the plane logged. */
  logged: () => string;
  /** The text of a GET over HTTPS. */
  read: (path: string) => Promise<{ status: number; body: string }>;
  stop: () => Promise<void>;
}

/** Serves and runs Jobs until the test ends. */
export async function startRig(test: TestContext, folder = scratchFolder()): Promise<Rig> {
  const home = openHome(folder);
  const pki = await openPki(home);
  const store = await openStore({ folder: home.store });
  const server = await startApiServer({
    ...{ store, tls: pki.apiServer, clientCa: pki.caCertificate, serviceAccountKey: pki.serviceAccountKey.privateKey },
    ...{ host: '127.0.0.1', port: 0, version: '0.1.0', podLogs: podLogsOf(home) },
    onError: error => console.error('server failure', error),
  });
  const { client } = server;
  const stopping = new AbortController();
  const clock = { now: new Date(0) };
  const events = startEventRecorder({ client, component: 'larder' });
  let text = '';
  const log = lineLogger({ write: line => void (text += line) });
  const options = { client, home, log, events, signal: stopping.signal };
  const readClock = (): Date => (clock.now.getTime() === 0 ? new Date() : clock.now);
  const running = Promise.all([runJobs({ ...options, clock: readClock }), runSecretGenerator(options)]);
  const transport = httpTransport({ server: `https://127.0.0.1:${server.port}`, ca: pki.caCertificate, ...pki.admin });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      stopping.abort();
      await running;
      await events.flush();
      transport.close();
      await server.close();
      await store.close();
    })());
  test.after(async () => {
    await stop();
    await endAll(home);
  });
  return {
    home,
    client,
    server,
    clock,
    stop,
    logged: () => text,
    read: path => transport.request({ method: 'GET', path }),
  };
}

/** No process of a job outlives its test. */
export async function endAll(home: Home): Promise<void> {
  await Promise.all(
    processesBelow(home).map(async pid => {
      const found = observeProcess(pid);
      if (found) await endProcess(found, { graceMs: 0 });
    }),
  );
}

/** Processes that work in a folder of the home's jobs. */
export function processesBelow(home: Home): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => cwdOf(pid).startsWith(`${home.jobs}/`) && isTool(pid));
}

/** Running from the sources, a tool has a compiler beside it for a while. */
function isTool(pid: number): boolean {
  try {
    return procText(pid, 'cmdline').includes('larder-sql');
  } catch {
    return false;
  }
}

function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

export function procText(pid: number, name: 'cmdline' | 'environ'): string {
  return readFileSync(join('/proc', String(pid), name), 'utf8');
}

/** The object as soon as it is as wanted; the error says what it was instead. */
export async function until<T extends KubeObject>(
  client: Client,
  ref: ObjectRef,
  wanted: (object: T) => boolean,
): Promise<T> {
  let last: T | undefined;
  const is = (object: T | undefined): boolean => {
    last = object;
    return object !== undefined && wanted(object);
  };
  return waitFor<T>(client, ref, is, { timeoutMs: PATIENCE_MS }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify({ spec: last?.spec, status: last?.status })}`, {
      cause: error,
    });
  }) as Promise<T>;
}

export async function untilGone(client: Client, ref: ObjectRef): Promise<void> {
  await waitFor(client, ref, object => object === undefined, { timeoutMs: PATIENCE_MS });
}

/** For what no API tells: looks again and again. */
export async function untilTrue(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`cannot wait any longer until ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** The first event with this reason. */
export async function untilTold(client: Client, reason: string, about?: string): Promise<KubeObject> {
  type Event = KubeObject & { reason?: string; involvedObject?: { name: string } };
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { items } = await client.list<Event>({ apiVersion: 'v1', kind: 'Event' }, { namespace });
    const found = items.find(
      event => event.reason === reason && (about ?? event.involvedObject?.name) === event.involvedObject?.name,
    );
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`cannot wait any longer for an event ${reason}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

export const conditionOf = (
  object: KubeObject,
  type: string,
): { status: string; reason?: string; message?: string } | undefined =>
  (
    object.status as { conditions?: { type: string; status: string; reason?: string; message?: string }[] } | undefined
  )?.conditions?.find(condition => condition.type === type);

export const isFailed = (job: KubeObject): boolean => conditionOf(job, 'Failed')?.status === 'True';

/** A job that tries for nine minutes to reach a server that isn't there; with `--wait 0s` it fails at once. */
export function job(name: string, spec: Partial<JobSpec> = {}, pod: Partial<PodSpec> = {}, wait = '9m'): Job {
  const env = Object.entries({ PGHOST: '127.0.0.1', PGPORT: '1', PGUSER: 'u', PGDATABASE: 'd' });
  const container = {
    ...{ name: 'sql', image: 'larder.dev/tools:1', args: ['-c', 'select 1', '--wait', wait] },
    env: [
      ...env.map(([key, value]) => ({ name: key, value })),
      { name: 'PGPASSWORD', value: 'plain' },
      { name: 'PGSSLROOTCERT', value: '-----BEGIN CERTIFICATE-----' },
    ],
  };
  const template = { spec: { restartPolicy: 'Never', containers: [container], ...pod } };
  return { ...JOB, metadata: { name, namespace }, spec: { backoffLimit: 0, ...spec, template } };
}

export async function podsOf(client: Client, name: string): Promise<KubeObject[]> {
  return (await client.list(POD, { namespace, labelSelector: `batch.kubernetes.io/job-name=${name}` })).items;
}
