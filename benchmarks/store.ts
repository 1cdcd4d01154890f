/** The store beside its floor: bare SQLite doing the same fsyncs. `npx tsx benchmarks/store.ts`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '@larder/kube';
import { openStore, type Change, type StoreKey } from '../packages/apiserver/src/store/index.ts';
import { openSqlite } from '../packages/apiserver/src/store/sqlite.ts';

const folder = await mkdtemp(join(tmpdir(), 'larder-bench-store-'));
const rows: { what: string; figure: string }[] = [];
try {
  await measureFloor();
  await measureStore();
  console.table(rows);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measureFloor(): Promise<void> {
  const db = openSqlite(join(folder, 'floor.db'));
  await db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT)',
  );
  const [begin, insert] = [await db.prepare('BEGIN IMMEDIATE'), await db.prepare('INSERT INTO t (value) VALUES (?)')];
  const text = JSON.stringify(valueOf(keyOf(0)));
  await eachAfterTheOther('floor: one SQLite insert after another', async () => {
    begin.run([]);
    insert.run([text]);
    await db.exec('COMMIT');
  });
  db.close();
}

async function measureStore(): Promise<void> {
  const before = process.memoryUsage().rss;
  const store = await openStore({ folder: join(folder, 'store') });
  await eachAfterTheOther('one commit after another', async at => void (await store.commit([put(at % 100)])));
  await atOnce('2,000 commits at once', 2_000, async at => void (await store.commit([put(at)])));
  await eachAfterTheOther('list of 2,000', async () => void store.list('configmaps'));
  const stop = new AbortController();
  const watchers = Array.from({ length: 50 }, async () => {
    let seen = 0;
    for await (const item of store.watch('configmaps', { since: store.revision, signal: stop.signal })) {
      if (item.type !== 'progress' && ++seen === 200) return;
    }
  });
  const start = performance.now();
  for (let at = 0; at < 200; at++) await store.commit([put(at)]);
  await Promise.all(watchers);
  rows.push({ what: '200 commits seen by 50 watchers', figure: `${(performance.now() - start).toFixed(0)} ms` });
  stop.abort();
  rows.push({
    what: 'resident memory added',
    figure: `${((process.memoryUsage().rss - before) / 2 ** 20).toFixed(0)} MB`,
  });
  await store.close();
  await atOnce('open with 2,000 objects, all proven', 1, async () =>
    (await openStore({ folder: join(folder, 'store') })).close(),
  );
}

async function eachAfterTheOther(what: string, work: (at: number) => Promise<void>): Promise<void> {
  const times: number[] = [];
  for (let at = 0; at < 300; at++) {
    const start = performance.now();
    await work(at);
    times.push(performance.now() - start);
  }
  times.sort((one, other) => one - other);
  const [median, slow] = [times[150] ?? 0, times[297] ?? 0];
  rows.push({ what, figure: `p50 ${median.toFixed(2)} ms, p99 ${slow.toFixed(2)} ms` });
}

async function atOnce(what: string, count: number, work: (at: number) => Promise<void>): Promise<void> {
  const start = performance.now();
  await Promise.all(Array.from({ length: count }, (_, at) => work(at)));
  rows.push({ what, figure: `${(performance.now() - start).toFixed(0)} ms` });
}

function put(at: number): Change {
  return { do: 'put', key: keyOf(at), value: valueOf(keyOf(at)) };
}

function keyOf(at: number): StoreKey {
  return { resource: 'configmaps', namespace: 'default', name: `object-${at}` };
}

function valueOf({ name, namespace }: StoreKey): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { text: 'x'.repeat(3_000) } };
}
