/** Our backup, our restore, a point in time, on a real server under load. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { chown, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  archiveKeys,
  fetchBackup,
  findBackup,
  firstStartSettings,
  parseBackupInfo,
  readArchivedLog,
  readCatalogue,
  readControlFile,
  recoverableRange,
  recoverySettings,
  writeBackup,
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
    bench = await makeBench(scope, 'rt', { max_connections: '33' });
    const session = await bench.session('app');
    await session.rows('CREATE TABLE public.load AS SELECT i, md5(i::text) AS t FROM generate_series(1, 20000) AS i');
    await session.rows('CREATE INDEX ON public.load (t)');
    await session.rows('CREATE TABLE public.kept (id int, at timestamptz)');
    await session.rows('CREATE UNLOGGED TABLE public.passing AS SELECT i FROM generate_series(1, 1000) AS i');
    const load = startLoad(bench);
    const own = await bench.session();
    try {
      const { store, server } = bench;
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
    [{ between }] = (await session.rows<{ between: Date }>(`SELECT clock_timestamp() AS between`)) as [
      { between: Date },
    ];
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
});

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
