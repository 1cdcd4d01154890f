/** The layout, proven with Debian's barman-cloud 3.4: it reads what we wrote, and we restore what it wrote. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { before, describe, it } from 'node:test';
import {
  archiveKeys,
  fetchBackup,
  firstStartSettings,
  openStore,
  planRetention,
  readArchivedLog,
  readCatalogue,
  readControlFile,
  recoverySettings,
  setKeep,
  writeBackup,
  type Destination,
  type WrittenBackup,
} from '@larder/archive';
import { connect } from '@larder/postgres';
import { readFile } from 'node:fs/promises';
import { scopeOfSuite } from '../../../postgres/test/machine.ts';
import { downloadLog, makeBench, startPlain, type Bench } from './rig.ts';
import { addressOf, barman, toolsMissing } from './tools.ts';

const skip = toolsMissing() ?? (process.env.LARDER_FULL === '1' ? undefined : 'not run: slow; LARDER_FULL=1 runs it');

describe('barman-cloud 3.4', { skip }, () => {
  const scope = scopeOfSuite();
  let bench: Bench;
  let ours: WrittenBackup;
  let first: WrittenBackup;
  let between: Date;
  let theirs: Destination;
  let address: [string, string];

  before(async () => {
    bench = await makeBench(scope, 'bm', {}, async path => {
      if (!theirs) return;
      const { code, stderr } = await barman(theirs, 'wal-archive', ['--gzip', ...addressOf(theirs), path]);
      assert.equal(code, 0, stderr);
    });
    address = addressOf(bench.destination);
    const app = await bench.session('app');
    await app.rows(
      'CREATE TABLE public.load AS SELECT i, md5(random()::text) || md5(random()::text) AS t FROM generate_series(1, 200000) AS i',
    );
    await app.rows('CREATE TABLE public.kept (id int)');
    first = await backUp();
    ours = await backUp('nightly');
    theirs = { ...bench.destination, serverName: 'theirs' };
    await theirBackup();
    await app.rows('INSERT INTO public.kept VALUES (1)');
    // A Date has milliseconds, PostgreSQL microseconds.
    await app.rows('SELECT pg_sleep(0.02)');
    [{ between }] = (await app.rows<{ between: Date }>(`SELECT clock_timestamp() AS between`)) as [{ between: Date }];
    await app.rows('SELECT pg_sleep(0.02)');
    await app.rows('INSERT INTO public.kept VALUES (2)');
    await app.rows('SELECT pg_switch_wal()');
    await app.close();
    await settled();
  });

  async function backUp(name?: string): Promise<WrittenBackup> {
    const session = await bench.session();
    try {
      const { store, server } = bench;
      const options = { store, session, account: server.account, walTimeoutMs: 240_000, partBytes: 8 * 2 ** 20 };
      return await writeBackup({ ...options, ...(name === undefined ? {} : { name }), notes: ['a test'] });
    } finally {
      await session.close();
    }
  }

  async function theirBackup(): Promise<void> {
    const { server } = bench;
    const where = ['-h', join(server.folder, 's'), '-p', String(server.port), '-U', server.login.user];
    const how = ['-z', '--immediate-checkpoint', '-S', '5MB', ...where, ...addressOf(theirs)];
    const { code, stderr } = await barman(theirs, 'backup', how, { PGPASSWORD: server.login.password });
    assert.equal(code, 0, stderr);
  }

  /** The server has archived all, and all of it is in the bucket. */
  async function settled(): Promise<void> {
    const session = await bench.session();
    const deadline = performance.now() + 120_000;
    for (;;) {
      const ready = readdirSync(join(bench.server.data, 'pg_wal/archive_status')).filter(name =>
        name.endsWith('.ready'),
      );
      if (ready.length === 0) break;
      assert.ok(performance.now() < deadline, `still not archived: ${ready.join(', ')}`);
      await session.rows('SELECT pg_sleep(0.1)');
    }
    await session.close();
    await bench.pump();
  }

  it('lists our backups, complete', async () => {
    const { code, stdout, stderr } = await barman(bench.destination, 'backup-list', ['--format', 'json', ...address]);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /WARNING|ERROR/);
    const { backups_list: list } = JSON.parse(stdout) as { backups_list: Record<string, unknown>[] };
    assert.deepEqual(
      list.map(each => each.backup_id),
      [first.id, ours.id],
    );
    const [, last] = list;
    assert.equal(last?.status, 'DONE');
    assert.equal(last?.systemid, bench.server.made.systemIdentifier);
    assert.equal(last?.begin_wal, ours.info.beginWal);
    const console = await barman(bench.destination, 'backup-list', address);
    assert.match(console.stdout, new RegExp(ours.id));
  });

  it('shows one by its name, under the key that CloudNativePG looks for', async () => {
    const args = ['--format', 'json', ...address, 'nightly'];
    const { code, stdout, stderr } = await barman(bench.destination, 'backup-show', args);
    assert.equal(code, 0, stderr);
    assert.deepEqual(Object.keys(JSON.parse(stdout) as object), ['cloud']);
  });

  it('restores ours, and a plain PostgreSQL starts with it at a moment between two rows', async () => {
    const folder = join(bench.machine.home, 'instances', 'by-barman');
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const data = join(folder, 'data');
    const { code, stderr } = await barman(bench.destination, 'restore', [...address, ours.id, data]);
    assert.equal(code, 0, stderr);
    own(data);
    const log = join(folder, 'log-files');
    await downloadLog(bench.store, log);
    const target = { kind: 'time', time: between } as const;
    assert.deepEqual(
      await recovered(folder, data, recoverySettings({ restoreCommand: `cp ${log}/%f %p`, target })),
      [1],
    );
  });

  it('is answered: we restore what barman-cloud-backup and -wal-archive wrote', async () => {
    const store = openStore(theirs);
    scope.defer(() => store.close());
    const { backups } = await readCatalogue(store);
    assert.equal(backups.length, 1);
    const keys: string[] = [];
    for await (const entry of store.list(archiveKeys(theirs).backupFolder(backups[0]!.id))) {
      if (entry.kind === 'object') keys.push(entry.key.split('/').at(-1)!);
    }
    assert.ok(keys.includes('data_0001.tar.gz'), keys.join(' '));
    const folder = join(bench.machine.home, 'instances', 'by-us');
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const data = join(folder, 'data');
    await fetchBackup({ store, backupId: backups[0]!.id, folder: data, account: bench.server.account });
    const log = join(folder, 'log-files');
    await downloadLog(store, log);
    const target = { kind: 'time', time: between } as const;
    assert.deepEqual(
      await recovered(folder, data, recoverySettings({ restoreCommand: `cp ${log}/%f %p`, target })),
      [1],
    );
  });

  it('fetches our segments, and says 1 for one that isn’t there and 3 for a bad name', async () => {
    const to = join(bench.machine.home, 'segment');
    const fetch = async (name: string): Promise<number> =>
      (await barman(bench.destination, 'wal-restore', [...address, name, to])).code;
    assert.equal(await fetch(ours.info.beginWal), 0);
    assert.equal((await readFile(to)).length, 16 * 2 ** 20);
    assert.equal(await fetch('0000000100000000000000FE'), 1);
    assert.equal(await fetch('nonsense'), 3);
  });

  it('takes our archive for used, and another name for free', async () => {
    const check = async (server: string): Promise<number> =>
      (await barman(bench.destination, 'check-wal-archive', [address[0], server])).code;
    assert.equal(await check(address[1]), 1);
    assert.equal(await check('never-used'), 0);
  });

  it('brings the data back by the recipe in docs/recovery.md, as it stands there', async () => {
    const { server, machine, destination } = bench;
    const text = await readFile(new URL('../../../../docs/recovery.md', import.meta.url), 'utf8');
    const recipe = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('');
    const folder = join(machine.home, 'instances', 'by-recipe');
    const sockets = join(folder, 's');
    for (const each of [folder, sockets]) mkdirSync(each, { recursive: true, mode: 0o700 });
    if (server.account) for (const each of [folder, sockets]) chownSync(each, server.uid, server.uid);
    const env = {
      ...{
        PATH: process.env.PATH,
        HOME: folder,
        ENDPOINT: destination.endpoint,
        DATA: join(folder, 'data'),
        SOCKETS: sockets,
      },
      ...{
        DESTINATION: address[0],
        SERVER: address[1],
        BACKUP: ours.id,
        TARGET: between.toISOString().replace('T', ' ').replace('Z', '+00'),
        BIN: machine.binaries.bin,
      },
      ...{
        AWS_ACCESS_KEY_ID: destination.accessKeyId,
        AWS_SECRET_ACCESS_KEY: destination.secretAccessKey,
        PGPORT: '5432',
      },
    };
    const options = { env, cwd: folder, encoding: 'utf8', stdio: 'pipe', ...server.account } as const;
    const sh = (script: string): Promise<string> =>
      promisify(execFile)('sh', ['-euc', script], options).then(({ stdout }) => stdout);
    try {
      assert.match(await sh(recipe), /public \| kept/);
      const query = `psql -h "$SOCKETS" -U larder -d app -Atc 'SELECT id FROM kept'`;
      assert.equal(await sh(query), '1\n');
    } catch (error) {
      const log = await readFile(join(folder, 'data/recovery.log'), 'utf8').catch(() => 'no log');
      throw new Error(`the recipe failed: ${log.slice(-2_000)}`, { cause: error });
    } finally {
      await sh('"$BIN/pg_ctl" -D "$DATA" -m immediate -w stop').catch(() => undefined);
    }
  });

  it('honours our keep, and we honour its', async () => {
    await setKeep(bench.store, first.id, 'standalone');
    const status = await barman(bench.destination, 'backup-keep', ['--status', ...address, first.id]);
    assert.match(status.stdout, /standalone/i);
    await barman(bench.destination, 'backup-keep', ['--release', ...address, first.id]);
    assert.equal((await readCatalogue(bench.store)).backups[0]?.keep, undefined);
    await barman(bench.destination, 'backup-keep', ['--target', 'full', ...address, first.id]);
    assert.equal((await readCatalogue(bench.store)).backups[0]?.keep, 'full');
    await setKeep(bench.store, first.id, undefined);
    assert.match(
      (await barman(bench.destination, 'backup-keep', ['--status', ...address, first.id])).stdout,
      /nokeep/i,
    );
  });

  it('removes with REDUNDANCY 1 exactly what our retention says', async () => {
    const keys = archiveKeys(bench.destination);
    await bench.store.put(`${keys.wals}00000002.history`, Buffer.from('1\t0/3000000\tno reason\n'));
    const walKeys = await walKeysOf(bench);
    const plan = planRetention(await readCatalogue(bench.store), walKeys, { count: 1 }, new Date());
    assert.deepEqual(plan.backups, [first.id]);
    assert.ok(plan.wals.length > 0);
    const { code, stderr } = await barman(bench.destination, 'backup-delete', ['-r', 'REDUNDANCY 1', ...address]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      (await readCatalogue(bench.store)).backups.map(({ id }) => id),
      [ours.id],
    );
    // The server goes on: what it archived meanwhile is nobody's to remove.
    assert.deepEqual(
      (await walKeysOf(bench)).filter(key => walKeys.includes(key)),
      walKeys.filter(key => !plan.wals.includes(key)),
    );
    assert.ok((await readArchivedLog(bench.store)).histories.has(2));
  });

  function own(data: string): void {
    const { account } = bench.server;
    if (account) execFileSync('chown', ['-R', '-h', `${account.uid}:${account.gid}`, data]);
    chmodSync(data, 0o700);
  }

  async function recovered(folder: string, data: string, recovery: Record<string, string>): Promise<number[]> {
    const { server, machine } = bench;
    writeFileSync(join(data, 'recovery.signal'), '');
    if (server.account) chownSync(join(data, 'recovery.signal'), server.uid, server.uid);
    const control = readControlFile(await readFile(join(data, 'global/pg_control')));
    const settings = firstStartSettings({ settings: {}, control: control?.settings, version: 170_000, recovery });
    const { stop } = await startPlain(scope, { bin: machine.binaries.bin, folder, data, server, settings });
    const sockets = join(folder, 's');
    const port = Number(
      readdirSync(sockets)
        .map(name => /^\.s\.PGSQL\.(\d+)$/.exec(name)?.[1])
        .find(Boolean),
    );
    const session = await connect({ socketFolder: sockets, port }, { ...server.login, database: 'app' });
    const rows = await session.rows<{ id: number }>('SELECT id FROM public.kept ORDER BY id');
    const [{ timeline }] = (await session.rows('SELECT timeline_id AS timeline FROM pg_control_checkpoint()')) as [
      { timeline: number },
    ];
    assert.equal(timeline, 2);
    await session.close();
    await stop();
    return rows.map(({ id }) => id);
  }
});

async function walKeysOf({ store, destination }: Bench): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of store.list(archiveKeys(destination).wals))
    if (entry.kind === 'object') keys.push(entry.key);
  return keys.sort();
}
