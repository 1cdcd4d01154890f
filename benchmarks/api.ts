/** The API server beside a real kube-apiserver with etcd, both durable, asked by the same client: `npm run bench -- api`. */
import { hasKubeApiserver, startKubeApiserver } from '../hack/kube-apiserver/start.ts';
import { startTemporaryPlane } from '../hack/temporary-plane.ts';
import { openConnection } from './lib/connection.ts';
import type { Connection } from './lib/connection.ts';
import { residentMegabytes } from './lib/process.ts';
import { distribution, printTable, short } from './lib/report.ts';

const OBJECTS = 1_000;
const WATCHERS = 50;
const IN_FLIGHT = 16;
const PATH = '/api/v1/namespaces/bench/configmaps';

type Figures = Record<string, { perSecond: number; p50: number; p99: number }>;

const larder = await startTemporaryPlane();
const ours = await measure(larder.kubeconfig);
const ourMemory = residentMegabytes(larder.pid);
await larder.stop();

let theirs: Figures | undefined;
let theirMemory = 0;
if (hasKubeApiserver()) {
  const judge = await startKubeApiserver();
  theirs = await measure(judge.kubeconfig);
  theirMemory = judge.pids.map(residentMegabytes).reduce((a, b) => a + b, 0);
  await judge.stop();
} else {
  console.log('kube-apiserver is not here (hack/tools/install.sh kube-apiserver etcd): Larder alone');
}

printTable(
  Object.entries(ours).map(([what, our]) => {
    const their = theirs?.[what];
    return {
      what,
      'larder /s': short(our.perSecond),
      p50: short(our.p50),
      p99: short(our.p99),
      'kube-apiserver /s': their ? short(their.perSecond) : '-',
      'p50 ms': their ? short(their.p50) : '-',
      'p99 ms': their ? short(their.p99) : '-',
      'ratio /s': their ? short(our.perSecond / their.perSecond) : '-',
    };
  }),
);
console.log(
  `resident: larder ${short(ourMemory)} MB${theirs ? `, kube-apiserver and etcd ${short(theirMemory)} MB` : ''}`,
);

async function measure(kubeconfig: string): Promise<Figures> {
  const connection = openConnection(kubeconfig);
  try {
    await connection.send('POST', '/api/v1/namespaces', namespaceObject());
    return {
      create: await each(OBJECTS, index => connection.send('POST', PATH, configMap(index, 'first'))),
      get: await each(3 * OBJECTS, index => connection.send('GET', `${PATH}/note-${index % OBJECTS}`)),
      update: await each(OBJECTS, index => connection.send('PUT', `${PATH}/note-${index}`, configMap(index, 'second'))),
      [`list of ${OBJECTS}`]: await each(40, () => connection.send('GET', PATH), 2),
      [`watch event to ${WATCHERS}`]: await fanOut(connection),
      delete: await each(OBJECTS, index => connection.send('DELETE', `${PATH}/note-${index}`)),
    };
  } finally {
    connection.close();
  }
}

async function each(count: number, work: (index: number) => Promise<unknown>, inFlight = IN_FLIGHT) {
  const samples: number[] = [];
  let next = 0;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const began = performance.now();
      await work(index);
      samples.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const { p50, p99 } = distribution(samples);
  return { perSecond: (count * 1000) / (performance.now() - start), p50, p99 };
}

/** From the answer of a write to its event at each of the watchers, one write at a time. */
async function fanOut(connection: Connection) {
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => connection.watch(PATH)));
  const samples: number[] = [];
  const start = performance.now();
  for (let round = 0; round < 40; round++) {
    const began = performance.now();
    const seen = Promise.all(watchers.map(watcher => watcher.next(`"round":"${round}"`)));
    await connection.send('PUT', `${PATH}/note-0`, configMap(0, 'third', String(round)));
    await seen;
    samples.push(performance.now() - began);
  }
  const { p50, p99 } = distribution(samples);
  watchers.forEach(watcher => watcher.close());
  return { perSecond: (40 * WATCHERS * 1000) / (performance.now() - start), p50, p99 };
}

function namespaceObject() {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bench' } };
}

function configMap(index: number, text: string, round = '') {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `note-${index}`, labels: { round: String(index % 10) } },
    data: { text: text.repeat(100), round },
  };
}
