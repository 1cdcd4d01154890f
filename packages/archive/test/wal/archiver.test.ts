/** The archiver against a real server of objects, with faults on the wire and things planted below the instance. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { link, mkdir, rename, rm, symlink, utimes, writeFile, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  archiveCommand,
  archiveKeys,
  newArchiverSlots,
  openStore,
  readArchivedLog,
  startArchiver,
  type Archiver,
  type ArchiverOptions,
  type Store,
} from '@larder/archive';
import { randomFaults, startRig, type Rig } from '../rig.ts';
import {
  ACCOUNT,
  eventually,
  makeInstance,
  runCommand,
  segment,
  segmentName,
  SYSTEM,
  writeOwned,
  type Instance,
} from './instance.ts';

const [a, b, c] = [1, 2, 3].map(n => segmentName(n)) as [string, string, string];

describe('the archiver', () => {
  let rig: Rig;
  let instance: Instance;
  let store: Store;
  const archivers: Archiver[] = [];
  beforeEach(async () => {
    rig = await startRig();
    instance = await makeInstance();
    store = openStore(rig.destination);
  });
  afterEach(async () => {
    for (const archiver of archivers.splice(0)) await archiver.stop();
    store.close();
    await instance.remove();
    await rig.close();
  });

  const start = (more: Partial<ArchiverOptions> = {}): Archiver => {
    const { folder } = instance;
    const common = {
      folder,
      ...ACCOUNT,
      systemIdentifier: SYSTEM,
      destination: rig.destination,
      slots: newArchiverSlots(),
    };
    const archiver = startArchiver({ ...common, firstPauseMs: 20, longestPauseMs: 100, ...more });
    archivers.push(archiver);
    return archiver;
  };
  const stored = async (name: string): Promise<Buffer | undefined> => {
    const packed = await store.read(archiveKeys(rig.destination).wal(name, 'gzip'), 2 ** 30);
    return packed && gunzipSync(packed);
  };
  const marked = (...names: string[]): Promise<unknown> =>
    eventually(`${names.join()} are acknowledged`, async () => {
      const there = await instance.marked();
      return names.every(name => there.includes(name));
    });
  const failing = (archiver: Archiver, says: RegExp): Promise<unknown> =>
    eventually(`it says ${says}`, () => says.test(archiver.state().lastError ?? ''));

  it('archives what is there already and what comes, and forgets what the server took note of', async () => {
    const first = await instance.finish(a);
    const archiver = start();
    await marked(a);
    assert.ok((await stored(a))?.equals(first));
    const second = await instance.finish(b);
    await marked(b);
    assert.ok((await stored(b))?.equals(second));
    await instance.done(a);
    await eventually('the marker is gone', async () => !(await instance.marked()).includes(a));
    assert.equal(archiver.state().lastArchivedWal, b);
    assert.equal(archiver.state().waiting, 0);
    assert.equal(archiver.state().lastError, undefined);
  });

  it('says up to when what was committed is stored: not up to when it came there', async () => {
    const written = new Date('2026-01-02T03:04:05.678Z');
    await instance.finish(a);
    await utimes(join(instance.folder, 'data', 'pg_wal', a), written, written);
    const archiver = start();
    await marked(a);
    assert.equal(archiver.state().archivedUpTo, written.toISOString());
    const log = await readArchivedLog(store);
    assert.deepEqual(log.segments, new Map([[a, written]]));
  });

  it('archives histories, backups and partial segments', async () => {
    const texts = {
      '00000002.history': '1\t0/3000000\tno recovery target specified\n',
      [`${a}.00000028.backup`]: 'START WAL LOCATION: 0/1\n',
    };
    for (const [name, text] of Object.entries(texts)) await instance.finish(name, Buffer.from(text));
    const partial = await instance.finish(`${b}.partial`, segment(`${b}.partial`));
    start();
    await marked(...Object.keys(texts), `${b}.partial`);
    for (const [name, text] of Object.entries(texts)) assert.equal((await stored(name))?.toString(), text);
    assert.ok((await stored(`${b}.partial`))?.equals(partial));
    assert.ok(await store.head(`${rig.destination.serverName}/wals/00000002.history.gz`), 'a history has no folder');
  });

  it('does not mind a server that has no data yet', async () => {
    await rename(join(instance.folder, 'data'), join(instance.folder, 'later'));
    const archiver = start();
    await eventually('it looked', () => instance.marked());
    assert.equal(archiver.state().lastError, undefined);
    await instance.finish(a).catch(() => undefined);
    await rename(join(instance.folder, 'later'), join(instance.folder, 'data'));
    await instance.finish(a);
    await marked(a);
  });

  it('sends several at once, and never acknowledges one before those that are older', async () => {
    const names = Array.from({ length: 12 }, (_, n) => segmentName(n + 1));
    for (const name of names) await instance.finish(name);
    let isHeld = true;
    // The oldest one is refused as long as we like; the others arrive.
    rig.fault = request =>
      isHeld && request.url?.includes(`${names[0]}.gz`) ? { answer: 503, code: 'SlowDown' } : undefined;
    const archiver = start();
    await eventually('a later one is there', () => stored(names[2]!));
    await eventually('it fails', () => archiver.state().lastError !== undefined);
    assert.deepEqual(await instance.marked(), []);
    assert.equal(archiver.state().waiting, 12);
    isHeld = false;
    const orders: string[][] = [];
    await eventually('all are acknowledged', async () => {
      const there = await instance.marked();
      orders.push(there);
      return there.length === names.length;
    });
    for (const there of orders) assert.deepEqual(there, names.slice(0, there.length), 'always without a gap');
    for (const name of names) assert.ok(await stored(name));
    await eventually('it is well', () => archiver.state().lastError === undefined);
  });

  it('outlives a store that is down, and catches up', async () => {
    rig.down();
    const archiver = start();
    const names = Array.from({ length: 8 }, (_, n) => segmentName(n + 1));
    for (const name of names) await instance.finish(name);
    await failing(archiver, /doesn't answer as it should/);
    const began = Date.now();
    assert.equal(await runCommand(archiveCommand(instance.folder), { cwd: instance.folder, f: names[0]! }), 1);
    assert.ok(Date.now() - began < 30_000);
    assert.deepEqual(await instance.marked(), []);
    rig.up();
    await marked(...names);
    assert.equal(archiver.state().lastError, undefined);
    assert.equal(await runCommand(archiveCommand(instance.folder), { cwd: instance.folder, f: names[7]! }), 0);
  });

  it('gets through a store where one request in ten fails or is cut', async () => {
    rig.fault = randomFaults(0.1);
    start();
    const content = new Map<string, Buffer>();
    for (let n = 1; n <= 20; n++) content.set(segmentName(n), await instance.finish(segmentName(n)));
    await marked(...content.keys());
    rig.fault = () => undefined;
    for (const [name, bytes] of content) assert.ok((await stored(name))?.equals(bytes), name);
  });

  it('says that the key is not accepted, and goes on with another', async () => {
    const key = await rig.newKey('archive');
    const old = start({ destination: { ...rig.destination, ...key } });
    await instance.finish(a);
    await marked(a);
    await rig.removeKey(key);
    await instance.finish(b);
    await failing(old, /the access key isn't accepted or may not do this \((InvalidAccessKeyId|403)\)/);
    await old.stop();
    start({ previous: old.state(), destination: { ...rig.destination, ...(await rig.newKey('archive')) } });
    await marked(a, b);
  });

  it('says that the store is full, and goes on when it is not', async () => {
    let isFull = true;
    rig.fault = ({ method }) => (isFull && method === 'PUT' ? { answer: 507, code: 'XMinioStorageFull' } : undefined);
    const archiver = start();
    await instance.finish(a);
    await failing(archiver, /the store has no room left/);
    isFull = false;
    await marked(a);
  });

  it('a segment that is there with the same content is a success, with another one it is none', async () => {
    const same = await instance.finish(a);
    const first = start();
    await marked(a);
    await first.stop();
    await rm(join(instance.folder, 'archived'), { recursive: true });
    const again = start();
    await marked(a);
    assert.ok((await stored(a))?.equals(same));
    await instance.finish(b);
    await marked(b);
    await again.stop();

    const other = await makeInstance();
    await other.finish(b);
    const rival = start({ folder: other.folder });
    await failing(
      rival,
      /has a file of that name with another content under "server-17-1"; two servers archive under one name/,
    );
    assert.deepEqual(await other.marked(), []);
    await rival.stop();
    await other.remove();
  });

  it('an answer that was lost is no conflict', async () => {
    let cut = 3;
    rig.fault = ({ method }) => (method === 'PUT' && cut-- > 0 ? { cutAnswer: 0 } : undefined);
    const archiver = start();
    await instance.finish(a);
    await marked(a);
    assert.equal(archiver.state().lastError, undefined);
  });

  it('refuses a segment of another server', async () => {
    await instance.finish(a, segment(a, { system: '123' }));
    await failing(start(), /cannot archive "000000010000000000000001": it is of the server with system identifier 123/);
    assert.equal(await stored(a), undefined);
  });

  it('a wish without a file holds nobody up', async () => {
    await writeOwned(join(instance.status, `${a}.ready`), '');
    await instance.finish(b);
    start();
    await marked(b);
    await instance.finish(a);
    await marked(a);
  });

  it('names that are none are left alone', async () => {
    const names = ['../x', 'x', `${a}.gz`, '0'.repeat(200)].map(name => `${name.replace('/', '_')}.ready`);
    for (const name of names) await writeOwned(join(instance.status, name), '');
    await instance.finish(a);
    const archiver = start();
    await marked(a);
    assert.equal(archiver.state().waiting, 0);
  });

  const secret = 'not for the tenant';
  const planted: [string, (path: string, elsewhere: string) => Promise<void>][] = [
    ['a symbolic link', (path, elsewhere) => symlink(elsewhere, path)],
    ['a hard link', (path, elsewhere) => link(elsewhere, path)],
    ['a FIFO', async path => void execFileSync('mkfifo', [path])],
    ['a folder', async path => void (await mkdir(path))],
  ];
  for (const [what, plant] of planted)
    it(`never reads ${what} in place of a segment`, async () => {
      const elsewhere = join(instance.folder, 'elsewhere');
      await writeFile(elsewhere, Buffer.concat([segment(a), Buffer.from(secret)]));
      await chown(elsewhere, ACCOUNT.uid, ACCOUNT.gid);
      await plant(join(instance.wal, a), elsewhere);
      await writeOwned(join(instance.status, `${a}.ready`), '');
      const archiver = start();
      await failing(archiver, /somebody replaced it; it is not read/);
      assert.equal(await stored(a), undefined);
      // The server is well again when what was planted is gone.
      await rm(join(instance.wal, a), { recursive: true });
      await instance.finish(a);
      await marked(a);
    });

  for (const folder of ['pg_wal', join('pg_wal', 'archive_status')])
    it(`never follows a link in place of ${folder}`, async () => {
      const other = await makeInstance();
      await other.finish(a);
      const path = join(instance.folder, 'data', folder);
      await rm(path, { recursive: true });
      await symlink(join(other.folder, 'data', folder), path);
      await failing(start(), /somebody replaced it/);
      assert.equal(await stored(a), undefined);
      await other.remove();
    });

  it(
    'does not read a file of somebody else',
    { skip: process.geteuid?.() !== 0 && 'not run: only root has others' },
    async () => {
      await instance.finish(a);
      await chown(join(instance.wal, a), 0, 0);
      await failing(start(), /not a plain file of the server's own account/);
      assert.equal(await stored(a), undefined);
    },
  );

  it('stops while a store is silent', async () => {
    rig.fault = () => ({ delayMs: 60_000 });
    const archiver = start();
    await instance.finish(a);
    await eventually('it asks', () => rig.requests.length > 0);
    await archiver.stop();
    assert.deepEqual(await instance.marked(), []);
  });

  it('the command waits for a segment that is on its way, and not while the archiver is late', async () => {
    const archiver = start();
    await eventually('it looked', () => archiver.state().waiting === 0 && instance.marked());
    const command = archiveCommand(instance.folder);
    const asked = runCommand(command, { cwd: instance.folder, f: a });
    await instance.finish(a);
    assert.ok([0, 1].includes((await asked) as number), 'a machine under load may need longer than it waits');
    await marked(a);
    assert.equal(await runCommand(command, { cwd: instance.folder, f: a }), 0);
    assert.equal(await runCommand(command, { cwd: instance.folder, f: b }), 1);
    assert.equal(await runCommand(archiveCommand(`${instance.folder}/no "such' 100%`), { cwd: '/', f: a }), 1);
  });

  it('many servers share what is in memory', async () => {
    const slots = newArchiverSlots(2);
    const others = await Promise.all(Array.from({ length: 8 }, () => makeInstance()));
    for (const [n, other] of others.entries()) {
      await other.finish(c);
      start({ folder: other.folder, slots, destination: { ...rig.destination, serverName: `server-${n}` } });
    }
    for (const other of others) await eventually('it is acknowledged', async () => (await other.marked()).includes(c));
    for (const archiver of archivers.splice(0)) await archiver.stop();
    for (const other of others) await other.remove();
  });
});
