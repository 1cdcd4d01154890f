/**
 * What the storage process holds in memory, run as `make provision` runs it, from the bundle: empty, with 50 servers whose log it keeps,
 * while segments of all of them come at once, and afterwards: `npm run bench -- storage`.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { noLog } from '@larder/controller';
import { ensureBucket, keyFolder, newAccessKey } from '@larder/objectstore';
import {
  ACCOUNT,
  makeInstance,
  segment,
  segmentName,
  SYSTEM,
  type Instance,
} from '../packages/archive/test/wal/instance.ts';
import { openHome } from '../packages/local/src/home/home.ts';
import { stopOwnProcesses } from '../packages/local/src/lifecycle/stop.ts';
import { openPki } from '../packages/local/src/pki/pki.ts';
import { findLogState, writeOrder } from '../packages/local/src/storage/archives.ts';
import { keepStorage } from '../packages/local/src/storage/keep.ts';
import { findServingStorage, storagePlace } from '../packages/local/src/storage/place.ts';
import { cpuSeconds, residentMegabytes } from './lib/process.ts';

const SERVERS = Number(process.env.LARDER_BENCH_SERVERS ?? 50);
const SEGMENT = 16 * 2 ** 20;
const builder = new URL('../packages/cli/bin/bundle.js', import.meta.url).href;
const { ensureBundle } = (await import(builder)) as { ensureBundle: (at: string) => Promise<string | undefined> };
const bundle = await ensureBundle(fileURLToPath(new URL('..', import.meta.url)));
if (bundle !== undefined) process.env.LARDER_BUNDLE = bundle;

const undos: (() => unknown)[] = [];
const rows: Record<string, string | number>[] = [];
try {
  const home = openHome(await mkdtemp(join(tmpdir(), 'larder-bench-home-')));
  undos.push(() => rm(home.folder, { recursive: true, force: true }));
  const pki = await openPki(home);
  const place = storagePlace(home);
  const storage = await keepStorage({ home, pki, version: '1', log: noLog });
  undos.push(() => stopOwnProcesses(home));
  undos.push(() => storage.stop());
  const { pid } = findServingStorage(place)!;
  await delay(5_000);
  note('serving, no server', pid);
  const instances: Instance[] = [];
  for (let n = 0; n < SERVERS; n++) {
    const instance = await makeInstance();
    undos.push(() => instance.remove());
    instances.push(instance);
    const bucket = `pg-${n}`;
    await ensureBucket(place.buckets, bucket);
    const key = newAccessKey(bucket, 'archive');
    await keyFolder(place.keys).write(key);
    const { accessKeyId, secretAccessKey } = key;
    const at = { endpoint: storage.endpoint()!.url, region: 'us-east-1', bucket, prefix: '', serverName: bucket };
    const destination = { ...at, accessKeyId, secretAccessKey, ca: pki.caCertificate };
    const { folder } = instance;
    writeOrder(home, 'archives', { server: bucket, folder, ...ACCOUNT, systemIdentifier: SYSTEM, destination });
  }
  await delay(15_000);
  note(`${SERVERS} servers, nothing to archive yet`, pid);
  for (let round = 1; round <= 2; round++) {
    const name = segmentName(round);
    const content = segment(name, { bytes: SEGMENT });
    for (const instance of instances) await instance.finish(name, content);
    let peak = 0;
    const isDone = (n: number): boolean => findLogState(home, 'archives', `pg-${n}`)?.lastArchivedWal === name;
    // As long as it takes: what is measured is memory.
    while (!instances.every((_, n) => isDone(n))) {
      peak = Math.max(peak, residentMegabytes(pid));
      await delay(100);
    }
    note(`while ${SERVERS} segments come at once`, pid, peak);
    await delay(15_000);
    note('15 s later', pid);
  }
  console.table(rows);
  console.log(
    `From ${bundle ? 'the bundle' : 'the sources, since no bundle can be made'}; the goal is 150 MB with 50 servers.`,
  );
} finally {
  for (const undo of undos.reverse()) await undo();
}

function note(when: string, pid: number, megabytes = residentMegabytes(pid)): void {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const own = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  rows.push({
    when,
    'resident MB': Math.round(megabytes),
    'of it not files MB': Math.round(own / 1e6),
    'CPU s': cpuSeconds(pid).toFixed(1),
  });
}
