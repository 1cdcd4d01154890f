/**
 * Measuring: one instance beside the real postgres_exporter on the same server, taking turns; and 50 targets in the monitor process as
 * `make provision` runs it: `npm run bench -- metrics`. The exporter comes from `hack/tools/install.sh postgres_exporter`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { noLog } from '@larder/controller';
import { Exposition, measureProcesses, valueOf } from '@larder/monitor';
import { observeProcess } from '@larder/postgres';
import { findText } from '../packages/local/src/home/files.ts';
import { openHome } from '../packages/local/src/home/home.ts';
import { stopOwnProcesses } from '../packages/local/src/lifecycle/stop.ts';
import { keepMonitor } from '../packages/local/src/monitor/keep.ts';
import { findServingMonitor, metricsUrl, monitorPlace } from '../packages/local/src/monitor/place.ts';
import { writeTarget } from '../packages/local/src/monitor/targets.ts';
import { openPki } from '../packages/local/src/pki/pki.ts';
import { makeMeasuring, PASSWORD, postmasterOf, type Measuring } from '../packages/monitor/test/rig.ts';
import { freePort } from '../packages/postgres/test/machine.ts';
import { cpuSeconds, residentMegabytes } from './lib/process.ts';

const ROUNDS = Number(process.env.LARDER_BENCH_ROUNDS ?? 100);
const TARGETS = Number(process.env.LARDER_BENCH_INSTANCES ?? 50);
/** Several targets have one server: what is measured here is what measures. */
const SERVERS = Math.min(5, TARGETS);
const builder = new URL('../packages/cli/bin/bundle.js', import.meta.url).href;
const { ensureBundle } = (await import(builder)) as { ensureBundle: (at: string) => Promise<string | undefined> };

const undos: (() => unknown)[] = [];
const scope = { defer: (undo: () => unknown): void => void undos.push(undo) };
try {
  const rig = (await makeMeasuring(scope))!;
  await rig.sql('CREATE DATABASE app');
  await rig.sql(
    `DO $$ BEGIN FOR n IN 1..20 LOOP EXECUTE 'CREATE TABLE public.t' || n || ' AS SELECT g AS id FROM generate_series(1, 1000) g'; END LOOP; END $$`,
    'app',
  );
  console.table(await beside(rig));
  console.table(await many([rig]));
} finally {
  for (const undo of undos.reverse()) await undo();
}

interface Contender {
  scrape(): Promise<number>;
  cpu(): number;
}

