/** A store that is down, slow, full, cut or locked, while a base backup is written and while it is read: a whole one, or words. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  archiveKeys,
  fetchBackup,
  openStore,
  readCatalogue,
  writeBackup,
  type BackupProgress,
  type Destination,
  type Store,
  type WrittenBackup,
} from '@larder/archive';
import { scopeOfSuite } from '../../../postgres/test/machine.ts';
import { randomFaults, startProxy, type Proxy } from '../proxy.ts';
import { makeBench, type Bench } from './rig.ts';

const skip = process.env.LARDER_FULL === '1' ? false : 'not run: slow; LARDER_FULL=1 runs it';
const PASSING = /doesn't answer as it should/;

describe('a base backup and a store in trouble', { skip, timeout: 1_200_000 }, () => {
  const scope = scopeOfSuite();
  let bench: Bench;
  let proxy: Proxy;
  let whole: WrittenBackup;
  let files: number;

  before(async () => {
    bench = await makeBench(scope, 'fl');
    proxy = await startProxy(bench.objects.store.port);
    scope.defer(() => proxy.close());
    const session = await bench.session('app');
    await session.rows('CREATE TABLE public.load AS SELECT i, md5(i::text) AS t FROM generate_series(1, 20000) AS i');
    await session.close();
    whole = await write(bench.store);
    ({ files } = await fetch(bench.store));
  });

  const refusals: [string, () => ReturnType<Proxy['fault']>, RegExp][] = [
    ['is full', () => ({ answer: 507, code: 'XMinioStorageFull' }), /no room left .* make room there/],
    [
      'has another key by now',
      () => ({ answer: 403, code: 'InvalidAccessKeyId' }),
      /access key isn't accepted .* look at the key/,
    ],
    ['fails for good', () => ({ answer: 500, code: 'InternalError' }), PASSING],
    ['has lost the bucket', () => ({ answer: 404, code: 'NoSuchBucket' }), /bucket doesn't exist/],
  ];
  for (const [what, fault, words] of refusals) {
    it(`that ${what} in the middle of a backup gets none, and says so`, async () => {
      const known = await listed();
      await assertFails(
        store => write(store),
        request => (/data\.tar/.test(request.url ?? '') ? fault() : undefined),
        words,
      );
      await assertFails(
        store => write(store),
        request => (/backup\.info/.test(request.url ?? '') && request.method === 'PUT' ? fault() : undefined),
        words,
      );
      assert.deepEqual(await listed(), known);
    });
    if (what === 'is full') continue;
    it(`that ${what} in the middle of a restore leaves nothing, and says so`, async () => {
      await assertFails(
        store => fetch(store),
        request => (/data\.tar/.test(request.url ?? '') ? fault() : undefined),
        words,
      );
      assert.deepEqual(await readdir(target()), []);
      assert.equal((await fetch(bench.store)).files, files);
    });
  }

  it('that is down in the middle of a restore ends it in words; back again, the same restore is whole', async () => {
    const store = through();
    proxy.fault = request => {
      if (!/data\.tar/.test(request.url ?? '')) return undefined;
      proxy.down();
      return { cutAnswer: 100_000 };
    };
    await assert.rejects(fetch(store), PASSING);
    assert.deepEqual(await readdir(target()), []);
    proxy.up();
    proxy.fault = () => undefined;
    assert.equal((await fetch(store)).files, files);
  });

  it('that is down in the middle of a backup ends it in words, and nothing is listed', async () => {
    const known = await listed();
    const store = through();
    proxy.fault = request => {
      if (/data\.tar/.test(request.url ?? '')) proxy.down();
      return undefined;
    };
    await assert.rejects(write(store), PASSING);
    proxy.up();
    proxy.fault = () => undefined;
    assert.deepEqual(await listed(), known);
  });

  it('that is slow makes it slow, and nothing else', async () => {
    proxy.fault = () => ({ delayMs: 1_500 });
    const { id } = await write(through());
    await assertSame(through(), id);
    proxy.fault = () => undefined;
  });

  it('where each tenth request fails or is cut gives whole ones all the same', async () => {
    proxy.fault = randomFaults(0.1);
    const store = through();
    for (let round = 0; round < 5; round++) {
      const { id } = await write(store);
      await assertSame(store, id);
    }
    proxy.fault = () => undefined;
  });

  it('with a key that was never good is refused at once, in words without the secret', async () => {
    const store = open({ ...bench.destination, secretAccessKey: 'mistaken' });
    for (const trial of [() => write(store), () => fetch(store)]) {
      const words = ({ message }: Error): boolean => /key isn't accepted/.test(message) && !/mistaken/.test(message);
      await assert.rejects(trial, words);
    }
  });

  it('goes on with the next key when the first was taken back in the middle', async () => {
    const first = await bench.objects.newKey('first', 'archive');
    const store = open({ ...bench.destination, ...secrets(first) });
    const taken = new Set<Promise<void>>();
    const takeBack = (): void => void taken.add(bench.objects.keys.remove(first.accessKeyId));
    await assert.rejects(write(store, takeBack), /access key isn't accepted/);
    await Promise.all(taken);
    const second = await bench.objects.newKey('first', 'archive');
    const { id } = await write(open({ ...bench.destination, ...secrets(second) }));
    await assertSame(bench.store, id);
  });

  it('another’s segment under the name of ours makes no backup: the archiver has to say that it is ours', async () => {
    const elsewhere = open({ ...bench.destination, serverName: 'copied-17-1' });
    const keys = archiveKeys(elsewhere.destination);
    const session = await bench.session();
    // All names that may be asked for are there, as a copy of this server under the same name would have put them.
    const names = await session.rows<{ name: string }>(
      `SELECT pg_walfile_name(pg_current_wal_lsn() + n * 16777216::bigint) AS name FROM generate_series(0, 4) AS n`,
    );
    for (const { name } of names) await elsewhere.put(keys.wal(name, 'gzip'), Buffer.from('another'));
    await session.rows('ALTER SYSTEM SET archive_command = false');
    await session.rows('SELECT pg_reload_conf()');
    const trial = writeBackup({ store: elsewhere, session, account: bench.server.account, walTimeoutMs: 1 });
    await assert.rejects(trial, /this server's archiver did not acknowledge it; .* another may use the same archive/);
    const { backups } = await readCatalogue(elsewhere);
    await session.rows('ALTER SYSTEM RESET archive_command');
    await session.rows('SELECT pg_reload_conf()');
    await session.close();
    assert.deepEqual(backups, []);
  });

  function open(destination: Destination): Store {
    const store = openStore(destination);
    scope.defer(() => store.close());
    return store;
  }

  function through(): Store {
    return open({ ...bench.destination, endpoint: proxy.url });
  }

  async function write(store: Store, onCopying?: () => void): Promise<WrittenBackup> {
    const session = await bench.session();
    try {
      const progress = ({ phase }: BackupProgress): void => void (phase === 'copying' && onCopying?.());
      return await writeBackup({ store, session, account: bench.server.account, walTimeoutMs: 120_000, progress });
    } finally {
      await session.close();
    }
  }

  let tries = 0;
  function target(): string {
    return join(bench.machine.home, `fetched-${tries}`);
  }

  function fetch(store: Store, backupId = whole.id): ReturnType<typeof fetchBackup> {
    tries++;
    // By turns in threads of their own, as large ones are.
    const largeBytes = tries % 2 === 0 ? 0 : undefined;
    return fetchBackup({ store, backupId, folder: target(), ...(largeBytes === undefined ? {} : { largeBytes }) });
  }

  async function assertFails(
    work: (store: Store) => Promise<unknown>,
    fault: Proxy['fault'],
    words: RegExp,
  ): Promise<void> {
    proxy.fault = fault;
    await assert.rejects(work(through()), words).finally(() => (proxy.fault = () => undefined));
  }

  /** What comes through the trouble is what comes without it. */
  async function assertSame(store: Store, id: string): Promise<void> {
    assert.deepEqual(await fetch(store, id), await fetch(bench.store, id));
  }

  async function listed(): Promise<object> {
    const { backups, unusable } = await readCatalogue(bench.store);
    return [backups.map(({ id }) => id), unusable];
  }
});

function secrets({
  accessKeyId,
  secretAccessKey,
}: Pick<Destination, 'accessKeyId' | 'secretAccessKey'>): Pick<Destination, 'accessKeyId' | 'secretAccessKey'> {
  return { accessKeyId, secretAccessKey };
}
