/** What a commit does, refuses and shows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Change, openStore, StoreClosedError, StoreConflictError } from '../../src/store/index.ts';
import { contentOf, keyOf, objectOf, temporaryFolder, temporaryStore } from './fixtures.ts';

const [a, b, c] = [keyOf('a'), keyOf('b'), keyOf('c')];
const put = (name: string, content: string, expect?: number): Change => {
  return { do: 'put', key: keyOf(name), value: objectOf(keyOf(name), content), expect };
};

describe('expectations', () => {
  // "a" is at revision 1; "b" was at 2 and deleted at 3; "c" never was.
  const cases: { reason: string; change: Change; conflict?: RegExp }[] = [
    { reason: 'a create of something new', change: put('c', 'x', 0) },
    { reason: 'a create of something deleted', change: put('b', 'x', 0) },
    { reason: 'a create of something there', change: put('a', 'x', 0), conflict: /exists already, at revision 1/ },
    { reason: 'an update of what was read', change: put('a', 'x', 1) },
    { reason: 'an update of an older state', change: put('a', 'x', 7), conflict: /is at revision 1, not 7/ },
    { reason: 'an update of something deleted', change: put('b', 'x', 2), conflict: /does not exist/ },
    { reason: 'an update of something that never was', change: put('c', 'x', 1), conflict: /does not exist/ },
    { reason: 'a put over whatever is there', change: put('a', 'x') },
    { reason: 'a put where nothing is', change: put('c', 'x') },
    { reason: 'a delete of what was read', change: { do: 'delete', key: a, expect: 1 } },
    {
      reason: 'a delete of an older state',
      change: { do: 'delete', key: a, expect: 9 },
      conflict: /revision 1, not 9/,
    },
    { reason: 'a delete of whatever is there', change: { do: 'delete', key: a } },
    { reason: 'a delete of nothing', change: { do: 'delete', key: c }, conflict: /does not exist/ },
    {
      reason: 'a delete of something deleted',
      change: { do: 'delete', key: b, expect: 2 },
      conflict: /does not exist/,
    },
  ];
  for (const { reason, change, conflict } of cases) {
    it(`${conflict === undefined ? 'accepts' : 'refuses'} ${reason}`, async test => {
      const store = await temporaryStore(test);
      await store.commit([put('a', 'one')]);
      await store.commit([put('b', 'two')]);
      await store.commit([{ do: 'delete', key: b }]);
      const outcome = store.commit([change]);
      if (conflict === undefined) {
        assert.equal((await outcome)[0]?.revision, 4);
        assert.equal(store.get(change.key) === undefined, change.do === 'delete');
        return;
      }
      await assert.rejects(outcome, (error: unknown) => {
        assert.ok(error instanceof StoreConflictError);
        assert.match(error.message, conflict);
        assert.deepEqual(error.current, store.get(change.key));
        return true;
      });
      assert.equal(store.revision, 3);
    });
  }

  it('are decided against commits that are still on their way to the disk', async test => {
    const store = await temporaryStore(test);
    await store.commit([put('a', 'start')]);
    const rivals = ['x', 'y', 'z'].map(content => store.commit([put('a', content, 1)]));
    const outcomes = await Promise.allSettled(rivals);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    );
    assert.equal(contentOf(store.get(a)?.value as never), 'x');
  });

  it('are answered with a conflict only once the winner can be read', async test => {
    const store = await temporaryStore(test);
    await store.commit([put('a', 'start')]);
    const winner = store.commit([put('a', 'won', 1)]);
    const error = await store.commit([put('a', 'lost', 1)]).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof StoreConflictError);
    assert.equal(contentOf(store.get(a)?.value as never), 'won');
    await winner;
  });
});

describe('a commit', () => {
  it('of many changes happens whole, under consecutive revisions', async test => {
    const store = await temporaryStore(test);
    const stored = await store.commit([put('b', 'two'), put('a', 'one'), put('c', 'three')]);
    assert.deepEqual(
      stored.map(({ revision }) => revision),
      [1, 2, 3],
    );
    assert.deepEqual(
      stored.map(({ value }) => value.metadata.resourceVersion),
      ['1', '2', '3'],
    );
  });

  it('with one change refused does nothing', async test => {
    const store = await temporaryStore(test);
    await assert.rejects(store.commit([put('a', 'one'), put('b', 'two', 5)]), StoreConflictError);
    assert.deepEqual(store.list('configmaps'), { items: [], revision: 0 });
  });

  it('is seen by nobody before it is durable', async test => {
    const store = await temporaryStore(test);
    const commit = store.commit([put('a', 'one')]);
    assert.equal(store.get(a), undefined);
    assert.equal(store.revision, 0);
    await commit;
    assert.equal(store.revision, 1);
  });

  it('of nothing is done at once', async test => {
    assert.deepEqual(await (await temporaryStore(test)).commit([]), []);
  });

  it('keeps what JSON makes of the value and leaves the given object alone', async test => {
    const store = await temporaryStore(test);
    const given = { ...objectOf(a, 'one'), absent: undefined, when: new Date(0) };
    await store.commit([{ do: 'put', key: a, value: given }]);
    assert.equal(given.metadata.resourceVersion, undefined);
    assert.equal(Object.isFrozen(given.metadata), false);
    const kept = store.get(a)?.value;
    assert.equal(kept?.['when'], '1970-01-01T00:00:00.000Z');
    assert.equal('absent' in (kept ?? {}), false);
  });

  it('hands out values that nobody can change', async test => {
    const store = await temporaryStore(test);
    const [stored] = await store.commit([put('a', 'one')]);
    assert.throws(() => {
      (stored?.value['data'] as { content: string }).content = 'changed';
    }, TypeError);
  });

  for (const [what, changes] of Object.entries({
    'two changes of one object': [put('a', 'one'), put('a', 'two')],
    'an object without a name': [put('', 'one')],
    'a name with NUL in it': [put('a\u0000b', 'one')],
  })) {
    it(`refuses ${what}`, async test => {
      const store = await temporaryStore(test);
      await assert.rejects(store.commit(changes), RangeError);
      await store.commit([put('a', 'still working')]);
    });
  }

  it('keeps any text in names and values as it is', async test => {
    const folder = await temporaryFolder(test);
    const odd = keyOf(`'; DROP TABLE change; --`, `"../\n☃`);
    const store = await openStore({ folder });
    await store.commit([{ do: 'put', key: odd, value: objectOf(odd, `\u0000'"\ud83d\ude00\ud800`) }]);
    const before = store.get(odd);
    await store.close();
    assert.deepEqual((await temporaryStore(test, { folder })).get(odd), before);
  });

  it('is refused when the store is closed, and those before are finished', async test => {
    const folder = await temporaryFolder(test);
    const store = await openStore({ folder });
    const last = store.commit([put('a', 'last')]);
    const closing = store.close();
    await assert.rejects(store.commit([put('b', 'late')]), StoreClosedError);
    await Promise.all([last, closing]);
    const again = await temporaryStore(test, { folder });
    assert.deepEqual(
      again.list('configmaps').items.map(({ key }) => key),
      [a],
    );
  });
});

describe('a list', () => {
  it('is in order of namespace, then name, whole or of one namespace', async test => {
    const store = await temporaryStore(test);
    const keys = ['b/b', 'a/c', 'a-a/a', 'a/a', 'a.b/z', '/cluster'].map(text => {
      const [namespace, name] = text.split('/') as [string, string];
      return keyOf(name, namespace);
    });
    await store.commit(keys.map(key => ({ do: 'put', key, value: objectOf(key, 'x') })));
    await store.commit([{ do: 'put', key: keyOf('a', 'a', 'secrets'), value: objectOf(a, 'x') }]);
    const spelled = (namespace?: string): string[] =>
      store.list('configmaps', namespace).items.map(({ key }) => `${key.namespace}/${key.name}`);
    assert.deepEqual(spelled(), ['/cluster', 'a/a', 'a/c', 'a-a/a', 'a.b/z', 'b/b']);
    assert.deepEqual(spelled('a'), ['a/a', 'a/c']);
    assert.deepEqual(spelled(''), ['/cluster']);
    assert.deepEqual(spelled('nowhere'), []);
  });
});
