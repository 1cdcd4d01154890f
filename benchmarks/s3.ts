/**
 * The plane's S3 server beside versitygw, a public Go S3 server on a folder (`hack/tools/install.sh versitygw`): `npm run bench -- s3`. Both
 * are processes of their own on the same disk, asked in turns by the same client over HTTP. Only ours waits for the disk before it answers.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ensureBucket, keyFolder, newAccessKey } from '@larder/objectstore';
import { cpuSeconds } from './lib/process.ts';

const Bucket = 'bench';
const KEYS = 50;
const SIZES = [
  { name: '4 KB', bytes: 4096, rounds: 300 },
  { name: '16 MB', bytes: 16 * 1024 ** 2, rounds: 40 },
];
const WARM_UP = 5;
const key = newAccessKey(Bucket, 'owner');
const folder = await mkdtemp(join(tmpdir(), 'larder-bench-s3-'));
const servers: Server[] = [];
const rows: Record<string, string | number>[] = [];
try {
  servers.push(await start('larder', startLarder));
  const versitygw = process.env.LARDER_VERSITYGW ?? join(homedir(), '.cache/larder/tools/bin/versitygw');
  if (existsSync(versitygw)) servers.push(await start('versitygw', port => startVersitygw(versitygw, port)));
  else console.log('versitygw: not run, it is not installed; hack/tools/install.sh versitygw');
  for (const size of SIZES) {
    const Body = randomBytes(size.bytes);
    const Key = (n: number): string => `${size.bytes}/${n % KEYS}`;
    await compare(`put ${size.name}`, size.rounds, ({ client }, n) =>
      client.send(new PutObjectCommand({ Bucket, Key: Key(n), Body })),
    );
    await compare(`get ${size.name}`, size.rounds, async ({ client }, n) => {
      const { Body: got } = await client.send(
        new GetObjectCommand({ Bucket, Key: Key(n % Math.min(KEYS, size.rounds)) }),
      );
      await got!.transformToByteArray();
    });
  }
  console.table(rows);
} finally {
  for (const { client, child } of servers) {
    client.destroy();
    child.kill('SIGKILL');
  }
  await rm(folder, { recursive: true, force: true });
}

interface Server {
  name: string;
  child: ChildProcess;
  client: S3Client;
}

async function start(name: string, run: (port: number) => Promise<ChildProcess>): Promise<Server> {
  const port = await freePort();
  const child = await run(port);
  const client = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: key },
    // What is measured is the server, so the client computes as little as it can.
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
  });
  await untilServing(client);
  return { name, child, client };
}

async function compare(
  what: string,
  rounds: number,
  work: (server: Server, n: number) => Promise<unknown>,
): Promise<void> {
  const seen = servers.map(server => ({ server, ms: [] as number[], cpu: 0 }));
  for (let n = -WARM_UP; n < rounds; n++) {
    for (const each of seen) {
      if (n === 0) each.cpu = cpuSeconds(each.server.child.pid!);
      const begun = performance.now();
      await work(each.server, Math.max(0, n));
      if (n >= 0) each.ms.push(performance.now() - begun);
    }
  }
  for (const { server, ms, cpu } of seen) {
    ms.sort((a, b) => a - b);
    const at = (share: number): number => Number(ms[Math.min(rounds - 1, Math.floor(rounds * share))]!.toFixed(1));
    const each = ((cpuSeconds(server.child.pid!) - cpu) * 1000) / rounds;
    rows.push({ what, server: server.name, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'CPU ms each': each.toFixed(1) });
  }
}

async function startLarder(port: number): Promise<ChildProcess> {
  const [buckets, keys] = [join(folder, 'larder'), join(folder, 'keys')];
  await ensureBucket(buckets, Bucket);
  await keyFolder(keys).write(key);
  const script = fileURLToPath(new URL('lib/serve-s3.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', script, buckets, keys, String(port)], { stdio: 'ignore' });
}

async function startVersitygw(program: string, port: number): Promise<ChildProcess> {
  const root = join(folder, 'versitygw');
  await mkdir(join(root, Bucket), { recursive: true });
  const env = { PATH: process.env.PATH, ROOT_ACCESS_KEY: key.accessKeyId, ROOT_SECRET_KEY: key.secretAccessKey };
  return spawn(program, ['--port', `127.0.0.1:${port}`, 'posix', root], { env, stdio: 'ignore' });
}

async function untilServing(client: S3Client): Promise<void> {
  for (let left = 300; ; left--) {
    try {
      await client.send(new HeadBucketCommand({ Bucket }));
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
