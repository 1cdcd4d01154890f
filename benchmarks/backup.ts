/**
 * A base backup and its restore, beside Debian's barman-cloud with the same server on the same store: `npm run bench -- backup`. Both
 * compress with gzip, and take turns. LARDER_BENCH_MB says how large the database is, LARDER_BENCH_ROUNDS how often each is
 * done, and restored twice; the best counts. CPU is that of the tool, without the store's.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  archiveCommand,
  newArchiverSlots,
  openStore,
  readCatalogue,
  startArchiver,
  writeBackup,
  type Destination,
} from '@larder/archive';
import { ensureBucket, keyFolder, newAccessKey } from '@larder/objectstore';
import { connect } from '@larder/postgres';
import { bundleOf } from './lib/bundle.ts';
import { ownCpuSeconds } from './lib/process.ts';
import { freePort, makeMachine, makeServer, type Scope, type TestServer } from '../packages/postgres/test/machine.ts';

const run = promisify(execFile);
const megabytes = Number(process.env.LARDER_BENCH_MB ?? 1_000);
const ROUNDS = Number(process.env.LARDER_BENCH_ROUNDS ?? 1);
const QUIET = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
const undos: (() => unknown)[] = [];
const scope: Scope = { defer: undo => void undos.push(undo) };
const rows: Record<string, string>[] = [];
interface Turn {
  seconds: number;
  cpu: number;
}
interface Turns {
  ours: Turn[];
  theirs: Turn[];
}
try {
  const destination = await startStore();
  const { server, home } = await startFull(destination);
  const backups: Turns = { ours: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round++) {
    backups.ours.push(await measured(() => ourBackup(server, destination)));
    if (hasBarman()) backups.theirs.push(await measured(() => theirBackup(server, destination)));
  }
  const [ours, theirs] = [await newest(destination), hasBarman() ? await newest(theirsOf(destination)) : undefined];
  const program = await bundleOf('fetch-backup.ts', home);
  await bundleOf('../../packages/archive/src/restore/unpack-worker.ts', home, 'larder-unpack.js');
  const restores: Turns = { ours: [], theirs: [] };
  const durable: number[] = [];
  for (let round = 0; round < 2 * ROUNDS; round++) {
    // What is there stays until the end: a file system is slow at making files where others were just removed.
    const folder = (whose: string): string => join(home, `${whose}-${round}`);
    restores.ours.push(await measured(() => ourRestore(program, ours.id, destination, folder('ours'))));
    if (!theirs) continue;
    const restored = await measured(() => theirRestore(theirs.id, destination, folder('theirs')));
    const synced = await measured(async () => void (await run('sync', ['-f', folder('theirs')])));
    restores.theirs.push(restored);
    durable.push(restored.seconds + synced.seconds);
  }
  report(`a base backup of ${megabytes} MB`, backups);
  report('its restore, ours on the disk when it ends', restores);
  if (durable.length > 0)
    rows.push({ what: 'the same, with sync after barman', ...compared(best(restores.ours), Math.min(...durable)) });
  rows.push({
    what: 'in the bucket',
    larder: mb(ours.storedBytes),
    barman: theirs ? mb(theirs.storedBytes) : '',
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

/** As a process of its own, since barman's is one too. */
async function ourRestore(program: string, backupId: string, destination: Destination, folder: string): Promise<void> {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'inherit', 'inherit'], env: QUIET });
  child.stdin.end(JSON.stringify({ destination, backupId, folder }));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`our restore ended with ${code}`);
}

async function theirRestore(backupId: string, destination: Destination, folder: string): Promise<void> {
  await barman(destination, 'restore', ['s3://backups/b', 'theirs', backupId, folder]);
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

async function measured(work: () => Promise<void>): Promise<Turn> {
  const [begun, cpu] = [performance.now(), ownCpuSeconds()];
  await work();
  return { seconds: (performance.now() - begun) / 1000, cpu: ownCpuSeconds() - cpu };
}

function best(turns: Turn[]): number {
  return Math.min(...turns.map(({ seconds }) => seconds));
}

function report(what: string, { ours, theirs }: Turns): void {
  const cpu = (turns: Turn[]): string => `${Math.min(...turns.map(turn => turn.cpu)).toFixed(1)} s`;
  if (theirs.length === 0)
    return void rows.push({ what, larder: `${best(ours).toFixed(1)} s`, 'larder CPU': cpu(ours) });
  const both = { 'larder CPU': cpu(ours), 'barman CPU': cpu(theirs), goal: '2x' };
  rows.push({ what, ...compared(best(ours), best(theirs)), ...both });
}

function compared(ours: number, theirs: number): Record<string, string> {
  return { larder: `${ours.toFixed(1)} s`, barman: `${theirs.toFixed(1)} s`, ratio: (theirs / ours).toFixed(1) };
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
