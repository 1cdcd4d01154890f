/** What an instance uses, what happens when that is all it has, and what happens when the disk has no more for anybody. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, type Session } from '@larder/postgres';
import { makeDisk, whyNoMount } from './mount.ts';
import {
  asOwner,
  credentialsOf,
  makeRig,
  messageOf,
  patchSpec,
  recordOf,
  rigScope,
  rigWithServer,
  serverObject,
  untilReady,
  untilReason,
  untilServer,
  type Rig,
} from './rig.ts';

const MiB = 2 ** 20;
const insert = (megabytes: number): string =>
  `INSERT INTO public.big SELECT repeat(md5(n::text), 32) FROM generate_series(1, ${megabytes * 1024}) AS n`;
const usedOf = (text = ''): number => Number.parseInt(text, 10);

/** A session of the owner that stays open. */
async function sessionOf(rig: Rig, name: string): Promise<Session> {
  const {
    endpoint: host = '',
    port,
    username: user = '',
    password = '',
    database = '',
    ...rest
  } = await credentialsOf(rig, name);
  return connect({ host, port: Number(port), ca: rest['ca.crt'] ?? '' }, { user, password, database });
}

describe('the storage of an instance', () => {
  let rig: Rig;
  const scope = rigScope();
  before(async () => {
    rig = await rigWithServer(scope, 'one');
    await asOwner(rig, 'one', session => session.rows('CREATE TABLE public.big (filling text)'));
  });

  it('is on the object soon after it is ready, and follows what is written', async () => {
    const server = await untilServer(rig, 'one', ({ status }) => status?.storage !== undefined);
    const used = usedOf(server.status?.storage?.used);
    assert.ok(used > 20 && used < 200, `${used}Mi`);
    assert.equal(server.status?.storage?.size, '1024Mi');
    await asOwner(rig, 'one', session => session.rows(insert(40)));
    await patchSpec(rig, 'one', { storageBytes: 900 * MiB });
    const after = await untilServer(rig, 'one', ({ status }) => usedOf(status?.storage?.used) >= used + 40);
    assert.equal(after.status?.storage?.size, '900Mi');
  });

  it('warns at 85 %, and nothing is hindered yet', async () => {
    const { status } = await untilReady(rig, 'one');
    const used = usedOf(status?.storage?.used);
    await patchSpec(rig, 'one', { storageBytes: Math.ceil((used / 0.9) * MiB) });
    const warned = await untilReason(rig, 'one', 'NearlyFull', 'StorageOk');
    assert.match(messageOf(warned, 'StorageOk'), /^\d\d % of the storage is used; .*delete data, or ask for more/);
    await asOwner(rig, 'one', session => session.rows("INSERT INTO public.big VALUES ('still written')"));
  });

  it('at 95 % ends whoever writes; who wants to delete may; then all is well again, without a restart', async () => {
    await patchSpec(rig, 'one', { storageBytes: 2 ** 30 });
    const { process: first } = await recordOf(rig, 'one');
    const writer = await sessionOf(rig, 'one');
    await writer.rows('BEGIN');
    await writer.rows(insert(1));
    const used = usedOf((await untilReady(rig, 'one')).status?.storage?.used);
    await patchSpec(rig, 'one', { storageBytes: used * MiB });
    const full = await untilReason(rig, 'one', 'Full', 'StorageOk');
    assert.match(messageOf(full, 'StorageOk'), /new sessions are read-only and writing ones are ended; ask for more/);
    await assert.rejects(async () => {
      for (;;) await writer.rows('SELECT pg_sleep(0.1)');
    }, /terminat|not queryable|closed/i);
    await writer.close().catch(() => undefined);
    await assert.rejects(
      asOwner(rig, 'one', session => session.rows(insert(1))),
      /read-only transaction/,
    );
    await asOwner(rig, 'one', async session => {
      await session.rows('SET default_transaction_read_only = off');
      await session.rows('TRUNCATE public.big');
    });
    await untilServer(rig, 'one', ({ status }) => !status?.conditions?.some(({ type }) => type === 'StorageOk'));
    await patchSpec(rig, 'one', { storageBytes: 2 ** 30 });
    await untilReady(rig, 'one');
    await asOwner(rig, 'one', session => session.rows(insert(1)));
    assert.deepEqual((await recordOf(rig, 'one')).process, first);
  });
});