async function beside(rig: Measuring): Promise<Record<string, unknown>[]> {
  const pid = await postmasterOf(rig.server);
  const { startTicks } = observeProcess(pid)!;
  const serverCpu = (): number => valueOf(measureProcesses({ pid, startTicks }, 0), 'process_cpu_seconds_total') ?? 0;
  const exposition = new Exposition();
  const own: Contender = {
    scrape: async () => {
      const { parts, settingsHelp } = await rig.monitor.turn();
      return exposition.page([{ identity: { namespace: 'a', claim: 'b' }, parts: parts.values() }], settingsHelp)
        .length;
    },
    cpu: () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  };
  const contenders: Record<string, Contender | undefined> = { larder: own, postgres_exporter: await exporterOf(rig) };
  const totals = new Map<string, { times: number[]; server: number; own: number; bytes: number }>();
  for (const name of Object.keys(contenders)) totals.set(name, { times: [], server: 0, own: 0, bytes: 0 });
  // A tick of the kernel's clock is 10 ms: a turn is many scrapes long.
  const turn = Math.max(1, Math.floor(ROUNDS / 5));
  for (let round = 0; round < 5; round++)
    for (const [name, contender] of Object.entries(contenders)) {
      const total = totals.get(name)!;
      if (!contender) continue;
      await contender.scrape();
      const [server, before] = [serverCpu(), contender.cpu()];
      for (let n = 0; n < turn; n++) {
        const began = performance.now();
        total.bytes = await contender.scrape();
        total.times.push(performance.now() - began);
      }
      total.server += serverCpu() - server;
      total.own += contender.cpu() - before;
    }
  return [...totals].flatMap(([name, { times, server, own: cpu, bytes }]): Record<string, unknown>[] => {
    if (times.length === 0) return [{ name, note: 'not here: hack/tools/install.sh postgres_exporter' }];
    const sorted = times.sort((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(1);
    const each = (seconds: number): string => ((seconds * 1000) / times.length).toFixed(2);
    return [
      { name, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'server CPU ms': each(server), 'own CPU ms': each(cpu), bytes },
    ];
  });
}

async function exporterOf({ server }: Measuring): Promise<Contender | undefined> {
  const tools =
    process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools');
  const program = join(tools, 'bin/postgres_exporter');
  if (!existsSync(program)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'larder-bench-exporter-'));
  undos.push(() => rm(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'ca.crt'), server.ca);
  const port = await freePort();
  const child = spawn(program, [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], {
    stdio: 'ignore',
    env: {
      DATA_SOURCE_URI: `localhost:${server.port}/app?sslmode=verify-full&sslrootcert=${join(folder, 'ca.crt')}`,
      DATA_SOURCE_USER: 'measures',
      DATA_SOURCE_PASS: PASSWORD,
    },
  });
  undos.push(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const scrape = async (): Promise<number> => (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).length;
  for (const deadline = performance.now() + 30_000; ; await delay(100)) {
    const bytes = await scrape().catch(() => 0);
    if (bytes > 10_000) break;
    if (performance.now() > deadline) throw new Error('postgres_exporter does not serve');
  }
  return { scrape, cpu: () => cpuSeconds(child.pid!) };
}

async function many(rigs: Measuring[]): Promise<Record<string, unknown>[]> {
  while (rigs.length < SERVERS) rigs.push((await makeMeasuring(scope))!);
  for (const each of rigs) await each.sql('ALTER ROLE measures CONNECTION LIMIT -1');
  const home = openHome(await mkdtemp(join(tmpdir(), 'larder-bench-home-')));
  undos.push(() => rm(home.folder, { recursive: true, force: true }));
  const pki = await openPki(home);
  const place = monitorPlace(home);
  for (let n = 0; n < TARGETS; n++) {
    const { server } = rigs[n % SERVERS]!;
    const { pid, startTicks, bootId } = observeProcess(await postmasterOf(server))!;
    writeTarget(place, {
      ...{ server: `server-${n}`, namespace: 'bench', claim: `claim-${n}`, token: `t${n}`, database: 'app' },
      endpoint: { socketFolder: server.socketFolder, port: server.port },
      login: { user: 'measures', password: PASSWORD },
      process: { pid, startTicks, bootId },
      facts: { at: 1, ready: true, alerts: false, pendingChanges: 0, maintenance: false, backups: false },
    });
  }
  const bundle = await ensureBundle(fileURLToPath(new URL('..', import.meta.url)));
  if (bundle !== undefined) process.env.LARDER_BUNDLE = bundle;
  const kept = keepMonitor({ home, pki, version: '1', log: noLog });
  undos.push(() => stopOwnProcesses(home));
  undos.push(() => kept.stop());
  while (findServingMonitor(place) === undefined) await delay(100);
  const { pid, port } = findServingMonitor(place)!;
  const token = findText(place.token)!.trim();
  const scrape = (): Promise<number> => bytesOf(metricsUrl(port), { ca: pki.caCertificate, token });
  await delay(Number(process.env.LARDER_BENCH_WARM_MS ?? 40_000));
  const times: number[] = [];
  const before = cpuSeconds(pid);
  const began = performance.now();
  let bytes = 0;
  for (let n = 0; n < 4; n++) {
    const start = performance.now();
    bytes = await scrape();
    times.push(performance.now() - start);
    await delay(15_000);
  }
  const share = ((cpuSeconds(pid) - before) / ((performance.now() - began) / 1000)) * 100;
  return [
    {
      what: `scrape of ${TARGETS}`,
      value: `${Math.max(...times).toFixed(0)} ms at most, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
    },
    { what: 'CPU of the monitor at a turn and a scrape each 15 s', value: `${share.toFixed(2)} % of a core` },
    { what: 'its memory', value: `${residentMegabytes(pid).toFixed(0)} MB` },
  ];
}

function bytesOf(url: string, { ca, token }: { ca: string; token: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca, agent: false, headers: { authorization: `Bearer ${token}` } }, response => {
      let bytes = 0;
      response.on('data', (part: Buffer) => (bytes += part.length));
      response.on('end', () => resolve(bytes));
    });
    asked.on('error', reject);
    asked.end();
  });
}
