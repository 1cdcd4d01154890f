import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEventRecorder } from '../src/index.ts';
import { MemoryClient, thing } from './memory-client.ts';

const bound = { type: 'Normal', reason: 'Bound', message: 'Successfully bound' } as const;

test('the same event raises the count and the last time, also for a recorder that starts anew', async () => {
  const client = new MemoryClient();
  const about = await client.create(thing('a', { metadata: { name: 'a', namespace: 'n' } }));
  let now = new Date('2026-01-01T00:00:00Z');
  const options = { client, component: 'test', now: () => now };
  const first = startEventRecorder(options);
  first.record(about, bound);
  await first.flush();
  now = new Date('2026-01-01T00:05:00Z');
  const second = startEventRecorder(options);
  second.record(about, bound);
  second.record(about, { ...bound, message: 'other' });
  await second.flush();
  const events = (await client.list({ apiVersion: 'v1', kind: 'Event' })).items;
  assert.deepEqual(
    events.map(({ count, firstTimestamp, lastTimestamp, message }) => ({
      count,
      firstTimestamp,
      lastTimestamp,
      message,
    })),
    [
      {
        count: 2,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:05:00Z',
        message: bound.message,
      },
      { count: 1, firstTimestamp: '2026-01-01T00:05:00Z', lastTimestamp: '2026-01-01T00:05:00Z', message: 'other' },
    ],
  );
  assert.deepEqual(events[0]?.involvedObject, {
    apiVersion: 'test.dev/v1',
    kind: 'Thing',
    name: 'a',
    namespace: 'n',
    uid: about.metadata.uid,
  });
  assert.equal(events[0]?.metadata.namespace, 'n');
});

test('events of cluster-scoped objects lie in default', async () => {
  const client = new MemoryClient();
  const recorder = startEventRecorder({ client, component: 'test' });
  recorder.record(thing('a'), bound);
  await recorder.flush();
  assert.equal((await client.list({ apiVersion: 'v1', kind: 'Event' })).items[0]?.metadata.namespace, 'default');
});

test('who says too much about one object is rationed; others are heard', async () => {
  const client = new MemoryClient();
  const recorder = startEventRecorder({ client, component: 'test', burst: 3, now: () => new Date(0) });
  for (let i = 0; i < 10; i++) recorder.record(thing('loud'), { ...bound, message: `message ${i}` });
  recorder.record(thing('quiet'), bound);
  await recorder.flush();
  const about = (await client.list({ apiVersion: 'v1', kind: 'Event' })).items.map(
    event => event.metadata.name.split('.')[0],
  );
  assert.deepEqual(about, ['loud', 'loud', 'loud', 'quiet']);
});

test('a server that refuses everything costs the event and nothing else', async () => {
  const client = new MemoryClient();
  client.before = () => {
    throw new Error('disk full');
  };
  const recorder = startEventRecorder({ client, component: 'test' });
  recorder.record(thing('a'), bound);
  await recorder.flush();
  client.before = () => {};
  recorder.record(thing('a'), bound);
  await recorder.flush();
  assert.equal((await client.list({ apiVersion: 'v1', kind: 'Event' })).items.length, 1);
});
