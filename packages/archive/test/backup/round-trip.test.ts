/** Our backup, our restore, a point in time, on a real server under load. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { chown, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  archiveKeys,
  backupObjects,
  DamagedPagesError,
  fetchBackup,
  findBackup,
  firstStartSettings,
  openStore,
  PAGE_BYTES,
  parseBackupInfo,
  readArchivedLog,
  readCatalogue,
  readControlFile,
  recoverableRange,
  recoverySettings,
  writeBackup,
  type BackupOptions,
  type BackupProgress,
  type WrittenBackup,
} from '@larder/archive';
import { connect } from '@larder/postgres';
import { scopeOfSuite } from '../../../postgres/test/machine.ts';
import { downloadLog, makeBench, startPlain, type Bench } from './rig.ts';

describe('a base backup of a server that works', () => {
  const scope = scopeOfSuite();
  let bench: Bench;
  let backup: WrittenBackup;
  let between: Date;
  const seen: BackupProgress[] = [];

  before(async () => {
    bench = await makeBench(scope, 'rt', { max_connections: '33', autovacuum: 'off' });
    const session = await bench.session('app');
    await session.rows('CREATE TABLE public.load AS SELECT i, md5(i::text) AS t FROM generate_series(1, 20000) AS i');
    await session.rows('CREATE INDEX ON public.load (t)');
    await session.rows('CREATE TABLE public.kept (id int, at timestamptz)');
    await session.rows('CREATE UNLOGGED TABLE public.passing AS SELECT i FROM generate_series(1, 1000) AS i');
    const load = startLoad(bench);
    const own = await bench.session();
    try {
      const { server } = bench;
      // All that the plane's own archiving may do: it can't overwrite, and it can't delete.
      const { accessKeyId, secretAccessKey } = await bench.objects.newKey('first', 'archive');
      const store = openStore({ ...bench.destination, accessKeyId, secretAccessKey });
      scope.defer(() => store.close());
      const options = { store, session: own, account: server.account, walTimeoutMs: 120_000 };
      backup = await writeBackup({
        ...options,
        partBytes: 4 * 2 ** 20,
        name: 'nightly',
        notes: ['a test'],
        progress: each => seen.push(each),
      });
    } finally {
      await own.close();
      await load.stop();
    }
    await session.rows('INSERT INTO public.kept VALUES (1, clock_timestamp())');
    // A Date has milliseconds, PostgreSQL microseconds.
    await session.rows('SELECT pg_sleep(0.02)');
    [{ between }] = (await session.rows<{ between: Date }>(`SELECT clock_timestamp() AS between`)) as [
      { between: Date },
    ];
    await session.rows('SELECT pg_sleep(0.02)');
    await session.rows('INSERT INTO public.kept VALUES (2, clock_timestamp())');
    await session.rows('SELECT pg_switch_wal()');
    await session.close();
  });

  it('is in the catalogue, with all that its backup.info says', async () => {
    const catalogue = await readCatalogue(bench.store);
    assert.deepEqual(catalogue.unusable, []);
    assert.deepEqual(catalogue.unfinished, []);
    const found = findBackup(catalogue);
    assert.equal(found?.id, backup.id);
    assert.equal(found?.info.backupName, 'nightly');
    assert.equal(found?.info.systemIdentifier, bench.server.made.systemIdentifier);
    assert.ok(found.storedBytes >= backup.storedBytes);
    const text = await bench.store.read(archiveKeys(bench.destination).backupInfo(backup.id), 2 ** 20);
    assert.equal(parseBackupInfo(text!.toString()).serverName, 'cloud');
  });

  it('came in several archives, told how far it was, and left the log of the files to recovery', async () => {
    const keys: string[] = [];
    for await (const entry of bench.store.list(archiveKeys(bench.destination).backupFolder(backup.id))) {
      if (entry.kind === 'object') keys.push(entry.key.split('/').at(-1)!);
    }
    assert.deepEqual(keys.slice(0, 4), ['backup.info', 'data.tar.gz', 'data_0001.tar.gz', 'data_0002.tar.gz']);
    assert.equal(seen.at(0)?.phase, 'starting');
    assert.equal(seen.at(-1)?.phase, 'finishing');
    assert.ok(seen.some(({ phase, bytes }) => phase === 'copying' && bytes > 2 ** 20));
  });

  it('covers a range of moments', async () => {
    await bench.pump();
    const { backups } = await readCatalogue(bench.store);
    const range = recoverableRange(backups, await readArchivedLog(bench.store));
    assert.equal(range?.from.getTime(), backup.info.endTime.getTime());
    assert.ok(range.to >= range.from);
    assert.equal(range.missing, undefined);
  });

  it('starts again at the moment between two rows, with the account’s own files and nothing of the old server’s', async () => {
    const { server, store, machine } = bench;
    const folder = join(machine.home, 'instances', 'again');
    const log = join(folder, 'log-files');
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const data = join(folder, 'data');
    const fetched = await fetchBackup({ store, backupId: backup.id, folder: data, account: server.account });
    assert.ok(fetched.files > 500, `${fetched.files} files`);
    assert.deepEqual(fetched.skipped, []);
    await assertOwned(data, server.uid);
    assert.deepEqual(await readdir(join(data, 'pg_wal')), []);
    const label = await readFile(join(data, 'backup_label'), 'utf8');
    assert.equal(label, backup.info.backupLabel);
    assert.match(await readFile(join(data, 'postgresql.conf'), 'utf8'), /^max_connections = '33'$/m);

    await bench.pump();
    await downloadLog(store, log);
    const control = readControlFile(await readFile(join(data, 'global/pg_control')));
    assert.equal(control?.settings.max_connections, 33);
    const target = { kind: 'time', time: between } as const;
    const recovery = recoverySettings({ restoreCommand: `cp ${log}/%f %p`, target });
    const settings = firstStartSettings({
      settings: { max_connections: '20' },
      control: control.settings,
      version: 170_000,
      recovery,
    });
    writeFileSync(join(data, 'recovery.signal'), '');
    if (server.account) await chown(join(data, 'recovery.signal'), server.uid, server.uid);
    const { session } = await startPlain(scope, { bin: machine.binaries.bin, folder, data, server, settings });
    const [now] = await session.rows<{ recovering: boolean; timeline: number }>(
      'SELECT pg_is_in_recovery() AS recovering, timeline_id AS timeline FROM pg_control_checkpoint()',
    );
    assert.equal(now?.recovering, false);
    const rows = await inApp(bench, folder);
    assert.deepEqual(rows, { kept: [1], load: 20000, passing: 0 });
  });

  it('leaves nothing that is listed when it is aborted, and the server is in no backup any more', async () => {
    const abort = new AbortController();
    const trial = tryAgain({
      signal: abort.signal,
      progress: ({ phase }) => phase === 'copying' && abort.abort(new Error('enough')),
    });
    await assert.rejects(trial, /enough/);
    const { backups, unfinished } = await readCatalogue(bench.store);
    assert.deepEqual([backups.map(({ id }) => id), unfinished], [[backup.id], []]);
  });

  it('says which segment lacks when the log doesn’t reach the bucket, and leaves nothing', async () => {
    const elsewhere = openStore({ ...bench.destination, serverName: 'nobody-archives-here' });
    scope.defer(() => elsewhere.close());
    await assert.rejects(
      tryAgain({ store: elsewhere, walTimeoutMs: 1 }),
      /the segment 0{7}1[0-9A-F]{16}.* did not reach the bucket/,
    );
    const { backups, unfinished } = await readCatalogue(elsewhere);
    assert.deepEqual([backups, unfinished], [[], []]);
  });

  it('follows nothing that was planted in the data directory, and says what it left out', async () => {
    const at = (path: string): string => join(bench.server.data, path);
    const planted = ['link', 'base/pipe', 'base/hard'];
    symlinkSync('/etc/passwd', at('link'));
    execFileSync('mkfifo', [at('base/pipe')]);
    linkSync(at('PG_VERSION'), at('base/hard'));
    if (bench.server.account) for (const path of planted) lchownSync(at(path), bench.server.uid, bench.server.uid);
    try {
      const { id, skipped } = await tryAgain({});
      assert.deepEqual(
        skipped.map(({ path }) => path),
        ['base/pipe', 'link'],
      );
      await bench.store.remove(await backupObjects(bench.store, id));
      symlinkSync('/etc', at('base/elsewhere'));
      await assert.rejects(tryAgain({}), /"base\/elsewhere" is a symbolic link/);
    } finally {
      for (const path of [...planted, 'base/elsewhere']) rmSync(at(path), { force: true });
    }
  });

  it('is refused in words when there are tablespaces', async () => {
    const folder = join(bench.machine.home, 'instances/origin/elsewhere');
    mkdirSync(folder, { mode: 0o700 });
    if (bench.server.account) lchownSync(folder, bench.server.uid, bench.server.uid);
    const session = await bench.session();
    await session.rows(`CREATE TABLESPACE "fast disk" LOCATION '${folder}'`);
    try {
      await assert.rejects(tryAgain({}), /tablespaces "fast disk"/);
    } finally {
      await session.rows('DROP TABLESPACE "fast disk"');
      await session.close();
    }
  });

  it('finds a flipped byte in a table, and doesn’t take it for a page that is being written', async () => {
    const session = await bench.session('app');
    await session.rows('CHECKPOINT');
    const [{ path }] = (await session.rows(`SELECT pg_relation_filepath('public.load') AS path`)) as [{ path: string }];
    await session.close();
    flip(join(bench.server.data, path), 3 * PAGE_BYTES + 5000);
    try {
      const refusal = await tryAgain({}).catch((error: Error) => error);
      assert.ok(refusal instanceof DamagedPagesError);
      assert.ok(refusal.message.includes(`"${path}" (block 3)`), refusal.message);
      assert.deepEqual(
        (await readCatalogue(bench.store)).backups.map(({ id }) => id),
        [backup.id],
      );
    } finally {
      flip(join(bench.server.data, path), 3 * PAGE_BYTES + 5000);
    }
  });

  it('is not restored with a flipped byte, whether it was compressed or not', async () => {
    const { store, destination } = bench;
    const key = `${archiveKeys(destination).backupFolder(backup.id)}data_0001.tar.gz`;
    const whole = (await store.read(key, 2 ** 28))!;
    const folder = join(bench.machine.home, 'damaged');
    try {
      const flipped = Buffer.from(whole);
      flipped[Math.floor(whole.length / 2)]! ^= 1;
      await store.put(key, flipped);
      await assert.rejects(fetchBackup({ store, backupId: backup.id, folder }));
      const plain = gunzipSync(whole);
      plain[pageOf(plain) + 5000]! ^= 1;
      await store.put(key, gzipSync(plain, { level: 1 }));
      await assert.rejects(
        fetchBackup({ store, backupId: backup.id, folder }),
        /pages of ".*" are damaged in the backup/,
      );
      assert.deepEqual(await readdir(folder), []);
    } finally {
      await store.put(key, whole);
    }
  });

  async function tryAgain(more: Partial<BackupOptions>): Promise<WrittenBackup> {
    const session = await bench.session();
    try {
      return await writeBackup({
        store: bench.store,
        session,
        account: bench.server.account,
        walTimeoutMs: 120_000,
        ...more,
      });
    } finally {
      await session.close();
    }
  }
});

function flip(path: string, at: number): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  byte[0]! ^= 1;
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
}

/** Where the first used page of a relation lies in a tar. */
function pageOf(tar: Buffer): number {
  for (let at = 0; at < tar.length;) {
    const name = tar.toString('latin1', at, at + 100).replace(/\0.*/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    const relation = /^base\/\d+\/\d+$/.test(name) && size >= PAGE_BYTES;
    if (relation && tar.readUInt16LE(at + 512 + 14) !== 0) return at + 512;
    at += 512 + Math.ceil((size || 0) / 512) * 512;
  }
  throw new Error('there is no page in it');
}

/** Like pgbench: updates all over a table, and new tables, until it is told to stop. */
function startLoad(bench: Bench): { stop(): Promise<void> } {
  let running = true;
  const work = async (): Promise<void> => {
    const session = await bench.session('app');
    for (let round = 0; running; round++) {
      await session.rows(`UPDATE public.load SET t = md5(t) WHERE i % 50 = $1`, [round % 50]);
      await session.rows(`CREATE TABLE public.t${round} AS SELECT * FROM public.load LIMIT 500`);
      if (round > 2) await session.rows(`DROP TABLE public.t${round - 2}`);
      await session.rows('CHECKPOINT');
      // As fast as it can, it would take the processors from what it is there to disturb.
      await session.rows('SELECT pg_sleep(0.2)');
    }
    await session.close();
  };
  const done = work();
  return {
    async stop() {
      running = false;
      await done;
    },
  };
}

async function inApp(bench: Bench, folder: string): Promise<object> {
  const sockets = join(folder, 's');
  const port = Number((await readdir(sockets)).map(name => /^\.s\.PGSQL\.(\d+)$/.exec(name)?.[1]).find(Boolean));
  const session = await connect({ socketFolder: sockets, port }, { ...bench.server.login, database: 'app' });
  try {
    const kept = await session.rows<{ id: number }>('SELECT id FROM public.kept ORDER BY id');
    const [counts] = await session.rows<{ load: number; passing: number }>(
      'SELECT (SELECT count(*)::int FROM public.load) AS load, (SELECT count(*)::int FROM public.passing) AS passing',
    );
    return { kept: kept.map(({ id }) => id), ...counts };
  } finally {
    await session.close();
  }
}

async function assertOwned(folder: string, uid: number): Promise<void> {
  const names = ['', ...(await readdir(folder, { recursive: true }))];
  for (const name of names) {
    const found = await stat(join(folder, name));
    assert.equal(found.uid, uid, name);
    assert.equal(found.mode & 0o7777, found.isDirectory() ? 0o700 : 0o600, name);
  }
}
