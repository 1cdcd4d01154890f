/** A server that begins with a backup of another: what it brings, what it must not bring, and what a kill at any step leaves. */
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  archiveKeys,
  openStore,
  parseWalName,
  writeBackup,
  type Destination,
  type WrittenBackup,
} from '@larder/archive';
import type { PostgresServer, ServerRestore } from '@larder/catalog';
import { connect, ensureBinaries, listVersions, processesIn, type Session } from '@larder/postgres';
import { conditionsOf } from '@larder/controller';
import { placeOf, socketFolder, socketRoot } from '../../src/servers/index.ts';
import { findRestoreState, stagingOf, type RestoreOrder } from '../../src/servers/restore/order.ts';
import { performRestore } from '../../src/servers/restore/perform.ts';
import { startRig as startObjects } from '../../../objectstore/test/rig.ts';
import {
  SPEC,
  makeRig,
  recordOf,
  refOfServer,
  rigScope,
  serverObject,
  untilReady,
  untilServer,
  type Rig,
} from './rig.ts';

describe('a server that begins with a backup', () => {
  const scope = rigScope();
  let rig: Rig;
  let destination: Destination;
  let backup: WrittenBackup;
  let between: Date;
  let afterAll: Date;
  let close: () => Promise<void>;

  before(async () => {
    rig = await makeRig(scope);
    const end = scope.end;
    const objects = await startObjects();
    close = () => objects.close();
    scope.end = async () => {
      await end?.();
      await close();
    };
    rig.runPlane();
    destination = {
      ...{ endpoint: objects.store.url, region: 'us-east-1', bucket: 'first', prefix: 'p', serverName: 'origin-17-1' },
      accessKeyId: objects.owner.accessKeyId,
      secretAccessKey: objects.owner.secretAccessKey,
    };
    await rig.client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'larder-system', name: 'backups' },
      data: encoded({
        endpointURL: destination.endpoint,
        destinationPath: 's3://first/p',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: destination.accessKeyId,
        AWS_SECRET_ACCESS_KEY: destination.secretAccessKey,
      }),
    });
    await rig.client.create(serverObject('origin', { settings: { shared_buffers: '16MB', max_connections: '40' } }));
    await untilReady(rig, 'origin', 180_000);
    await fill();
  });

  /** Rows before, between and after; and all that must not come along. */
  async function fill(): Promise<void> {
    const app = await sessionOf('origin', 'app');
    await app.rows('CREATE TABLE public.kept (id int PRIMARY KEY)');
    await app.rows('CREATE ROLE intruder SUPERUSER LOGIN');
    await app.rows('CREATE ROLE friend LOGIN');
    await app.rows(
      `CREATE SUBSCRIPTION peer CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false, slot_name = 'x')`,
    );
    await app.rows(`ALTER SYSTEM SET work_mem = '7MB'`);
    await app.rows(`ALTER ROLE larder SET default_transaction_read_only = on`);
    const store = openStore(destination);
    const own = await sessionOf('origin', 'postgres');
    const { account } = await recordOf(rig, 'origin');
    const archiving = archive(own, store);
    await own.rows('SET default_transaction_read_only = off');
    const taker = await sessionOf('origin', 'postgres');
    backup = await writeBackup({ store, session: taker, account: account ?? undefined, walTimeoutMs: 180_000 });
    await taker.close();
    const now = async (): Promise<Date> =>
      (await app.rows<{ time: Date }>('SELECT clock_timestamp() AS time'))[0]!.time;
    // Later than all before and earlier than all after, also where a clock is put back, by a Date's milliseconds.
    const time = async (): Promise<Date> => {
      const last = await now();
      let found = await now();
      while (found.getTime() <= last.getTime() + 1) found = await now();
      while ((await now()).getTime() <= found.getTime() + 1) await app.rows('SELECT pg_sleep(0.001)');
      return found;
    };
    await app.rows('INSERT INTO public.kept VALUES (1)');
    between = await time();
    await app.rows('INSERT INTO public.kept VALUES (2)');
    afterAll = await time();
    await app.rows('SELECT pg_switch_wal()');
    await archiving.stop();
    for (const session of [app, own]) await session.close();
    store.close();
  }

  it('has the state of the moment that was asked for, and nothing of the old server acts', async () => {
    await restore('second', { targetTime: between.toISOString() });
    const ready = await untilReady(rig, 'second', 240_000);
    assert.equal(ready.status?.systemIdentifier, (await recordOf(rig, 'origin')).systemIdentifier);
    const app = await sessionOf('second', 'app');
    assert.deepEqual(await app.rows('SELECT id FROM public.kept'), [{ id: 1 }]);
    assert.deepEqual(await app.rows('SELECT subname FROM pg_subscription'), []);
    assert.deepEqual(await app.rows('SELECT slot_name FROM pg_replication_slots'), []);
    const logins = await app.rows<{ name: string }>(
      'SELECT rolname AS name FROM pg_roles WHERE rolcanlogin ORDER BY 1',
    );
    // Those that the plane has for itself are made when their turn comes.
    assert.deepEqual(
      logins.map(({ name }) => name).filter(name => !/^larder_/.test(name)),
      ['app', 'larder'],
    );
    const [settings] = await app.rows(
      `SELECT current_setting('work_mem') AS work_mem, current_setting('default_transaction_read_only') AS ro, current_setting('archive_mode') AS archive`,
    );
    assert.deepEqual(settings, { work_mem: '4MB', ro: 'off', archive: 'on' });
    await app.close();
    const left = readdirSync(placeOf(rig.home, 'second').folder).filter(name => /restore|wanted/.test(name));
    assert.deepEqual(left, []);
  });

  it('is fetched anew when its server was killed while it ended its recovery', async () => {
    const order = await orderFor('cut', between);
    const phases: string[] = [];
    const perform = (signal: AbortSignal, tell: (phase: string) => void): Promise<void> =>
      performRestore({ order, signal, tell: ({ phase }) => (phases.push(phase), tell(phase)) });
    const killed = new AbortController();
    await assert.rejects(
      perform(killed.signal, phase => phase === 'recovering' && killed.abort(new Error('killed'))),
      /killed/,
    );
    assert.equal((await findRestoreState(order.folder))?.phase, 'recovering');
    // The last that PostgreSQL does before it takes connections.
    rmSync(join(order.staging, 'recovery.signal'), { force: true });
    phases.length = 0;
    await perform(new AbortController().signal, () => undefined);
    assert.deepEqual([...new Set(phases)], ['fetching', 'recovering', 'securing']);
    assert.equal((await findRestoreState(order.folder))?.phase, 'done');
  });

  const skip = process.env.LARDER_FULL === '1' ? undefined : 'not run: slow; LARDER_FULL=1 runs it';
  it(
    'has all there is when the log ends before the moment, wherever it and the plane were killed',
    { skip },
    async () => {
      await restore('third', { targetTime: new Date(afterAll.getTime() + 3_600_000).toISOString() });
      const { folder } = placeOf(rig.home, 'third');
      const deadline = performance.now() + 240_000;
      for (let kill = 0; kill < 4; kill++) {
        await untilServer(rig, 'third', server => reasonOf(server) === 'Restoring' || isReady(server));
        await delay(300 * kill);
        await rig.stopPlane();
        const { account } = await recordOf(rig, 'third');
        for (const { pid } of processesIn(join(folder, 'data.restored'), account?.uid ?? process.geteuid?.() ?? 0))
          tryKill(pid);
        rig.runPlane();
        assert.ok(performance.now() < deadline);
      }
      await untilReady(rig, 'third', 240_000);
      const app = await sessionOf('third', 'app');
      assert.deepEqual(await app.rows('SELECT id FROM public.kept ORDER BY id'), [{ id: 1 }, { id: 2 }]);
      await app.close();
    },
  );

  it('says what is wrong, and can be deleted, when there is no such backup', async () => {
    await restore('fourth', { backupId: '20000101T000000' });
    const failed = await untilServer(rig, 'fourth', server => reasonOf(server) === 'RestoreFailed');
    const condition = conditionsOf(failed).find(({ type }) => type === 'Ready');
    assert.match(condition?.message ?? '', /the bucket has no complete backup of that name/);
    await rig.client.delete(refOfServer('fourth'));
    await gone('fourth');
  });

  /** What the plane tells the process that restores. */
  async function orderFor(name: string, targetTime: Date): Promise<RestoreOrder> {
    const { account, planePassword } = await recordOf(rig, 'origin');
    const { folder, data } = placeOf(rig.home, name);
    mkdirSync(folder, { mode: 0o711 });
    const socket = join(folder, 's');
    mkdirSync(socket, { mode: 0o700 });
    if (account) chownSync(socket, account.uid, account.gid);
    const versions = { folder: rig.home.versions };
    const offer = (await listVersions(versions)).find(({ version }) => version === SPEC.version);
    const { bin } = await ensureBinaries(versions, offer!);
    return {
      ...{ folder, staging: stagingOf(data), bin, major: 17, account, socketFolder: socket, port: 5432, planePassword },
      ...{ destination, backupId: backup.id, targetTime: targetTime.toISOString() },
      ...{ settings: { shared_buffers: '16MB' }, database: 'app', owner: 'app' },
    };
  }

  async function restore(name: string, more: Partial<ServerRestore>): Promise<void> {
    const storeSecretRef = { namespace: 'larder-system', name: 'backups' };
    const what = { storeSecretRef, serverName: destination.serverName, backupId: backup.id, ...more };
    await rig.client.create(serverObject(name, { restore: what }));
  }

  async function gone(name: string): Promise<void> {
    const deadline = performance.now() + 120_000;
    while (await rig.client.find(refOfServer(name))) {
      assert.ok(performance.now() < deadline, `${name} is still there`);
      await delay(50);
    }
  }

  async function sessionOf(name: string, database: string): Promise<Session> {
    const { port, planePassword } = await recordOf(rig, name);
    const endpoint = { socketFolder: socketFolder(socketRoot(rig.home.folder), port), port };
    return connect(endpoint, { user: 'larder', password: planePassword, database }, { statementMs: 180_000 });
  }
});

