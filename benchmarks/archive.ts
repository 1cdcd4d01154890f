/**
 * Archiving and fetching the log, beside Debian's barman-cloud with the same segments on the same store: `npm run bench -- archive`. The
 * segments are real ones: full of a server's inserts. Both compress with gzip.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  archiveCommand,
  newArchiverSlots,
  openStore,
  restoreCommand,
  startArchiver,
  startWalFetcher,
  type Destination,
} from '@larder/archive';
import { ensureBucket, keyFolder, newAccessKey } from '@larder/objectstore';
import { connect } from '@larder/postgres';
import { ACCOUNT, eventually, makeInstance, runCommand, segmentName } from '../packages/archive/test/wal/instance.ts';
import { freePort, makeMachine, makeServer, type Scope } from '../packages/postgres/test/machine.ts';

const run = promisify(execFile);
const SEGMENT = 16 * 2 ** 20;
const BACKLOG = 100;
const ROUNDS = 10;
const rows: Record<string, string | number>[] = [];
const undos: (() => unknown)[] = [];
const scope: Scope = { defer: undo => void undos.push(undo) };
try {
  const { page, systemIdentifier } = await realSegment();
  /** The same records at another place in the log. */
  const segment = (n: number): Buffer => {
    const copy = Buffer.from(page);
    copy.writeBigUInt64LE(BigInt(n) * BigInt(SEGMENT), 8);
    return copy;
  };
  const name = (n: number): string => `00000001${segmentName(n).slice(8, 16)}${segmentName(n).slice(16)}`;
  const destination = await startStore();
  await archive({ segment, name, systemIdentifier, destination });
  await restore({ name, systemIdentifier, destination });
  console.table(rows.splice(0));
  console.log('A server that switches its segment every two seconds:');
  console.table(await commands());
} finally {
  for (const undo of undos.reverse()) await undo();
}

interface Bench {
  segment: (n: number) => Buffer;
  name: (n: number) => string;
  systemIdentifier: string;
  destination: Destination;
}

async function archive({ segment, name, systemIdentifier, destination }: Bench): Promise<void> {
  const instance = await makeInstance();
  scope.defer(() => instance.remove());
  const options = { folder: instance.folder, ...ACCOUNT, systemIdentifier, destination, slots: newArchiverSlots() };
  let archiver = startArchiver(options);
  await eventually('it looked', () => existsSync(join(instance.folder, 'archived')));
  const [ours, theirs]: [number[], number[]] = [[], []];
  const path = join(instance.folder, 'barman');
  for (let n = 1; n <= ROUNDS; n++) {
    const content = segment(n);
    await instance.finish(name(n), content);
    ours.push(await timed(() => untilThere(join(instance.folder, 'archived', name(n)))));
    if (!hasBarman() || n > ROUNDS / 2) continue;
    const file = join(instance.folder, name(n));
    await writeFile(file, content);
    theirs.push(await timed(() => barman('wal-archive', destination, ['-z', 's3://archive/theirs', 'pg', file])));
  }
  await archiver.stop();
  for (let n = 1; n <= BACKLOG; n++) await instance.finish(name(1000 + n), segment(1000 + n));
  const begun = performance.now();
  archiver = startArchiver(options);
  await untilThere(join(instance.folder, 'archived', name(1000 + BACKLOG)));
  const backlog = (performance.now() - begun) / 1000;
  await archiver.stop();
  await rm(path, { force: true });
  report('a segment, ready to durable', { ours, theirs, goal: '0.16 s, 4x' });
  rows.push({
    what: `a backlog of ${BACKLOG} segments`,
    larder: `${backlog.toFixed(1)} s`,
    barman: '',
    ratio: '',
    goal: '25 s',
  });
}

async function restore({ name, systemIdentifier, destination }: Omit<Bench, 'segment'>): Promise<void> {
  const instance = await makeInstance();
  scope.defer(() => instance.remove());
  const fetcher = await startWalFetcher({ folder: instance.folder, ...ACCOUNT, systemIdentifier, destination });
  const cwd = join(instance.folder, 'data');
  const [ours, theirs]: [number[], number[]] = [[], []];
  const begun = performance.now();
  for (let n = 1; n <= 40; n++)
    ours.push(
      await timed(async () => {
        const code = await runCommand(restoreCommand(instance.folder), {
          cwd,
          f: name(1000 + n),
          p: 'pg_wal/RECOVERYXLOG',
        });
        if (code !== 0) throw new Error(`restore_command ended with ${code}: ${fetcher.state().lastError}`);
      }),
    );
  const each = (performance.now() - begun) / 40_000;
  await fetcher.stop();
  if (hasBarman())
    for (let n = 1; n <= 5; n++)
      theirs.push(
        await timed(() =>
          barman('wal-restore', destination, [
            's3://archive',
            destination.serverName,
            name(1000 + n),
            join(instance.folder, 'there'),
          ]),
        ),
      );
  report('restore_command of a segment', { ours, theirs, goal: '4x' });
  const theirMean = theirs.reduce((sum, ms) => sum + ms, 0) / theirs.length / 1000;
  rows.push({
    what: 'mean of 40 in a row, with prefetch',
    larder: `${each.toFixed(3)} s`,
    barman: `${theirMean.toFixed(3)} s`,
    ratio: (theirMean / each).toFixed(1),
    goal: '4x',
  });
}

