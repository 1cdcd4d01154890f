import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbidden } from '@larder/kube';
import { waitFor, type WaitTimeoutError } from '../src/index.ts';
import { MemoryClient, thing, thingKind } from './memory-client.ts';

const ref = { ...thingKind, name: 'a' };

test('waits for a state, through changes and broken connections, and shows each on the way', async () => {
  const client = new MemoryClient();
  const seen: unknown[] = [];
  const waiting = waitFor(client, ref, object => object?.phase === 'done', {
    timeoutMs: 5_000,
    onChange: object => seen.push(object?.phase),
  });
  await client.watching(1);
  await client.create(thing('a', { phase: 'begun' }));
  await client.watching(1);
  client.cutWatches();
  await client.update(thing('a', { phase: 'done' }));
  assert.equal((await waiting)?.phase, 'done');
  assert.equal(seen[0], undefined);
  assert.equal(seen.at(-1), 'done');
});

test('waits for an object to go', async () => {
  const client = new MemoryClient();
  await client.create(thing('a'));
  const waiting = waitFor(client, ref, object => object === undefined, { timeoutMs: 5_000 });
  await client.watching(1);
  await client.delete(ref);
  assert.equal(await waiting, undefined);
});

test('when the time is over, the error names the object and holds its last state', async () => {
  const client = new MemoryClient();
  await client.create(thing('a', { phase: 'stuck' }));
  await assert.rejects(
    waitFor(client, ref, () => false, { timeoutMs: 20 }),
    (error: WaitTimeoutError) => error.message.includes('Thing "a"') && error.last?.phase === 'stuck',
  );
});

test('what asking again cannot mend ends the wait, and so does the caller', async () => {
  const client = new MemoryClient();
  client.before = () => {
    throw forbidden({ group: 'test.dev', resource: 'things' }, 'a', 'no');
  };
  await assert.rejects(
    waitFor(client, ref, () => true, { timeoutMs: 5_000 }),
    /is forbidden: no/,
  );
  client.before = () => {};
  const ending = new AbortController();
  const waiting = waitFor(client, ref, () => false, { timeoutMs: 5_000, signal: ending.signal });
  await client.watching(1);
  ending.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
});