/** Uploads what the server has finished, by asking the server itself for it. */
function archive(session: Session, store: ReturnType<typeof openStore>): { stop(): Promise<void> } {
  const keys = archiveKeys(store.destination);
  const done = new Set<string>();
  const once = async (): Promise<void> => {
    const files = await session.rows<{ name: string; current: string }>(
      'SELECT name, pg_walfile_name(pg_current_wal_lsn()) AS current FROM pg_ls_waldir() ORDER BY name',
    );
    for (const { name, current } of files) {
      if (parseWalName(name)?.kind !== 'segment' || name >= current || done.has(name)) continue;
      const [row] = await session.rows<{ bytes: Buffer }>(`SELECT pg_read_binary_file('pg_wal/' || $1) AS bytes`, [
        name,
      ]);
      await store.put(keys.wal(name, 'gzip'), gzipSync(row!.bytes, { level: 1 }), { ifAbsent: true });
      done.add(name);
    }
  };
  let running = true;
  const loop = (async () => {
    while (running) {
      await once();
      await delay(100);
    }
    await once();
  })();
  loop.catch(() => undefined);
  return {
    async stop() {
      running = false;
      await loop;
    },
  };
}

function encoded(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

function reasonOf(server: PostgresServer): string | undefined {
  return conditionsOf(server).find(({ type }) => type === 'Ready')?.reason;
}

function isReady(server: PostgresServer): boolean {
  return conditionsOf(server).some(({ type, status }) => type === 'Ready' && status === 'True');
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
