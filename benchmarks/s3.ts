/**
 * The plane's S3 server beside versitygw, a public Go S3 server on a folder: `LARDER_VERSITYGW=/path/to/versitygw npx tsx benchmarks/s3.ts`. Both
 * are processes of their own on the same disk, asked by the same client over HTTP. Only ours waits for the disk before it answers.
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

const Bucket = 'bench';
const SIZES = [
  { name: '4 KB', bytes: 4096, rounds: 400 },
  { name: '16 MB', bytes: 16 * 1024 ** 2, rounds: 40 },
];
const key = newAccessKey(Bucket, 'owner');
const folder = await mkdtemp(join(tmpdir(), 'larder-bench-s3-'));
const rows: Record<string, string | number>[] = [];
try {
  await measure('larder', startLarder);
  const versitygw = process.env.LARDER_VERSITYGW ?? join(homedir(), '.cache/larder/tools/bin/versitygw');
  if (existsSync(versitygw)) await measure('versitygw', port => startVersitygw(versitygw, port));
  else console.log('versitygw: not run, it is not installed');
  console.table(rows);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(server: string, start: (port: number) => Promise<ChildProcess>): Promise<void> {
  const port = await freePort();
  const child = await start(port);
  const client = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: key },
    // What is measured is the server, so the client computes as little as it can.
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
  });
  try {
    await untilServing(client);
    for (const { name, bytes, rounds } of SIZES) {
      const Body = randomBytes(bytes);
      const put = await times(rounds, n =>
        client.send(new PutObjectCommand({ Bucket, Key: `${bytes}/${n % 50}`, Body })),
      );
      const get = await times(rounds, async n => {
        const { Body: got } = await client.send(
          new GetObjectCommand({ Bucket, Key: `${bytes}/${n % Math.min(50, rounds)}` }),
        );
        await got!.transformToByteArray();
      });
      rows.push({
        server,
        size: name,
        'put p50 ms': put.p50,
        'put p99 ms': put.p99,
        'get p50 ms': get.p50,
        'get p99 ms': get.p99,
      });
    }
  } finally {
    client.destroy();
    child.kill('SIGKILL');
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

async function times(rounds: number, work: (n: number) => Promise<unknown>): Promise<{ p50: number; p99: number }> {
  const all: number[] = [];
  for (let n = -5; n < rounds; n++) {
    const start = performance.now();
    await work(Math.max(0, n));
    if (n >= 0) all.push(performance.now() - start);
  }
  all.sort((a, b) => a - b);
  const at = (share: number): number => Number(all[Math.min(rounds - 1, Math.floor(rounds * share))]!.toFixed(1));
  return { p50: at(0.5), p99: at(0.99) };
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
