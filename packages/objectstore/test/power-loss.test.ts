/** What was acknowledged survives a power loss: what the server asks of the kernel is recorded, and nothing is left unsynced at an answer. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ensureBucket, keyFolder, newAccessKey } from '@larder/objectstore';
import { record, whyNotRecorded } from '../../../hack/power-loss/record.ts';
import { readTrace } from '../../../hack/power-loss/unsynced.ts';

const Bucket = 'first';

test('an object is synced before it is acknowledged', { skip: whyNotRecorded() }, async context => {
  const home = await mkdtemp(join(tmpdir(), 'larder-s3-power-'));
  context.after(() => rm(home, { recursive: true, force: true }));
  const [folder, keys, recording] = [join(home, 'buckets'), join(home, 'keys'), join(home, 'calls')];
  await ensureBucket(folder, Bucket);
  const credentials = newAccessKey(Bucket, 'owner');
  await keyFolder(keys).write(credentials);

  const server = record(recording, fileURLToPath(new URL('./serve-child.ts', import.meta.url)), [folder, keys]);
  context.after(() => server.end());
  const port = await firstOf(server.lines);
  const client = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true },
    ...{ credentials, maxAttempts: 1 },
  });
  try {
    await everyWayToWrite(client);
  } finally {
    client.destroy();
    await server.end();
  }

  const { answers, findings } = readTrace(await readFile(recording, 'utf8'), {
    isAnswer: beginning => beginning.startsWith('HTTP/1.1 2'),
    matters: (path, what) => {
      const [first = '', kind = ''] = relative(folder, path).split(sep);
      // What an upload was made of, and the facts beside an object, mean nothing without it: they may come back.
      return first === Bucket && kind !== 'tmp' && (what !== 'removal' || !['uploads', 'meta'].includes(kind));
    },
  });
  assert.ok(answers >= 9, `${answers} answers`);
  assert.deepEqual(findings, []);
});

async function firstOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) return line;
  throw new Error('the server ended before it served');
}

async function everyWayToWrite(client: S3Client): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key: 'small', Body: 'small' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'small', Body: 'another' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/deep/er/key', Body: randomBytes(300_000) }));
  await client.send(new CopyObjectCommand({ Bucket, Key: 'copy/of', CopySource: `${Bucket}/a/deep/er/key` }));
  const Body = randomBytes(11 * 1024 * 1024);
  await new Upload({ client, params: { Bucket, Key: 'parts', Body }, queueSize: 1 }).done();
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a/deep/er/key' }));
}