/** What a real server counts as failed, with a bare test as its command and with ours. */
async function commands(): Promise<Record<string, string | number>[]> {
  const found: Record<string, string | number>[] = [];
  const destination = await startStore();
  for (const kind of ['bare test', 'larder'] as const) {
    const server = await makeServer(scope, await makeMachine(scope, 'bench'), kind.replace(' ', ''));
    const command = kind === 'larder' ? archiveCommand(server.folder) : `test -e ${server.folder}/archived/%f`;
    const line = `archive_command = '${command.replaceAll("'", "''")}'\n`;
    writeFileSync(join(server.folder, 'conf/postgresql.conf'), line, { flag: 'a' });
    const account = { uid: server.uid, gid: server.uid };
    const { systemIdentifier } = server.made;
    const archiver = startArchiver({
      folder: server.folder,
      ...account,
      systemIdentifier,
      destination: { ...destination, serverName: server.folder.split('/').at(-1)! },
      slots: newArchiverSlots(),
    });
    await server.start();
    const session = await connect(server.socket, server.login);
    for (let n = 0; n < ROUNDS; n++) {
      await session.rows('create table public.t as select md5(i::text) from generate_series(1, 100000) i');
      await session.rows('drop table public.t');
      await session.rows('select pg_switch_wal()');
      await delay(2_000);
    }
    const [seen] = await session.rows<{ archived: number; failed: number }>(
      'select archived_count::int as archived, failed_count::int as failed from pg_stat_archiver',
    );
    found.push({ archive_command: kind, switches: ROUNDS, archived: seen!.archived, failed: seen!.failed });
    await session.close();
    await archiver.stop();
  }
  return found;
}

async function realSegment(): Promise<{ page: Buffer; systemIdentifier: string }> {
  const server = await makeServer(scope, await makeMachine(scope, 'segments'));
  await server.start();
  const session = await connect(server.socket, server.login);
  const [before] = await session.rows<{ name: string }>('select pg_walfile_name(pg_switch_wal() + 1) as name');
  await session.rows('create table public.t (n int, t text)');
  await session.rows("insert into public.t select i, 'a row of ' || md5(i::text) from generate_series(1, 250000) i");
  await session.close();
  const wal = join(server.data, 'pg_wal');
  const full = (await readdir(wal)).filter(name => /^[0-9A-F]{24}$/.test(name) && name >= before!.name).sort()[0]!;
  return { page: await readFile(join(wal, full)), systemIdentifier: server.made.systemIdentifier };
}

async function startStore(): Promise<Destination> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-bench-archive-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const [buckets, keys] = [join(folder, 'buckets'), join(folder, 'keys')];
  await ensureBucket(buckets, 'archive');
  const key = newAccessKey('archive', 'owner');
  await keyFolder(keys).write(key);
  const port = await freePort();
  const script = fileURLToPath(new URL('lib/serve-s3.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, buckets, keys, String(port)], {
    stdio: 'ignore',
  });
  scope.defer(() => child.kill('SIGKILL'));
  const { accessKeyId, secretAccessKey } = key;
  const destination = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    bucket: 'archive',
    prefix: '',
    serverName: 'pg',
    accessKeyId,
    secretAccessKey,
  };
  const store = openStore(destination);
  await eventually('the store serves', () =>
    store.check().then(
      () => true,
      () => false,
    ),
  );
  store.close();
  return destination;
}

function hasBarman(): boolean {
  try {
    execFileSync('barman-cloud-wal-archive', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function barman(
  name: string,
  { endpoint, accessKeyId, secretAccessKey }: Destination,
  args: string[],
): Promise<void> {
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  await run(`barman-cloud-${name}`, ['--endpoint-url', endpoint, ...args], { env });
}

async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await delay(2);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function report(what: string, { ours, theirs, goal }: { ours: number[]; theirs: number[]; goal: string }): void {
  const median = (all: number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;
  const [larder, other] = [median(ours) / 1000, median(theirs) / 1000];
  rows.push({
    what: `${what}, p50`,
    larder: `${larder.toFixed(3)} s`,
    barman: theirs.length > 0 ? `${other.toFixed(3)} s` : 'not run',
    ratio: theirs.length > 0 ? (other / larder).toFixed(1) : '',
    goal,
  });
}
