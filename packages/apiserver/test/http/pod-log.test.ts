/** `kubectl logs` over HTTPS: which wishes reach the plane, and which are refused as Kubernetes refuses them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PodLogOptions } from '../../src/index.ts';
import { startTestServer, type TestServer } from '../server/harness.ts';

const ended: (() => Promise<void>)[] = [];
const asked: PodLogOptions[] = [];
const faults: unknown[] = [];
let endless = 0;
let server: TestServer;
const pods = '/api/v1/namespaces/default/pods';

before(async () => {
  const t = { after: (end: unknown) => void ended.push(end as () => Promise<void>) };
  server = await startTestServer(t, {
    onError: error => void faults.push(error),
    podLogs: {
      async *read(_pod, options) {
        asked.push(options);
        if (options.follow) {
          endless++;
          try {
            while (!options.signal.aborted) yield await nextPiece();
          } finally {
            endless--;
          }
        } else yield 'a line\n';
      },
    },
  });
  const spec = { containers: [{ name: 'tool', image: 'x' }] };
  const made = await server.ask('POST', pods, {
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
  });
  assert.equal(made.code, 201, made.text);
});
after(async () => {
  for (const end of ended) await end();
});

const nextPiece = (): Promise<string> => new Promise(resolve => setImmediate(() => resolve('x'.repeat(60_000))));

test('wishes reach the plane', async () => {
  const query = 'container=tool&timestamps=true&tailLines=0&limitBytes=5&sinceTime=2026-01-01T00:00:00Z&previous=1';
  const answer = await server.ask('GET', `${pods}/p/log?${query}`);
  assert.deepEqual([answer.code, answer.text, answer.headers['content-type']], [200, 'a line\n', 'text/plain']);
  const { signal: _signal, ...wishes } = asked.at(-1) as PodLogOptions;
  assert.deepEqual(wishes, {
    ...{ container: 'tool', timestamps: true, tailLines: 0, limitBytes: 5, sinceTime: '2026-01-01T00:00:00Z' },
    ...{ previous: true, follow: false, sinceSeconds: undefined },
  });
});

const refusals: [string, number, RegExp][] = [
  ['tailLines=-1', 422, /tailLines: Invalid value: -1: must be greater than or equal to 0/],
  ['limitBytes=0', 422, /limitBytes: Invalid value: 0: must be greater than 0/],
  ['sinceSeconds=0', 422, /sinceSeconds: Invalid value: 0: must be greater than 0/],
  ['sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z', 422, /at most one of `sinceTime` or `sinceSeconds`/],
  ['sinceTime=yesterday', 400, /parsing time/],
  ['sinceTime=2026-13-45T99:00:00Z', 400, /parsing time/],
  ['container=other', 400, /container other is not valid for pod p/],
  ['tailLines=ten', 400, /ten/],
];
for (const [query, code, text] of refusals) {
  test(`${query} is refused`, async () => {
    const answer = await server.ask('GET', `${pods}/p/log?${query}`);
    assert.equal(answer.code, code, answer.text);
    assert.match((answer.body as { message: string }).message, text);
  });
}

test('a follower who leaves, or never reads, ends what it followed', async () => {
  const response = await server.open('GET', `${pods}/p/log?follow=true`);
  assert.equal(response.statusCode, 200);
  assert.equal(endless, 1);
  response.destroy();
  while (endless > 0) await new Promise(resolve => setImmediate(resolve));
  assert.deepEqual(faults, []);
});
