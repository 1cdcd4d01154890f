/**
 * Watch promises, by recorded histories: many writers and watchers at once, everything they were told written down, and judged after.
 *
 * Memory is kept so small that watchers read from disk most of the time, and in one run so little history is kept that slow ones are ended.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompactedError, openStore, type OpenStoreOptions, type Store } from '../../src/store/index.ts';
import { checkHistory, type Seen } from './check-history.ts';
import { chanceOf, type Chance, seedOf, temporaryFolder, temporaryStore } from './fixtures.ts';
import { record, type Recording, runWatcher, runWriter, seenOf, type Scope } from './record-history.ts';

const full = process.env['LARDER_FULL'] === '1';

const scopes: Scope[] = [
  { resource: 'configmaps' },
  { resource: 'secrets' },
  { resource: 'configmaps', namespace: 'a' },
  { resource: 'secrets', namespace: 'b' },
];

async function recordRun(store: Store, chance: Chance): Promise<Recording> {
  const recording = record();
  const done = new AbortController();
  const watchers = Array.from({ length: 12 }, (_, at) =>
    runWatcher(store, {
      who: `watcher ${at}`,
      scope: scopes[at % scopes.length] as Scope,
      chance,
      recording,
      done: done.signal,
    }),
  );
  await Promise.all(
    Array.from({ length: 8 }, (_, at) =>
      runWriter(store, { who: `writer ${at}`, commits: full ? 2_000 : 150, chance, recording }),
    ),
  );
  done.abort();
  await Promise.all(watchers);
  return recording;
}

describe('watches under concurrency', () => {
  const runs: { reason: string; options: Partial<OpenStoreOptions> }[] = [
    { reason: 'from memory', options: { keepEvents: 1e9, memory: { events: 1e9, bytes: 1e9 } } },
    { reason: 'mostly from disk', options: { keepEvents: 1e9, memory: { events: 5, bytes: 1e9 } } },
    { reason: 'beside compaction', options: { keepEvents: 60, memory: { events: 1e9, bytes: 1_000 } } },
  ];
  for (const { reason, options } of runs) {
    const seed = seedOf();
    it(`are ordered, unique, complete, resumable and bookmarked ${reason} (LARDER_SEED=${seed})`, async test => {
      const folder = await temporaryFolder(test);
      const store = await openStore({ folder, ...options });
      const { writes, watchers, ended } = await recordRun(store, chanceOf(seed));
      assert.deepEqual(checkHistory({ writes, watchers }), []);
      assert.ok(ended === 0 || options.keepEvents === 60, `${ended} watchers were ended`);
      const seen = watchers.flatMap(watcher => watcher.seen);
      assert.ok(seen.some(item => item.type === 'progress') && seen.length > writes.length);

      const before = scopes.map(({ resource }) => store.list(resource).items);
      await store.close();
      const again = await temporaryStore(test, { folder, ...options });
      assert.deepEqual(
        scopes.map(({ resource }) => again.list(resource).items),
        before,
      );
    });
  }
});

describe('a watch', () => {
  it('goes on after a restart where it was, with the states before', async test => {
    const folder = await temporaryFolder(test);
    const store = await openStore({ folder });
    const chance = chanceOf(7);
    const recording = record();
    await runWriter(store, { who: 'writer', commits: 100, chance, recording });
    const live = await collect(store, store.revision);
    await store.close();
    const again = await temporaryStore(test, { folder });
    assert.deepEqual(await collect(again, again.revision), live);
    assert.ok(live.length > 20);
  });

  it('from a revision that this store never reached is refused', async test => {
    const store = await temporaryStore(test);
    assert.throws(() => store.watch('configmaps', { since: 1 }), CompactedError);
  });

  it('ends with its signal while it waits', async test => {
    const store = await temporaryStore(test);
    const stop = new AbortController();
    const next = store.watch('configmaps', { since: 0, signal: stop.signal })[Symbol.asyncIterator]().next();
    stop.abort();
    assert.equal((await next).done, true);
  });

  it('ends when the store is closed', async test => {
    const store = await openStore({ folder: await temporaryFolder(test) });
    const next = store.watch('configmaps', { since: 0 })[Symbol.asyncIterator]().next();
    await store.close();
    assert.equal((await next).done, true);
  });

  async function collect(store: Store, upTo: number): Promise<Seen[]> {
    const events: Seen[] = [];
    for await (const item of store.watch('configmaps', { since: 0, progressEveryMs: 1 })) {
      if (item.type !== 'progress') events.push(seenOf(item));
      else if (item.revision >= upTo) break;
    }
    return events;
  }
});
