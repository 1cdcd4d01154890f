/**
 * The API server beside a real kube-apiserver with etcd, both durable, asked by the same client: `npm run bench -- api`. The two take
 * turns at every kind of request, so that what else the machine does hits both; each is warm before it counts.
 */
import { hasKubeApiserver, startKubeApiserver } from '../hack/kube-apiserver/start.ts';
import { startTemporaryPlane } from '../hack/temporary-plane.ts';
import { openConnection } from './lib/connection.ts';
import type { Connection } from './lib/connection.ts';
import { cpuSeconds, residentMegabytes } from './lib/process.ts';
import { distribution, printTable, short } from './lib/report.ts';

const OBJECTS = 1_000;
const ROUNDS = Number(process.env.LARDER_BENCH_ROUNDS ?? 4);
const WARM = 500;
const WATCHERS = 50;
const IN_FLIGHT = 16;

interface Subject {
  connection: Connection;
  pids: number[];
  results: Map<string, { samples: number[]; ms: number; cpuMs: number; events: number }>;
}

function subject(kubeconfig: string, pids: number[]): Subject {
  return { connection: openConnection(kubeconfig), pids, results: new Map() };
}

/** Until both have compiled, cached and settled what they will, in a namespace of its own. */
async function warm({ connection }: Subject): Promise<void> {
  for (const name of ['warm', ...Array.from({ length: ROUNDS }, (_, round) => `bench-${round}`)]) {
    await connection.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const path = pathIn('warm');
  await each(WARM, index => connection.send('POST', path, configMap(index, 'warm')));
  await each(WARM, index => connection.send('PUT', `${path}/note-${index}`, configMap(index, 'warmer')));
  await each(WARM, index => connection.send('GET', `${path}/note-${index}`));
  await each(10, () => connection.send('GET', path), 2);
  await each(WARM, index => connection.send('DELETE', `${path}/note-${index}`));
}

type Samples = { samples: number[]; events: number };

/** Every kind of request: the lists have 1,000 objects, the others are done to each of them. */
const requests: Record<string, (connection: Connection, round: number) => Promise<Samples>> = {
  create: (connection, round) =>
    each(OBJECTS, index => connection.send('POST', pathIn(`bench-${round}`), configMap(index, 'first'))),
  get: (connection, round) => each(OBJECTS, index => connection.send('GET', objectPath(round, index))),
  update: (connection, round) =>
    each(OBJECTS, index => connection.send('PUT', objectPath(round, index), configMap(index, 'second'))),
  [`list of ${OBJECTS}`]: (connection, round) => each(20, () => connection.send('GET', pathIn(`bench-${round}`)), 2),
  [`watch event to ${WATCHERS}`]: fanOut,
  delete: (connection, round) => each(OBJECTS, index => connection.send('DELETE', objectPath(round, index))),
};

/** Each begins as often as the other. */
async function takeTurns(subjects: Subject[], round: number): Promise<void> {
  const order = round % 2 === 0 ? subjects : [...subjects].reverse();
  for (const [what, work] of Object.entries(requests)) {
    for (const each of order) await measured(each, what, () => work(each.connection, round));
  }
}

async function measured(subject: Subject, what: string, work: () => Promise<Samples>): Promise<void> {
  const cpu = (): number => subject.pids.reduce((sum, pid) => sum + cpuSeconds(pid) * 1000, 0);
  const [start, before] = [performance.now(), cpu()];
  const { samples, events } = await work();
  const so = subject.results.get(what) ?? { samples: [], ms: 0, cpuMs: 0, events: 0 };
  so.samples.push(...samples);
  so.ms += performance.now() - start;
  so.cpuMs += cpu() - before;
  so.events += events;
  subject.results.set(what, so);
}

async function each(count: number, work: (index: number) => Promise<unknown>, inFlight = IN_FLIGHT): Promise<Samples> {
  const samples: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const began = performance.now();
      await work(index);
      samples.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { samples, events: count };
}

/** From the answer of a write to its event at each of the watchers, one write at a time. */
async function fanOut(connection: Connection, round: number): Promise<Samples> {
  const path = pathIn(`bench-${round}`);
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => connection.watch(path)));
  const samples: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const began = performance.now();
    const seen = Promise.all(watchers.map(watcher => watcher.next(`"round":"${turn}"`)));
    await connection.send('PUT', `${path}/note-0`, configMap(0, 'third', String(turn)));
    await seen;
    samples.push(performance.now() - began);
  }
  watchers.forEach(watcher => watcher.close());
  return { samples, events: samples.length * WATCHERS };
}

function report([ours, theirs]: Subject[]): void {
  if (!ours) return;
  const rows = [...ours.results].map(([what, our]) => {
    const their = theirs?.results.get(what);
    const [perSecond, theirPerSecond] = [our, their].map(one => (one ? (one.events * 1000) / one.ms : NaN));
    const figures = (one: typeof our | undefined): string[] => {
      if (!one) return ['-', '-', '-', '-'];
      const { p50, p99 } = distribution(one.samples);
      return [(one.events * 1000) / one.ms, p50, p99, one.cpuMs / one.events].map(short);
    };
    const [us, them] = [figures(our), figures(their)];
    return {
      what,
      'larder /s': us[0] ?? '',
      p50: us[1] ?? '',
      p99: us[2] ?? '',
      'CPU ms': us[3] ?? '',
      'kube-apiserver /s': them[0] ?? '',
      'p50 ms': them[1] ?? '',
      'p99 ms': them[2] ?? '',
      'CPU ms each': them[3] ?? '',
      'ratio /s': their ? short((perSecond ?? NaN) / (theirPerSecond ?? NaN)) : '-',
      'ratio CPU': their ? short(our.cpuMs / our.events / (their.cpuMs / their.events)) : '-',
    };
  });
  printTable(rows);
  const memory = ({ pids }: Subject): string => short(pids.map(residentMegabytes).reduce((a, b) => a + b, 0));
  console.log(
    `resident afterwards: larder ${memory(ours)} MB${theirs ? `, kube-apiserver and etcd ${memory(theirs)} MB` : ''}`,
  );
}

function pathIn(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

function objectPath(round: number, index: number): string {
  return `${pathIn(`bench-${round}`)}/note-${index}`;
}

function configMap(index: number, text: string, round = '') {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `note-${index}`, labels: { round: String(index % 10) } },
    data: { text: text.repeat(100), round },
  };
}

const larder = await startTemporaryPlane();
const judge = hasKubeApiserver() ? await startKubeApiserver() : undefined;
if (!judge) console.log('kube-apiserver is not here (hack/tools/install.sh kube-apiserver etcd): Larder alone');
const subjects = [subject(larder.kubeconfig, [larder.pid]), ...(judge ? [subject(judge.kubeconfig, judge.pids)] : [])];
try {
  for (const each of subjects) await warm(each);
  for (let round = 0; round < ROUNDS; round++) await takeTurns(subjects, round);
  report(subjects);
} finally {
  for (const each of subjects) each.connection.close();
  await judge?.stop();
  await larder.stop();
}
