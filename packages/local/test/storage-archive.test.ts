/** The storage process archives the log by the plane's orders, killed at any moment: every acknowledged segment is in the bucket. */
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { archiveKeys, openStore, type Destination } from '@larder/archive';
import { noLog } from '@larder/controller';
import { ensureBucket, keyFolder, newAccessKey } from '@larder/objectstore';
import {
  ACCOUNT,
  eventually,
  makeInstance,
  SEGMENT_BYTES,
  segmentName,
  SYSTEM,
  type Instance,
} from '../../archive/test/wal/instance.ts';
import { openHome, type Home } from '../src/home/home.ts';
import { stopOwnProcesses } from '../src/lifecycle/stop.ts';
import { openPki } from '../src/pki/pki.ts';
import {
  findLogState,
  listOrders,
  removeOrder,
  statePath,
  writeOrder,
  type LogOrder,
} from '../src/storage/archives.ts';
import { keepStorage } from '../src/storage/keep.ts';
import { findServingStorage, storagePlace } from '../src/storage/place.ts';
import { scratchFolder } from './scratch.ts';

const KILLS = process.env.LARDER_FULL ? 100 : 3;
const SERVER = 'pg-abcde';

interface Bench {
  home: Home;
  instance: Instance;
  order: LogOrder;
  destination: Destination;
}

async function bench(context: TestContext): Promise<Bench> {
  const home = openHome(scratchFolder());
  const pki = await openPki(home);
  const place = storagePlace(home);
  await ensureBucket(place.buckets, 'pg-bucket');
  const key = newAccessKey('pg-bucket', 'archive');
  await keyFolder(place.keys).write(key);
  const storage = await keepStorage({ home, pki, version: '1', log: noLog });
  const instance = await makeInstance();
  context.after(async () => {
    await storage.stop();
    await stopOwnProcesses(home);
    await instance.remove();
  });
  const destination: Destination = {
    endpoint: storage.endpoint()!.url,
    region: 'us-east-1',
    bucket: 'pg-bucket',
    prefix: '',
    serverName: `${SERVER}-17-1`,
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
    ca: pki.caCertificate,
  };
  const order = { server: SERVER, folder: instance.folder, ...ACCOUNT, systemIdentifier: SYSTEM, destination };
  return { home, instance, order, destination };
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test('every acknowledged segment is in the bucket, killed at any moment', { timeout: 1_800_000 }, async context => {
  const { home, instance, order, destination } = await bench(context);
  const place = storagePlace(home);
  writeOrder(home, 'archives', order);
  const hashes = new Map<string, string>();
  const acknowledged: string[] = [];
  let isOver = false;

  /** A server that writes ahead, and believes what it is told. */
  const server = (async () => {
    for (let written = 0; !isOver || acknowledged.length < written; await delay(5)) {
      while (!isOver && written < acknowledged.length + 6) {
        const name = segmentName(++written);
        hashes.set(name, hashOf(await instance.finish(name)));
      }
      const marks = new Set(await instance.marked());
      for (
        let next = segmentName(acknowledged.length + 1);
        marks.has(next);
        next = segmentName(acknowledged.length + 1)
      ) {
        acknowledged.push(next);
        marks.delete(next);
        await instance.done(next);
        await rm(join(instance.wal, next));
      }
      const early = [...marks].filter(name => !acknowledged.includes(name));
      assert.deepEqual(early, [], 'none is acknowledged before those that are older');
    }
  })();
  server.catch(() => undefined);

  for (let kill = 0; kill < KILLS; kill++) {
    const before = acknowledged.length;
    const { pid } = await eventually('it serves', () => findServingStorage(place));
    await eventually('it archives again', () => acknowledged.length > before);
    // The moment is the point of the test.
    await delay(randomInt(0, 400));
    process.kill(pid, 'SIGKILL');
    await eventually('another one serves', () => {
      const next = findServingStorage(place);
      return next !== undefined && next.pid !== pid;
    });
  }
  isOver = true;
  await server;

  const store = openStore(destination);
  for (const name of acknowledged) {
    const packed = await store.read(archiveKeys(destination).wal(name, 'gzip'), 2 * SEGMENT_BYTES);
    assert.ok(packed, `${name} is there`);
    assert.equal(hashOf(gunzipSync(packed)), hashes.get(name), `${name} is what the server wrote`);
  }
  store.close();
  const state = await eventually('it says so', () => {
    const seen = findLogState(home, 'archives', SERVER);
    return seen?.waiting === 0 && seen.lastArchivedWal === acknowledged.at(-1) ? seen : undefined;
  });
  assert.equal(state.lastError, undefined);
});

test('orders come, change and go', { timeout: 300_000 }, async context => {
  const { home, instance, order, destination } = await bench(context);
  const marked = (name: string): Promise<unknown> =>
    eventually(`${name} is acknowledged`, async () => (await instance.marked()).includes(name));
  const wrong = { ...order, destination: { ...destination, secretAccessKey: 'wrong' } };
  writeOrder(home, 'archives', wrong);
  assert.deepEqual(listOrders(home, 'archives'), [SERVER]);
  await instance.finish(segmentName(1));
  const said = await eventually('it fails', () => findLogState(home, 'archives', SERVER)?.lastError);
  assert.match(said, /access key isn't accepted/);
  assert.ok(!said.includes('wrong'), 'no secret');
  writeOrder(home, 'archives', order);
  await marked(segmentName(1));
  await eventually('it is well', () => findLogState(home, 'archives', SERVER)?.lastError === undefined);

  removeOrder(home, 'archives', SERVER);
  removeOrder(home, 'archives', SERVER);
  await eventually('its state is gone', () => !existsSync(statePath(home, 'archives', SERVER)));
  await instance.finish(segmentName(2));
  assert.deepEqual(listOrders(home, 'archives'), []);
  writeOrder(home, 'archives', order);
  await marked(segmentName(2));

  writeOrder(home, 'restores', order);
  await eventually('the fetcher has its folders', async () => (await readdir(instance.folder)).includes('restored'));
  removeOrder(home, 'restores', SERVER);
});

test('a server whose name leads elsewhere is refused', () => {
  const home = { folder: scratchFolder() };
  for (const server of ['', '../x', 'a/b', 'A', 'x.state'])
    assert.throws(() => findLogState(home, 'archives', server), /no name of an object/);
});
