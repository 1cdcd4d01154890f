/**
 * Watch promises over HTTPS, by recorded histories: writers and watchers note down all they are told while the server's process is killed
 * again and again and started on the same folder; then the folder itself says what happened, and the judge compares.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openStore, type Store } from '../../src/index.ts';
import { checkHistory, type Write } from '../store/check-history.ts';
import { chanceOf, seedOf } from '../store/fixtures.ts';
import { startLives, type Lives } from './lives.ts';
import { namespaces, noteOf, record, runWatcher, runWriter, type HttpRecording, type Scope } from './record-watches.ts';

const isFull = process.env['LARDER_FULL'] === '1';
const lifetimes = isFull ? 40 : 3;
/** At most so many answered writes in a life. */
const longest = 120;
/** On a busy machine a life takes many seconds: after so long no new one begins, and those that were are judged. */
const enoughMs = 6 * 60_000;
/** Fewer prove nothing. */
const fewestLifetimes = isFull ? 10 : lifetimes;

const of = (prefix: string) => (key: string) => key.startsWith(prefix) && !key.includes('kube-');
const ends = (prefix: string, end: RegExp) => (key: string) => key.startsWith(prefix) && end.test(key);
const scopes: Scope[] = [
  { resource: 'configmaps', covers: of('configmaps/') },
  { resource: 'secrets', covers: of('secrets/') },
  { resource: 'configmaps', namespace: 'one', covers: of('configmaps/one/') },
  { resource: 'secrets', namespace: 'two', covers: of('secrets/two/') },
  { resource: 'configmaps', query: 'labelSelector=side%3Deven', covers: ends('configmaps/', /n[024]$/) },
  {
    resource: 'secrets',
    namespace: 'one',
    query: 'labelSelector=side!%3Deven',
    covers: ends('secrets/one/', /n[135]$/),
  },
  { resource: 'configmaps', query: 'fieldSelector=metadata.name%3Dn3', covers: ends('configmaps/', /n3$/) },
];

describe('watches over HTTPS', () => {
  const seed = seedOf();
  it(
    `are ordered, unique, complete and resumable while the server is killed up to ${lifetimes} times (LARDER_SEED=${seed})`,
    { timeout: lifetimes * 60_000 + 60_000 },
    async test => {
      const chance = chanceOf(seed);
      const lives = await startLives(test);
      const recording = await recordLives(lives, chance);
      await lives.kill();
      const happened = await readFolder(lives.folder);
      test.diagnostic(
        `${happened.length} writes, ${recording.told.length} answered, ${recording.broken} broken connections, ` +
          `${recording.bookmarks} bookmarks, ${recording.watchers.flatMap(({ seen }) => seen).length} events seen`,
      );
      assert.deepEqual(recording.complaints, []);
      assert.deepEqual(missing(recording.told, happened), []);
      assert.deepEqual(checkHistory({ writes: happened, watchers: recording.watchers }), []);
      assert.ok(recording.broken > 0 && recording.told.length > fewestLifetimes);
    },
  );
});

async function recordLives(lives: Lives, chance: (below: number) => number): Promise<HttpRecording> {
  for (const name of namespaces) {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    assert.equal((await lives.ask({ method: 'POST', path: '/api/v1/namespaces', body })).code, 201);
  }
  const recording = record();
  const stop = new AbortController();
  let last: number | undefined;
  const writers = Array.from({ length: 4 }, (_, at) =>
    runWriter(lives, { who: `writer ${at}`, chance, recording, stop: stop.signal }),
  );
  const watchers = Array.from({ length: 10 }, (_, at) => {
    const scope = scopes[at % scopes.length] as Scope;
    return runWatcher(lives, { who: `watcher ${at}`, scope, chance, recording, last: () => last });
  });
  const dying = (async () => {
    const began = performance.now();
    for (let life = 1; life < lifetimes; life++) {
      if (life >= fewestLifetimes && performance.now() - began > enoughMs) break;
      if (isFull && life % 5 === 0) console.log(`life ${life}: ${recording.told.length} writes were answered`);
      await answered(recording, 1 + chance(longest));
      await lives.kill();
      await lives.begin();
    }
    await answered(recording, longest);
    stop.abort();
    await Promise.all(writers);
    last = await finish(lives);
  })();
  await Promise.all([dying, ...watchers, ...writers]);
  return recording;
}

/** Resolves when so many more writes were answered. */
async function answered({ told }: HttpRecording, more: number): Promise<void> {
  for (const enough = told.length + more; told.length < enough;) await pause(2);
}

const kinds = { configmaps: 'ConfigMap', secrets: 'Secret' } as const;

/** One last write that each scope covers, so that every watcher sees that it is at the end. Returns the first one's revision. */
async function finish(lives: Lives): Promise<number> {
  const revisions: number[] = [];
  const everywhere = (['configmaps', 'secrets'] as const).flatMap(resource =>
    namespaces.flatMap(namespace => ['n2', 'n3'].map(name => ({ resource, namespace, name }))),
  );
  for (const { resource, namespace, name } of everywhere) {
    const path = `/api/v1/namespaces/${namespace}/${resource}/${name}?fieldManager=end&force=true`;
    const metadata = { name, labels: { side: name === 'n2' ? 'even' : 'odd' }, annotations: { note: 'end' } };
    const body = { apiVersion: 'v1', kind: kinds[resource], metadata };
    const type = 'application/apply-patch+yaml';
    const done = await lives.ask<{ metadata: { resourceVersion: string } }>({ method: 'PATCH', path, body, type });
    assert.ok(done.code < 300, JSON.stringify(done.body));
    revisions.push(Number(done.body.metadata.resourceVersion));
  }
  return Math.min(...revisions);
}

type Happened = Write & { uid: string };

/** All that happened to ConfigMaps and Secrets of our namespaces, as the store itself has it. */
async function readFolder(folder: string): Promise<Happened[]> {
  const store = await openStore({ folder, keepEvents: 1e9 });
  try {
    return [...(await readEvents(store, 'configmaps')), ...(await readEvents(store, 'secrets'))];
  } finally {
    await store.close();
  }
}

async function readEvents(store: Store, resource: string): Promise<Happened[]> {
  const writes: Happened[] = [];
  for await (const item of store.watch(resource, { since: 0, progressEveryMs: 1 })) {
    if (item.type === 'progress') break;
    const { type, revision, key, value } = item;
    if (!namespaces.includes(key.namespace) || key.name.startsWith('kube-')) continue;
    const content = type === 'put' ? { content: noteOf(value) } : {};
    const spelled = `${resource}/${key.namespace}/${key.name}`;
    writes.push({ type, revision, key: spelled, ...content, uid: value.metadata.uid ?? '' });
  }
  return writes;
}

/** What was answered and didn't happen. */
function missing(told: HttpRecording['told'], happened: Happened[]): string[] {
  const spelled = ({ type, revision, key, content = '', uid }: Happened): string =>
    type === 'delete' ? `delete ${key} ${uid}` : `put ${key} ${content} at ${revision}`;
  const there = new Set(happened.map(spelled));
  return told.map(spelled).filter(text => !there.has(text));
}
