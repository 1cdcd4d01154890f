/**
 * A base backup and its restore, beside Debian's barman-cloud with the same server on the same store: `npm run bench -- backup`. Both
 * compress with gzip. LARDER_BENCH_MB says how large the database is, LARDER_BENCH_ROUNDS
 * how often each is done; the best counts.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  archiveCommand,
  fetchBackup,
  newArchiverSlots,
  openStore,
  readCatalogue,
  startArchiver,
  writeBackup,
  type Destination,
} from '@larder/archive';
import { ensureBucket, keyFolder, newAccessKey } from '@larder/objectstore';
import { connect } from '@larder/postgres';
import { freePort, makeMachine, makeServer, type Scope, type TestServer } from '../packages/postgres/test/machine.ts';

const run = promisify(execFile);
const megabytes = Number(process.env.LARDER_BENCH_MB ?? 1_000);
const ROUNDS = Number(process.env.LARDER_BENCH_ROUNDS ?? 2);
const undos: (() => unknown)[] = [];
const scope: Scope = { defer: undo => void undos.push(undo) };
const rows: Record<string, string>[] = [];
try {
  const destination = await startStore();
  const { server, home } = await startFull(destination);
  const times = {
    ourBackup: [] as number[],
    theirBackup: [] as number[],
    ourRestore: [] as number[],
    theirRestore: [] as number[],
  };
  for (let round = 0; round < ROUNDS; round++) {
    times.ourBackup.push(await timed(() => ourBackup(server, destination)));
    if (hasBarman()) times.theirBackup.push(await timed(() => theirBackup(server, destination)));
  }
  const [ours, theirs] = [await newest(destination), hasBarman() ? await newest(theirsOf(destination)) : undefined];
  for (let round = 0; round < ROUNDS; round++) {
    times.ourRestore.push(await restored(join(home, 'ours'), folder => ourRestore(ours.id, destination, folder)));
    if (theirs)
      times.theirRestore.push(
        await restored(join(home, 'theirs'), folder => theirRestore(theirs.id, destination, folder)),
      );
  }
  report(`a base backup of ${megabytes} MB`, times.ourBackup, times.theirBackup);
  report('its restore', times.ourRestore, times.theirRestore);
  rows.push({
    what: 'in the bucket',
    larder: mb(ours.storedBytes),
    barman: theirs ? mb(theirs.storedBytes) : '',
    ratio: '',
    goal: '',
  });
  console.table(rows);
} finally {
  for (const undo of undos.reverse()) await undo();
}

async function startStore(): Promise<Destination> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-bench-backup-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const [buckets, keys] = [join(folder, 'buckets'), join(folder, 'keys')];
  await ensureBucket(buckets, 'backups');
  const key = newAccessKey('backups', 'owner');
  await keyFolder(keys).write(key);
  const port = await freePort();
  const script = fileURLToPath(new URL('lib/serve-s3.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, buckets, keys, String(port)], { stdio: 'ignore' });
  scope.defer(() => child.kill('SIGKILL'));
  const { accessKeyId, secretAccessKey } = key;
  const place = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    bucket: 'backups',
    prefix: 'b',
    serverName: 'ours',
  };
  const destination = { ...place, accessKeyId, secretAccessKey };
  const store = openStore(destination);
  for (;;) {
    try {
      await store.check();
      store.close();
      return destination;
    } catch {
      await delay(100);
    }
  }
}

/** A server that archives, with so many megabytes of rows of which half is random. */
async function startFull(destination: Destination): Promise<{ server: TestServer; home: string }> {
  const machine = await makeMachine(scope, 'bb');
  const server = await makeServer(scope, machine, 'full');
  server.configure({ max_wal_size: '4GB', checkpoint_timeout: '1h', autovacuum: 'off', wal_level: 'logical' });
  const line = `archive_command = '${archiveCommand(server.folder).replaceAll("'", "''")}'\n`;
  writeFileSync(join(server.folder, 'conf/postgresql.conf'), line, { flag: 'a' });
  const archiver = startArchiver({
    ...{ folder: server.folder, uid: server.uid, gid: server.uid, systemIdentifier: server.made.systemIdentifier },
    ...{ destination, slots: newArchiverSlots() },
  });
  scope.defer(() => archiver.stop());
  await server.start();
  const session = await connect(server.socket, { ...server.login, database: 'app' }, { statementMs: 900_000 });
  await session.rows(
    `CREATE TABLE public.accounts AS SELECT i AS id, md5(random()::text) AS t, repeat('x', 60) AS filler FROM generate_series(1, ${megabytes * 7_400}) AS i`,
  );
  await session.rows('CHECKPOINT');
  await session.rows('SELECT pg_switch_wal()');
  const deadline = performance.now() + 900_000;
  for (;;) {
    const [{ waiting }] = (await session.rows(
      `SELECT count(*)::int AS waiting FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`,
    )) as [{ waiting: number }];
    if (waiting === 0) break;
    if (performance.now() > deadline) throw new Error(`${waiting} segments are not archived`);
    await delay(500);
  }
  await session.close();
  return { server, home: machine.home };
}

async function ourBackup(server: TestServer, destination: Destination): Promise<void> {
  const store = openStore(destination);
  const session = await connect(server.socket, server.login, { statementMs: 600_000 });
  try {
    await writeBackup({ store, session, account: server.account });
  } finally {
    await session.close();
    store.close();
  }
}

async function theirBackup(server: TestServer, destination: Destination): Promise<void> {
  const where = ['-h', join(server.folder, 's'), '-p', String(server.port), '-U', server.login.user];
  await barman(destination, 'backup', ['-z', '--immediate-checkpoint', ...where, 's3://backups/b', 'theirs'], {
    PGPASSWORD: server.login.password,
  });
}

async function ourRestore(backupId: string, destination: Destination, folder: string): Promise<void> {
  const store = openStore(destination);
  await fetchBackup({ store, backupId, folder });
  store.close();
}

async function theirRestore(backupId: string, destination: Destination, folder: string): Promise<void> {
  await barman(destination, 'restore', ['s3://backups/b', 'theirs', backupId, folder]);
}

/** Without the time to make it durable on the other side: barman doesn't. */
async function restored(folder: string, work: (folder: string) => Promise<void>): Promise<number> {
  const ms = await timed(() => work(folder));
  await rm(folder, { recursive: true, force: true });
  return ms;
}

function theirsOf(destination: Destination): Destination {
  return { ...destination, serverName: 'theirs' };
}

async function newest(destination: Destination): Promise<{ id: string; storedBytes: number }> {
  const store = openStore(destination);
  const { backups } = await readCatalogue(store);
  store.close();
  const last = backups.at(-1);
  if (!last) throw new Error('there is no backup');
  return last;
}

async function barman(
  { endpoint, accessKeyId, secretAccessKey }: Destination,
  tool: string,
  args: string[],
  more: Record<string, string> = {},
): Promise<void> {
  const keys = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  const env = { PATH: process.env.PATH, ...keys, ...more };
  await run(`barman-cloud-${tool}`, ['--endpoint-url', endpoint, ...args], { env });
}

function hasBarman(): boolean {
  try {
    execFileSync('barman-cloud-backup', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function report(what: string, ours: number[], theirs: number[]): void {
  const [our, their] = [Math.min(...ours), Math.min(...theirs)];
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const has = theirs.length > 0;
  rows.push({
    what,
    larder: seconds(our),
    barman: has ? seconds(their) : 'not here',
    ratio: has ? (their / our).toFixed(1) : '',
    goal: '2x',
  });
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
