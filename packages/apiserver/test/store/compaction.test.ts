/** What is let go of the past, what never is, and who is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompactedError, openStore, type Store } from '../../src/store/index.ts';
import { stateAt, type Write } from './check-history.ts';
import { chanceOf, contentOf, keyOf, objectOf, seedOf, temporaryFolder, temporaryStore } from './fixtures.ts';
import { record, runWriter, spellKey } from './record-history.ts';

const a = keyOf('a');

async function writeOften(store: Store, times: number): Promise<void> {
  for (let count = 1; count <= times; count++) {
    await store.commit([{ do: 'put', key: a, value: objectOf(a, `state ${count}`) }]);
  }
}

describe('compaction', () => {
  it('lets go of the oldest events when there are too many, and tells who asks for them', async test => {
    const store = await temporaryStore(test, { keepEvents: 20 });
    await writeOften(store, 60);
    assert.ok(store.compactedRevision >= 30 && store.compactedRevision <= 40, `${store.compactedRevision}`);
    const tooOld = store.compactedRevision - 1;
    assert.throws(
      () => store.watch('configmaps', { since: tooOld }),
      (error: unknown) => error instanceof CompactedError && error.since === tooOld && /list again/.test(error.message),
    );
    const [first] = await take(store, store.compactedRevision, 1);
    assert.equal(first, store.compactedRevision + 1);
  });

  it('lets go of events that are old enough', async test => {
    const store = await temporaryStore(test, { keepMs: 5 });
    await writeOften(store, 3);
    while (store.compactedRevision < 3) await new Promise(resolve => setImmediate(resolve));
    assert.equal(contentOf(store.get(a)?.value as never), 'state 3');
  });

  it('ends a watcher that fell behind what is kept, and only that one', async test => {
    const store = await temporaryStore(test, { keepEvents: 20, memory: { events: 5, bytes: 1e9 } });
    const slow = store.watch('configmaps', { since: 0 })[Symbol.asyncIterator]();
    const quiet = store.watch('secrets', { since: 0 })[Symbol.asyncIterator]();
    const waiting = quiet.next();
    await writeOften(store, 1);
    await slow.next();
    await writeOften(store, 60);
    await assert.rejects(async () => {
      while ((await slow.next()).done !== true);
    }, CompactedError);
    const secret = keyOf('s', 'default', 'secrets');
    await store.commit([{ do: 'put', key: secret, value: objectOf(secret, 'x') }]);
    const woken = await waiting;
    assert.equal(woken.done === true ? undefined : woken.value.revision, 62);
  });

  const seed = seedOf();
  it(`never changes what is there now, over restarts (LARDER_SEED=${seed})`, async test => {
    const folder = await temporaryFolder(test);
    const chance = chanceOf(seed);
    const writes: Write[] = [];
    for (let life = 0; life < 12; life++) {
      const store = await openStore({ folder, keepEvents: chance(15) });
      assert.deepEqual(
        stateOf(store),
        stateAt(writes, Infinity, () => true),
        `at the start of life ${life}`,
      );
      const recording = record();
      await runWriter(store, { who: `life ${life}`, commits: chance(60), chance, recording });
      writes.push(...recording.writes);
      await store.close();
    }
  });
});

function stateOf(store: Store): Map<string, string> {
  const items = ['configmaps', 'secrets'].flatMap(resource => store.list(resource).items);
  return new Map(items.map(item => [spellKey(item.key), contentOf(item.value)]));
}

async function take(store: Store, since: number, count: number): Promise<number[]> {
  const revisions: number[] = [];
  for await (const { revision } of store.watch('configmaps', { since })) {
    if (revisions.push(revision) === count) break;
  }
  return revisions;
}
