/** How watches and paged lists end and go on: too old, too slow, out of time, and resumed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { test, type TestContext } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { startTestServer, type TestServer } from '../server/harness.ts';
import { startLives } from './lives.ts';

const base = '/api/v1/namespaces/default/configmaps';
const full = process.env['LARDER_FULL'] === '1';

interface Told {
  type: string;
  object: { code?: number; message?: string; metadata: { name?: string; resourceVersion?: string } };
}

interface ListOf {
  code?: number;
  reason?: string;
  message?: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: { metadata: { name: string; resourceVersion: string } }[];
}

const configMap = (name: string, data: Record<string, string> = {}) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap' },
  metadata: { name },
  data,
});

async function make(server: TestServer, names: string[]): Promise<void> {
  for (const name of names) {
    assert.equal((await server.ask('POST', base, { body: configMap(name) })).code, 201);
  }
}

const touch = (server: TestServer, name: string, value: number) =>
  server.ask('PUT', `${base}/${name}`, { body: configMap(name, { value: String(value) }) });

async function* events(response: IncomingMessage): AsyncGenerator<Told> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Told;
  }
}

async function collect(response: IncomingMessage): Promise<Told[]> {
  const all: Told[] = [];
  for await (const event of events(response)) all.push(event);
  return all;
}

test('a watch of few objects among many writes is told how far it is, and can resume from there', async t => {
  const server = await startTestServer(t);
  await make(server, ['quiet', 'busy']);
  const start = Number(((await server.ask('GET', base)).body as ListOf).metadata.resourceVersion);
  const stop = new AbortController();
  const writing = (async () => {
    for (let value = 0; !stop.signal.aborted; value++) await touch(server, 'busy', value);
  })();
  let told: Told | undefined;
  for (let attempt = 0; attempt < 10 && told === undefined; attempt++) {
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=4&resourceVersion=${start}`;
    const all = await collect(await server.open('GET', `${base}?${query}&fieldSelector=metadata.name%3Dquiet`));
    assert.deepEqual(
      [...new Set(all.map(({ type }) => type))].filter(type => type !== 'BOOKMARK'),
      [],
    );
    told = all.at(-1);
  }
  stop.abort();
  await writing;
  assert.ok(Number(told?.object.metadata.resourceVersion) > start, 'no bookmark came');
});

test('the longest time that a watch may ask for is no short one', async t => {
  const server = await startTestServer(t);
  const response = await server.open(
    'GET',
    `${base}?watch=1&timeoutSeconds=99999999999&fieldSelector=metadata.name%3Dlate`,
  );
  // Several turns of the server: one that ends at once has ended by then.
  await make(server, ['some', 'late']);
  const first = await events(response).next();
  assert.equal((first.value as Told | undefined)?.object.metadata.name, 'late');
  response.destroy();
});

test('a watch without time left ends cleanly, with nothing half', async t => {
  const server = await startTestServer(t);
  await make(server, ['one']);
  const all = await collect(await server.open('GET', `${base}?watch=1&timeoutSeconds=1`));
  assert.ok(all.some(({ object }) => object.metadata.name === 'one'));
});

test('a watch from a version that is no longer kept is answered 410, and so is one that falls behind', async t => {
  const server = await startTestServer(t, { keep: { keepEvents: 10, memory: { events: 5, bytes: 1e6 } } });
  await make(server, ['one']);
  const old = ((await server.ask('GET', `${base}/one`)).body as { metadata: { resourceVersion: string } }).metadata;
  while (server.store.compactedRevision <= Number(old.resourceVersion)) await touch(server, 'one', Math.random());
  const late = await server.ask('GET', `${base}?watch=1&resourceVersion=${old.resourceVersion}`);
  const { code, reason, message } = late.body as ListOf;
  assert.deepEqual([late.code, code, reason], [410, 410, 'Expired']);
  assert.match(message ?? '', /^too old resource version: \d+ \(\d+\)$/);
  const future = await server.ask('GET', `${base}?watch=1&resourceVersion=${server.store.revision + 1000}`);
  assert.equal(future.code, 410);
  const again = (await server.ask('GET', base)).body as ListOf;
  const resumed = await server.open('GET', `${base}?watch=1&resourceVersion=${again.metadata.resourceVersion}`);
  await touch(server, 'one', -1);
  assert.equal(((await events(resumed).next()).value as Told).type, 'MODIFIED');
  resumed.destroy();
});

test('a page of a list that is no longer kept is answered 410, with a token that goes on with what is there now', async t => {
  const clock = { now: Date.now() };
  const server = await startTestServer(t, { now: () => new Date(clock.now) });
  await make(server, ['a', 'b', 'c', 'd']);
  const first = (await server.ask('GET', `${base}?limit=2`)).body as ListOf;
  assert.deepEqual(
    first.items.map(({ metadata }) => metadata.name),
    ['a', 'b'],
  );
  await server.ask('DELETE', `${base}/c`);
  clock.now += 10 * 60_000;
  const late = await server.ask('GET', `${base}?limit=2&continue=${first.metadata.continue}`);
  const { reason, message, metadata } = late.body as ListOf;
  assert.deepEqual([late.code, reason], [410, 'Expired']);
  assert.match(message ?? '', /continue parameter is too old/);
  const rest = (await server.ask('GET', `${base}?limit=2&continue=${metadata.continue}`)).body as ListOf;
  assert.deepEqual(
    rest.items.map(({ metadata: { name } }) => name),
    ['d', 'kube-root-ca.crt'].slice(0, rest.items.length),
  );
});

test('a token for the next page of another life of the server is answered 410', async t => {
  const lives = await startLives(t);
  for (const name of ['a', 'b', 'c']) await lives.ask({ method: 'POST', path: base, body: configMap(name) });
  const first = await lives.ask<ListOf>({ method: 'GET', path: `${base}?limit=1` });
  await lives.ask({ method: 'POST', path: base, body: configMap('d') });
  await lives.kill();
  await lives.begin();
  const late = await lives.ask<ListOf>({
    method: 'GET',
    path: `${base}?limit=1&continue=${first.body.metadata.continue}`,
  });
  assert.equal(late.code, 410);
});

const eventBytes = 200_000;
const stalled = 40;

test(
  `watchers that don't read cost nothing${full ? ', are ended, and can resume' : ''}`,
  { timeout: 180_000 },
  async t => {
    const lives = await startLives(t, { memory: { events: 50, bytes: 4e6 } });
    await lives.ask({ method: 'POST', path: base, body: configMap('big') });
    const sockets = await Promise.all(Array.from({ length: stalled }, () => deafWatcher(t, lives)));
    const before = lives.residentBytes();
    const rounds = full ? 150 : 100;
    for (let round = 0; round < rounds; round++) {
      const body = configMap('big', { value: `${round} `.padEnd(eventBytes, 'x') });
      assert.equal((await lives.ask({ method: 'PUT', path: `${base}/big`, body })).code, 200);
    }
    const grown = lives.residentBytes() - before;
    t.diagnostic(
      `${stalled} deaf watchers of ${(rounds * eventBytes) / 1e6} MB each; the server grew by ${Math.round(grown / 1e6)} MB`,
    );
    assert.ok(grown < (stalled * rounds * eventBytes) / 2, `the server grew by ${grown} bytes`);
    if (!full) return;
    const [socket] = sockets as [TLSSocket];
    const seen = await drain(socket);
    const last = seen.at(-1)?.object.metadata.resourceVersion ?? '0';
    const resumed = await lives.open({
      method: 'GET',
      path: `${base}?watch=1&resourceVersion=${last}&timeoutSeconds=5`,
    });
    assert.equal(resumed.statusCode, 200);
    const rest = await collect(resumed);
    const versions = [...seen, ...rest].map(({ object }) => Number(object.metadata.resourceVersion));
    assert.deepEqual(
      versions,
      [...new Set(versions)].sort((one, other) => one - other),
    );
    assert.ok(rest.length > 0 && versions.length >= rounds, `${versions.length} events came`);
  },
);

/** Asks for a watch and never reads. */
async function deafWatcher(t: TestContext, lives: Awaited<ReturnType<typeof startLives>>): Promise<TLSSocket> {
  const socket = connect(await lives.address());
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.pause();
  socket.write(`GET ${base}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

/** Reads, once the server has given up, what had been sent before. */
async function drain(socket: TLSSocket): Promise<Told[]> {
  // The server gives up after half a minute without a byte taken; what lies in between is still delivered.
  await new Promise(resolve => setTimeout(resolve, 45_000));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  await once(socket, 'close');
  const text = Buffer.concat(chunks).toString();
  // Chunked: sizes stand between; each whole event is on a line of its own.
  return text.split('\n').flatMap(line => (/^\{.*\}\r?$/.test(line) ? [JSON.parse(line) as Told] : []));
}

test('events are forgotten after an hour, also for those who watch', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const clock = { now: Date.now() };
  const server = await startTestServer(t, { now: () => new Date(clock.now) });
  const path = '/api/v1/namespaces/default/events';
  const event = (name: string) => ({
    ...{ apiVersion: 'v1', kind: 'Event', metadata: { name }, reason: 'Tested', type: 'Normal', message: name },
    involvedObject: { kind: 'ConfigMap', name: 'x', namespace: 'default' },
    lastTimestamp: new Date(clock.now).toISOString().replace(/\.\d+/, ''),
  });
  assert.equal((await server.ask('POST', path, { body: event('old') })).code, 201);
  clock.now += 50 * 60_000;
  assert.equal((await server.ask('POST', path, { body: event('young') })).code, 201);
  const watched = await server.open('GET', `${path}?watch=1`);
  clock.now += 11 * 60_000;
  t.mock.timers.tick(60_000);
  for await (const { type, object } of events(watched)) {
    if (type !== 'DELETED') continue;
    assert.equal(object.metadata.name, 'old');
    break;
  }
  const left = (await server.ask('GET', path)).body as ListOf;
  assert.deepEqual(
    left.items.map(({ metadata }) => metadata.name),
    ['young'],
  );
});
