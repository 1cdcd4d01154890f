/** What was acknowledged is there after a SIGKILL at any moment, whole; what wasn't is there whole or not at all. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ensureBucket, keyFolder, newAccessKey } from '@larder/objectstore';

const Bucket = 'first';
const ROUNDS = process.env.LARDER_FULL ? 25 : 2;
const hashOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** What may be at a key: what was acknowledged last, or what was being written when the server died. `null`: nothing. */
type Expected = Map<string, (string | null)[]>;

test('survives SIGKILL while it writes', { timeout: 600_000 }, async context => {
  const home = await mkdtemp(join(tmpdir(), 'larder-s3-crash-'));
  let child: ChildProcess | undefined;
  context.after(async () => {
    child?.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  });
  const [folder, keysFolder] = [join(home, 'buckets'), join(home, 'keys')];
  await ensureBucket(folder, Bucket);
  const key = newAccessKey(Bucket, 'owner');
  await keyFolder(keysFolder).write(key);
  const expected: Expected = new Map();

  for (let round = 0; round <= ROUNDS; round++) {
    const started = await serve(folder, keysFolder);
    child = started.child;
    const client = new S3Client({
      ...{ endpoint: `http://127.0.0.1:${started.port}`, region: 'us-east-1', forcePathStyle: true },
      ...{ credentials: key, maxAttempts: 1 },
    });
    assert.deepEqual(await readdir(join(folder, Bucket, 'tmp')), [], 'what was half received is gone');
    await verify(client, expected);
    if (round < ROUNDS) {
      const dead = { yes: false };
      const writers = Array.from({ length: 4 }, (_, n) => write(client, `w${n}`, { expected, dead }));
      // The moment is the point of the test: anywhere within what the writers do.
      await delay(randomInt(100, 1500));
      child.kill('SIGKILL');
      dead.yes = true;
      await once(child, 'exit');
      await Promise.all(writers);
    }
    client.destroy();
  }
});

async function serve(folder: string, keys: string): Promise<{ child: ChildProcess; port: number }> {
  const script = fileURLToPath(new URL('./serve-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder, keys], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) return { child, port: Number(line) };
  throw new Error('the server ended before it served');
}

/** Puts, replaces, deletes and uploads in parts, until the server is gone. Remembers what may be there before it asks. */
async function write(
  client: S3Client,
  name: string,
  { expected, dead }: { expected: Expected; dead: { yes: boolean } },
): Promise<void> {
  for (let n = 0; !dead.yes; n++) {
    const Key = `${name}/${n % 7 === 0 ? 'deep/er/' : ''}${n % 5}`;
    const before = expected.get(Key)?.[0] ?? null;
    const size = n % 6 === 5 ? 6 * 1024 * 1024 : randomInt(0, 300_000);
    const Body = randomBytes(size);
    const next = n % 4 === 3 ? null : hashOf(Body);
    expected.set(Key, [before, next]);
    try {
      if (next === null) await client.send(new DeleteObjectCommand({ Bucket, Key }));
      else if (n % 6 === 5)
        await new Upload({ client, params: { Bucket, Key, Body }, partSize: 5 * 1024 * 1024 }).done();
      else await client.send(new PutObjectCommand({ Bucket, Key, Body }));
      expected.set(Key, [next]);
    } catch {
      return; // the server is gone: either may be there
    }
  }
}

async function verify(client: S3Client, expected: Expected): Promise<void> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  const there = new Map(Contents.map(({ Key, ETag, Size }) => [Key!, { ETag, Size }]));
  for (const [Key, allowed] of expected) {
    const listed = there.get(Key);
    const found = listed ? await client.send(new GetObjectCommand({ Bucket, Key })) : undefined;
    const data = found && Buffer.from(await found.Body!.transformToByteArray());
    const hash = data ? hashOf(data) : null;
    assert.ok(allowed.includes(hash), `${Key} is what was acknowledged, or what was under way`);
    if (data && !listed!.ETag!.includes('-'))
      assert.equal(listed!.ETag, `"${createHash('md5').update(data).digest('hex')}"`, 'the ETag is of these bytes');
    assert.ok(!listed || !/-0"$/.test(listed.ETag!), 'the metadata is of these bytes');
    assert.equal(data?.length, listed?.Size);
    expected.set(Key, [hash]);
    there.delete(Key);
  }
  assert.deepEqual([...there.keys()], [], 'nothing else is there');
}