const skip = whyNoMount();

describe('the disk that all servers share', { skip }, () => {
  let rig: Rig;
  let ballast: string;
  const scope = rigScope();
  const disk = skip ? undefined : makeDisk(600);
  after(() => disk?.());
  const free = (): number => {
    const { bavail, bsize } = statfsSync(disk!.folder);
    return bavail * bsize;
  };
  /** Somebody else's file, which leaves that much of the disk. */
  const fillTo = (left: number): void => {
    writeFileSync(join(disk!.folder, 'foreign'), Buffer.alloc(Math.max(0, free() - left)), { flag: 'a' });
  };
  const calm = (name: string): Promise<unknown> =>
    untilServer(
      rig,
      name,
      ({ status }) =>
        status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True' &&
        status.conditions.every(({ type }) => type !== 'StorageOk'),
      60_000,
    );

  before(async () => {
    const folder = join(disk!.folder, 'home');
    mkdirSync(folder);
    rig = await makeRig(scope, { folder });
    rig.runPlane({ reserve: { floor: 128 * MiB, ballast: 32 * MiB } });
    ballast = join(rig.home.folder, 'ballast');
    for (const name of ['loader', 'quiet']) await rig.client.create(serverObject(name));
    for (const name of ['loader', 'quiet']) await untilReady(rig, name, 60_000);
    for (const name of ['loader', 'quiet'])
      await asOwner(rig, name, session => session.rows('CREATE TABLE public.big (filling text)'));
  });

  it('has a ballast, and whoever fills it is stopped while the others go on', async () => {
    assert.ok(existsSync(ballast));
    fillTo(120 * MiB);
    // Below the floor, and with its WAL still above half of it, where everybody would be stopped.
    await asOwner(rig, 'loader', session => session.rows(insert(8)));
    const held = await untilReason(rig, 'loader', 'DiskNearlyFull', 'StorageOk');
    assert.match(messageOf(held, 'StorageOk'), /the disk of this machine has less than 128Mi left/);
    const more = asOwner(rig, 'loader', session => session.rows(insert(1)));
    await assert.rejects(more, /read-only transaction/);
    await asOwner(rig, 'quiet', session => session.rows("INSERT INTO public.big VALUES ('goes on')"));
    await asOwner(rig, 'loader', async session => {
      await session.rows('SET default_transaction_read_only = off');
      await session.rows('TRUNCATE public.big');
    });
    rmSync(join(disk!.folder, 'foreign'));
    await calm('loader');
    await asOwner(rig, 'loader', session => session.rows(insert(1)));
  });

  it('gives the ballast away when it is really full, and nothing is lost', async () => {
    await asOwner(rig, 'quiet', session => session.rows('CREATE TABLE public.kept AS SELECT 42 AS answer'));
    const { process: first } = await recordOf(rig, 'quiet');
    fillTo(0);
    await untilReason(rig, 'quiet', 'DiskNearlyFull', 'StorageOk');
    assert.ok(!existsSync(ballast));
    assert.ok(free() > 0);
    fillTo(0);
    const kept = (): Promise<unknown[]> =>
      asOwner(rig, 'quiet', session => session.rows('SELECT answer FROM public.kept'));
    assert.deepEqual(await kept(), [{ answer: 42 }]);
    process.kill(first!.pid, 'SIGKILL');
    rmSync(join(disk!.folder, 'foreign'));
    await calm('quiet');
    await calm('loader');
    assert.deepEqual(await kept(), [{ answer: 42 }]);
    await asOwner(rig, 'quiet', session => session.rows(insert(1)));
    assert.ok(existsSync(ballast));
  });
});
