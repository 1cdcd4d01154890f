import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { conflict } from '@larder/kube';
import {
  noEvents,
  noLog,
  runController,
  startInformer,
  TerminalError,
  type ControllerOptions,
  type EventContent,
} from '../src/index.ts';
import { MemoryClient, thing, thingKind } from './memory-client.ts';

interface Setup {
  client: MemoryClient;
  seen: string[];
  /** Resolves when `seen` has so many entries. */
  count: (entries: number) => Promise<void>;
}

function start(t: TestContext, client: MemoryClient, options: Partial<ControllerOptions> = {}): Setup {
  const ending = new AbortController();
  const seen: string[] = [];
  const waiters: { entries: number; resolve: () => void }[] = [];
  const controller = runController({
    client,
    name: 'test',
    watches: [{ kind: thingKind }],
    signal: ending.signal,
    ...options,
    reconcile: async (key, signal) => {
      seen.push(key);
      for (const waiter of waiters) if (seen.length >= waiter.entries) waiter.resolve();
      return options.reconcile?.(key, signal);
    },
  });
  t.after(async () => {
    ending.abort();
    await controller.stopped;
  });
  const count = (entries: number): Promise<void> =>
    new Promise(resolve => {
      waiters.push({ entries, resolve });
      if (seen.length >= entries) resolve();
    });
  return { client, seen, count };
}

test('what is there and what comes is reconciled, by key', async t => {
  const client = new MemoryClient();
  await client.create(thing('a', { metadata: { name: 'a', namespace: 'n' } }));
  const { seen, count } = start(t, client);
  await count(1);
  await client.create(thing('b'));
  await count(2);
  await client.delete({ ...thingKind, name: 'b' });
  await count(3);
  assert.deepEqual(seen, ['n/a', 'b', 'b']);
});

test('a watch that breaks goes on where it was: nothing is listed again, nothing missed, nothing doubled', async t => {
  const client = new MemoryClient();
  await client.create(thing('a'));
  const { seen, count } = start(t, client);
  await client.watching(1);
  client.cutWatches();
  await client.create(thing('b'));
  await count(2);
  await client.watching(1);
  assert.deepEqual(seen, ['a', 'b']);
  assert.equal(client.calls.filter(call => call === 'list Thing').length, 1);
});

test('after 410 the list is read anew: what changed, came or went meanwhile is reconciled, and only that', async t => {
  const client = new MemoryClient();
  for (const name of ['changed', 'gone', 'same']) await client.create(thing(name));
  const { seen, count } = start(t, client);
  await count(3);
  await client.watching(1);
  client.before = call => {
    if (call === 'watch Thing') throw new Error('no connection');
  };
  client.cutWatches();
  await client.update(thing('changed'));
  await client.delete({ ...thingKind, name: 'gone' });
  await client.create(thing('new'));
  client.forgetHistory();
  client.before = () => {};
  await count(6);
  await client.watching(1);
  assert.deepEqual(seen.slice(3).sort(), ['changed', 'gone', 'new']);
});

test('a mapped watch reconciles the owner, the old and the new one when that changes', async t => {
  const client = new MemoryClient();
  const part = (owner: string) => ({ ...thing('p'), kind: 'Part', owner });
  await client.create(part('one'));
  const kind = { ...thingKind, kind: 'Part' };
  const { seen, count } = start(t, client, { watches: [{ kind, map: object => [String(object.owner)] }] });
  await count(1);
  await client.update(part('two'));
  await count(3);
  await client.delete({ ...kind, name: 'p' });
  await count(4);
  assert.deepEqual(seen, ['one', 'one', 'two', 'two']);
});

test('errors come back with backoff and are told once for each text; conflicts come back silently', async t => {
  const client = new MemoryClient();
  await client.create(thing('a'));
  const outcomes = [
    new Error('same'),
    new Error('same'),
    conflict({ group: '', resource: 'x' }, 'a', 'busy'),
    new Error('other'),
  ];
  const lines: string[] = [];
  const told: EventContent[] = [];
  const log = { ...noLog, error: (message: string) => lines.push(message), with: () => log };
  const { count } = start(t, client, {
    log,
    events: { record: (_about, event) => told.push(event) },
    reconcile: async () => {
      const error = outcomes.shift();
      if (error) throw error;
    },
  });
  await count(5);
  assert.deepEqual(
    told.map(each => each.message),
    ['same', 'other'],
  );
  assert.equal(lines.length, 2);
});

test('a terminal error waits for a change', async t => {
  const client = new MemoryClient();
  await client.create(thing('a'));
  const { seen, count } = start(t, client, {
    events: noEvents,
    reconcile: () => Promise.reject(new TerminalError('somebody must act')),
  });
  await count(1);
  await client.create(thing('b'));
  await count(2);
  await client.update(thing('a'));
  await count(3);
  assert.deepEqual(seen, ['a', 'b', 'a']);
});

test('an informer holds what is there, and tells what changes', async t => {
  const client = new MemoryClient();
  await client.create(thing('a'));
  const ending = new AbortController();
  const told: string[] = [];
  const informer = startInformer({
    client,
    kind: thingKind,
    signal: ending.signal,
    onChange: (key, object, before) =>
      told.push(`${key} ${before === undefined ? 'new' : object === undefined ? 'gone' : 'changed'}`),
  });
  t.after(async () => {
    ending.abort();
    await informer.stopped;
  });
  await informer.synced;
  await client.watching(1);
  await client.update(thing('a'));
  await client.create(thing('b'));
  await client.delete({ ...thingKind, name: 'a' });
  await client.watching(1);
  assert.deepEqual(
    informer.list().map(each => each.metadata.name),
    ['b'],
  );
  assert.deepEqual(told, ['a new', 'a changed', 'b new', 'a gone']);
});
