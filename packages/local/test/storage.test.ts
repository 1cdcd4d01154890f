/** The storage process: started once, adopted by whoever comes after, back on its port after a crash. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { request } from 'node:https';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { noLog } from '@larder/controller';
import { isAlive } from '@larder/postgres';
import { openHome, type Home } from '../src/home/home.ts';
import { findOwnProcesses, stopOwnProcesses } from '../src/lifecycle/stop.ts';
import { openPki, type Pki } from '../src/pki/pki.ts';
import { keepStorage, type Storage } from '../src/storage/keep.ts';
import { findServingStorage, storagePlace } from '../src/storage/place.ts';
import { scratchFolder } from './scratch.ts';

interface Rig {
  home: Home;
  pki: Pki;
  keep: (version?: string) => Promise<Storage>;
}

async function rig(context: TestContext): Promise<Rig> {
  const home = openHome(scratchFolder());
  const pki = await openPki(home);
  const kept: Storage[] = [];
  context.after(async () => {
    for (const each of kept) await each.stop();
    await stopOwnProcesses(home);
  });
  const keep = async (version = '1'): Promise<Storage> => {
    const storage = await keepStorage({ home, pki, version, log: noLog });
    kept.push(storage);
    return storage;
  };
  return { home, pki, keep };
}

/** The status that an unsigned request gets, over TLS that is verified. */
function ask(port: number, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, ca, agent: false }, response => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}

test(
  'outlives its plane, is adopted by the next one, and comes back on its port',
  { timeout: 120_000 },
  async context => {
    const { home, pki, keep } = await rig(context);
    const place = storagePlace(home);
    const first = await keep();
    const { port } = first.endpoint()!;
    const { pid } = findServingStorage(place)!;
    assert.equal(await ask(port, pki.caCertificate), 403);
    assert.deepEqual(
      findOwnProcesses(home).map(found => [found.kind, found.pid]),
      [['storage', pid]],
    );
    assert.equal(statSync(place.certificate).mode & 0o777, 0o600);

    await first.stop();
    const second = await keep();
    assert.equal(findServingStorage(place)!.pid, pid, 'the same process');

    process.kill(pid, 'SIGKILL');
    const deadline = performance.now() + 60_000;
    while (findServingStorage(place) === undefined || findServingStorage(place)!.pid === pid) {
      assert.ok(performance.now() < deadline, 'it is started again');
      await delay(50);
    }
    assert.equal(second.endpoint()!.port, port);
    assert.equal(await ask(port, pki.caCertificate), 403);
  },
);

test('says who took its port meanwhile, and serves again when it is free', { timeout: 120_000 }, async context => {
  const { home, keep } = await rig(context);
  const first = await keep();
  const { port } = first.endpoint()!;
  await first.stop();
  await stopOwnProcesses(home);
  const thief = createServer().listen(port, '127.0.0.1');
  context.after(() => thief.close());
  await once(thief, 'listening');
  const second = await keep();
  assert.match(second.problem(), new RegExp(`process ${process.pid} \\(.*\\) has its port, .* end that process`));
  thief.close();
  const deadline = performance.now() + 60_000;
  while (second.endpoint()?.port !== port) {
    assert.ok(performance.now() < deadline, 'it serves again');
    await delay(50);
  }
});

const full = { timeout: 240_000, skip: process.env.LARDER_FULL ? false : 'LARDER_FULL is not set' };

test('one of another version is replaced, on the same port', full, async context => {
  const { home, keep } = await rig(context);
  const place = storagePlace(home);
  const first = await keep('1');
  await first.stop();
  const old = findServingStorage(place)!;
  await keep('2');
  assert.ok(!isAlive(old));
  assert.deepEqual([findServingStorage(place)!.version, findServingStorage(place)!.port], ['2', old.port]);
});

test('two planes that come at once get one process', full, async context => {
  const { home, keep } = await rig(context);
  const [a, b] = await Promise.all([keep(), keep()]);
  assert.deepEqual(a.endpoint(), b.endpoint());
  const deadline = performance.now() + 60_000;
  while (findOwnProcesses(home).length > 1) {
    assert.ok(performance.now() < deadline, 'the other has ended');
    await delay(50);
  }
});
