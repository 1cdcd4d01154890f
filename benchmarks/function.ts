/**
 * A call of the composition function, over mutual TLS as Crossplane makes it, beside its floor: node's own gRPC with the same certificates, which
 * neither reads a message nor composes. The function is the bundle that its image has. Turns are taken, so that noise meets both.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { issueAuthority, issueCertificate } from '@larder/local';
import { bundleFunction } from '../hack/package/runtime.ts';
import { openFunctionClient, type FunctionClient } from './lib/function-client.ts';
import { cpuSeconds, residentMegabytes } from './lib/process.ts';
import { distribution, printTable, short, timed } from './lib/report.ts';

const ROUNDS = Number(process.env.LARDER_BENCH_ROUNDS ?? 6);
const ONE_BY_ONE = 500;
const AT_ONCE = 1500;
/** As many reconciles as Crossplane has by default, with some to spare. */
const IN_FLIGHT = 16;

interface Served {
  name: string;
  child: ChildProcess;
  client: FunctionClient;
  samples: number[];
  /** While many calls were under way. */
  seconds: number;
  cpu: number;
}

const recorded = new URL('../packages/catalog/test/cluster/recorded/0.1.0.json', import.meta.url);
const states = JSON.parse(readFileSync(recorded, 'utf8')) as Recorded[];
/** A platform has one engine and one delivery: these are the default ones. */
const requests = states.filter(isOfDefault).map(bytesOf);
const folder = mkdtempSync(join(tmpdir(), 'larder-bench-function-'));
const servers: Served[] = [];
try {
  const pair = await writeCertificates();
  servers.push(await startFunction(pair));
  const answer = join(folder, 'answer');
  writeFileSync(answer, await servers[0]!.client.call(requests[0]!));
  servers.push(await startFloor(pair, answer));
  for (const one of servers) await warm(one);
  for (let round = 0; round < ROUNDS; round += 1) for (const one of servers) await measure(one);
  report();
} finally {
  for (const { child, client } of servers) {
    client.close();
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
}

/** What Crossplane would ask about an instance that runs: recorded for the tests of releases. */
interface Recorded {
  composite: object;
  composed: Record<string, { resource: object; connectionDetails: Record<string, string> }>;
  required: Record<string, object[]>;
  input: { engine: string; delivery: { kind: string } };
}

function isOfDefault({ input }: Recorded): boolean {
  return input.engine === 'cloudnativepg' && input.delivery.kind === 'Direct';
}

function bytesOf({ composite, composed, required, input }: Recorded): Buffer {
  const resources = mapValues(composed, ({ resource, connectionDetails }) => ({
    resource,
    connectionDetails: mapValues(connectionDetails, text => Buffer.from(text)),
  }));
  const requiredResources = mapValues(required, items => ({ items: items.map(resource => ({ resource })) }));
  const request = RunFunctionRequest.fromPartial({
    meta: { tag: 'bench', capabilities: [] },
    observed: { composite: { resource: composite }, resources },
    requiredResources,
    input,
  });
  return Buffer.from(RunFunctionRequest.encode(request).finish());
}

function mapValues<From, To>(entries: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, change(value)]));
}

interface Pair {
  ca: string;
  cert: string;
  key: string;
}

async function writeCertificates(): Promise<Pair> {
  const now = new Date();
  const authority = await issueAuthority('crossplane', now);
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], days: 1 };
  const server = await issueCertificate(authority, { commonName: 'function', usage: 'server', ...names }, now);
  const client = await issueCertificate(authority, { commonName: 'crossplane', usage: 'client', ...names }, now);
  const files = { 'tls.crt': server.cert, 'tls.key': server.key, 'ca.crt': authority.cert };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return { ca: authority.cert, ...client };
}

async function startFunction(pair: Pair): Promise<Served> {
  const bundle = join(folder, 'function.mjs');
  await bundleFunction(bundle);
  const addresses = ['--address', '127.0.0.1:0', '--health', '127.0.0.1:0'];
  const words = ['--max-old-space-size=96', bundle, ...addresses, '--tls-server-certs-dir', folder];
  return serve('function', words, pair);
}

function startFloor(pair: Pair, answer: string): Promise<Served> {
  const script = fileURLToPath(new URL('lib/serve-function-floor.ts', import.meta.url));
  return serve('floor', ['--import', 'tsx', script, folder, answer], pair);
}

/** Both servers say their port in their first line. */
async function serve(name: string, words: string[], { ca, ...pair }: Pair): Promise<Served> {
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as [string | number];
  if (typeof line !== 'string') throw new Error(`cannot start the ${name}: it ended with ${line}`);
  const { port } = JSON.parse(line) as { port: number };
  return { name, child, client: openFunctionClient(port, ca, pair), samples: [], seconds: 0, cpu: 0 };
}

async function warm({ client }: Served): Promise<void> {
  for (let index = 0; index < 2000; index += 1) await client.call(requestOf(index));
}

async function measure(one: Served): Promise<void> {
  for (let index = 0; index < ONE_BY_ONE; index += 1) {
    one.samples.push(await timed(() => one.client.call(requestOf(index))));
  }
  const pid = one.child.pid ?? 0;
  const before = cpuSeconds(pid);
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < AT_ONCE) await one.client.call(requestOf(next++));
  };
  one.seconds += (await timed(() => Promise.all(Array.from({ length: IN_FLIGHT }, caller)))) / 1000;
  one.cpu += cpuSeconds(pid) - before;
}

function requestOf(index: number): Buffer {
  return requests[index % requests.length]!;
}

function report(): void {
  const calls = ROUNDS * AT_ONCE;
  printTable(
    servers.map(({ name, child, samples, seconds, cpu }) => {
      const { p50, p99 } = distribution(samples);
      return {
        '': name,
        'p50 ms': short(p50),
        'p99 ms': short(p99),
        'calls/s': short(calls / seconds),
        'calls/s of its CPU': short(calls / cpu),
        'CPU ms a call': short((cpu / calls) * 1000),
        'resident MB': name === 'floor' ? '' : short(residentMegabytes(child.pid ?? 0)),
      };
    }),
  );
  const bytes = requests.reduce((sum, { length }) => sum + length, 0) / requests.length;
  console.log(
    `${requests.length} recorded states in turn, ${(bytes / 1024).toFixed(1)} KB each; ${ROUNDS * ONE_BY_ONE} calls one by one, ${calls} with ${IN_FLIGHT} at once`,
  );
}
