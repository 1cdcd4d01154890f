import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs, reconcileBackoff, WorkQueue } from '../src/index.ts';

/** A queue whose work waits until it is let go. */
function gated(t: { after(end: () => void): void }, concurrency = 1) {
  const ending = new AbortController();
  const started: string[] = [];
  const gates = new Map<string, () => void>();
  const work = (key: string): Promise<void> => {
    started.push(key);
    return new Promise(resolve => gates.set(key, resolve));
  };
  const queue = new WorkQueue({ work, concurrency, signal: ending.signal });
  const finish = async (key: string): Promise<void> => {
    gates.get(key)?.();
    gates.delete(key);
    await new Promise(resolve => setImmediate(resolve));
  };
  t.after(() => {
    ending.abort();
    for (const open of gates.values()) open();
  });
  return { queue, started, finish, ending };
}

test('a key that is added many times while it waits is worked on once', async t => {
  const { queue, started, finish } = gated(t);
  for (const key of ['busy', 'a', 'a', 'b', 'a']) queue.add(key);
  await finish('busy');
  await finish('a');
  assert.deepEqual(started, ['busy', 'a', 'b']);
});

test('a key is never worked on twice at once, but again when it was added meanwhile', async t => {
  const { queue, started, finish } = gated(t, 4);
  for (const key of ['a', 'a', 'a', 'b']) queue.add(key);
  assert.deepEqual(started, ['a', 'b']);
  await finish('a');
  assert.deepEqual(started, ['a', 'b', 'a']);
  await finish('a');
  assert.deepEqual(started, ['a', 'b', 'a']);
});

test('no more keys than the concurrency are worked on at once', t => {
  const { queue, started } = gated(t, 2);
  for (const key of ['a', 'b', 'c']) queue.add(key);
  assert.deepEqual(started, ['a', 'b']);
});

test('a delayed key comes after its time, the earlier of two', async t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { queue, started } = gated(t);
  queue.addAfter('a', 1_000);
  queue.addAfter('a', 5_000);
  queue.addAfter('b', 3_000);
  queue.addAfter('b', 2_000);
  t.mock.timers.tick(999);
  assert.deepEqual(started, []);
  t.mock.timers.tick(1);
  assert.deepEqual(started, ['a']);
});

test('a change overtakes a backoff', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { queue, started } = gated(t);
  queue.retry('a');
  queue.add('a');
  assert.deepEqual(started, ['a']);
});

test('backoff doubles from 5 ms to 60 s, begins anew after forget, and is spread', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const full = (failures: number): number => backoffMs(reconcileBackoff, failures, () => 0);
  assert.deepEqual([1, 2, 3, 14, 15, 1_000].map(full), [5, 10, 20, 40_960, 60_000, 60_000]);
  assert.equal(
    backoffMs(reconcileBackoff, 15, () => 0.999),
    48_012,
  );
  const { queue } = gated(t);
  const [first, second] = [queue.retry('a'), queue.retry('a')];
  queue.forget('a');
  assert.ok(second > first);
  assert.ok(queue.retry('a') <= 5);
});

test('after the signal nothing begins, and idle resolves when what was busy has ended', async t => {
  const { queue, started, finish, ending } = gated(t);
  queue.add('a');
  queue.add('b');
  const idle = queue.idle();
  ending.abort();
  queue.add('c');
  await finish('a');
  await idle;
  assert.deepEqual(started, ['a']);
});
