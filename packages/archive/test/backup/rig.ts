/** A real server, a real S3 store, and an archiver between them that is as plain as can be. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync, gzip as gzipCallback } from 'node:zlib';
import { archiveKeys, openStore, parseArchivedName, type Destination, type Store } from '@larder/archive';
import { connect, observeServer, startServer, stopServer, waitUntilReady, type Session } from '@larder/postgres';
import { startRig, type Rig } from '../../../objectstore/test/rig.ts';
import {
  freePort,
  makeMachine,
  makeServer,
  type Machine,
  type Scope,
  type TestServer,
} from '../../../postgres/test/machine.ts';

const gzip = promisify<Buffer, object, Buffer>(gzipCallback);

export interface Bench {
  machine: Machine;
  server: TestServer;
  objects: Rig;
  store: Store;
  destination: Destination;
  /** A session of the plane's role, to be closed by whoever asked. */
  session(database?: string): Promise<Session>;
  /** Uploads what the server has archived so far. */
  pump(): Promise<void>;
}

/** A server that runs and archives, and a bucket for it. */
export async function makeBench(
  scope: Scope,
  name: string,
  settings: Record<string, string> = {},
  also: (path: string) => Promise<void> = async () => undefined,
): Promise<Bench> {
  const machine = await makeMachine(scope, name);
  const server = await makeServer(scope, machine, 'origin');
  const objects = await startRig();
  scope.defer(() => objects.close());
  const destination: Destination = {
    endpoint: objects.store.url,
    region: 'us-east-1',
    bucket: 'first',
    prefix: 'backups/a',
    serverName: 'origin-17-1',
    accessKeyId: objects.owner.accessKeyId,
    secretAccessKey: objects.owner.secretAccessKey,
  };
  const store = openStore(destination);
  scope.defer(() => store.close());
  const archived = join(server.folder, 'archived');
  mkdirSync(archived, { mode: 0o700 });
  if (server.account) chownSync(archived, server.uid, server.uid);
  server.configure({ ...settings });
  archiveInto(server, archived);
  await startWell(server);
  const pump = startPump(scope, { folder: archived, store, also });
  return {
    ...{ machine, server, objects, store, destination, pump },
    session: (database = 'postgres') => connect(server.socket, { ...server.login, database }, { statementMs: 120_000 }),
  };
}

async function startWell(server: TestServer): Promise<void> {
  const { process: started, readiness } = await server.start();
  if (readiness === 'ready') return;
  const place = { data: server.data, uid: server.uid, process: started };
  const later = await waitUntilReady(place, { timeoutMs: 120_000 });
  if (later !== 'ready') throw new Error(`the server is ${later}`);
}

/** The configuration says `true`; a later line of the same name wins. */
function archiveInto(server: TestServer, folder: string): void {
  const command = `cp %p ${folder}/%f.tmp && mv ${folder}/%f.tmp ${folder}/%f`;
  writeFileSync(join(server.folder, 'conf/postgresql.conf'), `archive_command = '${command}'\n`, { flag: 'a' });
}

interface Pump {
  folder: string;
  store: Store;
  also: (path: string) => Promise<void>;
}

function startPump(scope: Scope, { folder, store, also }: Pump): () => Promise<void> {
  const keys = archiveKeys(store.destination);
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const once = async (): Promise<void> => {
    for (const file of await readdir(folder).catch(() => [])) {
      if (file.endsWith('.tmp') || stop.signal.aborted) continue;
      const packed = await gzip(await readFile(join(folder, file)), { level: 1 });
      await store.put(keys.wal(file, 'gzip'), packed, { ifAbsent: true });
      await also(join(folder, file));
      await rm(join(folder, file));
    }
  };
  const pump = (): Promise<void> => (running = running.then(once, once));
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await pump().catch(() => undefined);
      await delay(50, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  scope.defer(async () => {
    stop.abort();
    await loop;
  });
  return pump;
}

/** The log of a bucket as plain files, for `cp`. */
export async function downloadLog(store: Store, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for await (const entry of store.list(archiveKeys(store.destination).wals)) {
    if (entry.kind !== 'object') continue;
    const archived = parseArchivedName(entry.key.slice(entry.key.lastIndexOf('/') + 1));
    const content = await store.read(entry.key, 2 ** 26);
    if (!archived || !content) continue;
    await writeFile(join(folder, archived.name), archived.compression === 'gzip' ? gunzipSync(content) : content, {
      mode: 0o644,
    });
  }
}

export interface Restored {
  session: Session;
  stop: () => Promise<void>;
}

/** Starts a data directory with the settings in its own `postgresql.conf` and these; `local` connections are trusted. */
export async function startPlain(
  scope: Scope,
  options: {
    bin: string;
    folder: string;
    data: string;
    server: TestServer;
    settings: Record<string, string>;
    user?: string;
  },
): Promise<Restored> {
  const { bin, folder, data, server, settings, user = 'larder' } = options;
  const sockets = join(folder, 's');
  const conf = join(folder, 'conf');
  for (const each of [sockets, conf]) mkdirSync(each, { recursive: true, mode: 0o711 });
  if (server.account) chownSync(sockets, server.uid, server.uid);
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  await writeFile(join(conf, 'postgresql.conf'), `${lines.join('\n')}\n`, { mode: 0o644 });
  await writeFile(join(conf, 'pg_hba.conf'), `local all ${user} scram-sha-256\n`, { mode: 0o644 });
  await writeFile(join(conf, 'pg_ident.conf'), '', { mode: 0o644 });
  const port = await freePort();
  const { process: started, exited } = await startServer({
    ...{ bin, data, port, configuration: conf, socketFolder: sockets, account: server.account },
    startLog: join(folder, 'start.log'),
  });
  const stop = async (): Promise<void> => {
    const state = await observeServer({ data, uid: server.uid }).catch(() => undefined);
    if (state?.kind === 'running') await stopServer(state.process, server.account, { fastMs: 20_000 });
  };
  scope.defer(stop);
  const readiness = await waitUntilReady({ data, uid: server.uid, process: started }, { timeoutMs: 120_000, exited });
  if (readiness !== 'ready') throw new Error(`${readiness}: ${await readFile(join(folder, 'start.log'), 'utf8')}`);
  const session = await connect({ socketFolder: sockets, port }, server.login, { statementMs: 120_000 });
  scope.defer(() => session.close().catch(() => undefined));
  return { session, stop };
}
