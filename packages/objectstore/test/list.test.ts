/** Keys and listings: whatever keys there are, they are listed as S3 lists them, and lie within the bucket's folder. */
import assert from 'node:assert/strict';
import { join, resolve, sep } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ensureBucket } from '@larder/objectstore';
import { pathOfKey } from '../src/folder/names.ts';
import { refusal, startRig, type Rig } from './rig.ts';

/** Keys that are apt to be mistaken for something else. */
const segment = fc.oneof(
  fc.constantFrom(
    '',
    '.',
    '..',
    'a',
    'A',
    'b',
    '%',
    '%2E',
    '%o',
    'a%o',
    '%-',
    '%+',
    'é',
    'é',
    '🐘',
    '\u0001',
    ' ',
    '+',
    '&<>"',
    '\\',
    '!',
    '0',
  ),
  fc.string({ maxLength: 4, unit: 'grapheme' }),
  fc.constantFrom('x'.repeat(240), 'x'.repeat(241), 'ü'.repeat(200), 'x'.repeat(500)),
);
const key = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map(parts => parts.join('/'))
  .filter(
    text => text !== '' && Buffer.byteLength(text) <= 1024 && !text.includes('\0') && !/\p{Surrogate}/u.test(text),
  );

const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('keys as paths', () => {
  it('never leave the folder, and are never the same', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const root = '/bucket/objects';
        for (const each of [one, other]) {
          const names = pathOfKey(each);
          assert.ok(names.every(name => !/[/\0]/.test(name) && !['', '.', '..'].includes(name) && name.length <= 250));
          assert.ok(resolve(join(root, ...names)).startsWith(root + sep));
        }
        if (one !== other) assert.notEqual(pathOfKey(one).join('/'), pathOfKey(other).join('/'));
      }),
      { numRuns: 2000 },
    );
  });

  it('are those of the key, where it is a usual one', () => {
    const usual = 'pg-17-1/wals/0000000100000000/000000010000000000000001.gz';
    assert.equal(pathOfKey(usual).join('/'), usual);
  });
});

describe('listing', () => {
  let rig: Rig;
  let s3: S3Client;
  before(async () => {
    rig = await startRig();
    s3 = rig.client();
  });
  after(async () => {
    await rig.close();
    assert.deepEqual(rig.faults, []);
  });
  let count = 0;
  const newBucket = async (): Promise<[string, S3Client]> => {
    const Bucket = `bucket-${count++}`;
    await ensureBucket(rig.folder, Bucket);
    return [Bucket, rig.client(await rig.newKey(Bucket, 'owner'))];
  };

  it('is what S3 would say, for any keys, prefix, delimiter and page size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 10 }),
        fc.oneof(fc.constantFrom('', 'a', 'a/', 'x', './'), key),
        fc.constantFrom('', '/', 'a', '//', 'é'),
        fc.integer({ min: 1, max: 5 }),
        async (keys, Prefix, Delimiter, MaxKeys) => {
          const [Bucket, client] = await newBucket();
          for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
          const listed: string[] = [];
          for (let ContinuationToken: string | undefined, more = true; more;) {
            const page = await client.send(
              new ListObjectsV2Command({ Bucket, Prefix, Delimiter, MaxKeys, ContinuationToken, EncodingType: 'url' }),
            );
            const found = [
              ...(page.Contents ?? []).map(({ Key }) => Key!),
              ...(page.CommonPrefixes ?? []).map(each => `${each.Prefix!}*`),
            ];
            assert.ok(found.length <= MaxKeys);
            assert.equal(page.KeyCount, found.length);
            listed.push(...found.map(decodeURIComponent));
            ContinuationToken = page.NextContinuationToken;
            more = page.IsTruncated!;
          }
          assert.deepEqual(listed.toSorted(bytes), expected(keys, Prefix, Delimiter).toSorted(bytes));
          for (const Key of keys) {
            const got = await client.send(new GetObjectCommand({ Bucket, Key }));
            assert.equal(await got.Body!.transformToString(), Key);
            await client.send(new DeleteObjectCommand({ Bucket, Key }));
            assert.equal(await refusal(client.send(new GetObjectCommand({ Bucket, Key }))), 'NoSuchKey');
          }
        },
      ),
      { numRuns: process.env.LARDER_FULL ? 60 : 10 },
    );
  });

  it('comes in the order of bytes, not of characters', async () => {
    const [Bucket, client] = await newBucket();
    const keys = ['a!', 'a/b', 'a', 'a0', '\uffed', '🐘', 'Z', 'a/', 'a//'];
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
    assert.deepEqual(
      Contents?.map(({ Key }) => Key),
      keys.toSorted(bytes),
    );
  });

  it('goes on after a marker, the old way too', async () => {
    const [Bucket, client] = await newBucket();
    for (const Key of ['a/1', 'a/2', 'b', 'c/1', 'd'])
      await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
    const seen: string[] = [];
    for (let Marker: string | undefined, more = true; more;) {
      const page = await client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 1, Marker }));
      seen.push(
        ...(page.Contents ?? []).map(({ Key }) => Key!),
        ...(page.CommonPrefixes ?? []).map(each => each.Prefix!),
      );
      Marker = page.NextMarker;
      more = page.IsTruncated!;
    }
    assert.deepEqual(seen, ['a/', 'b', 'c/', 'd']);
    const after = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: 'a/1' }));
    assert.deepEqual(
      after.Contents?.map(({ Key }) => Key),
      ['a/2', 'b', 'c/1', 'd'],
    );
    const none = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
    assert.deepEqual([none.KeyCount, none.IsTruncated], [0, false]);
    const more = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }));
    assert.equal(more.MaxKeys, 1000);
    assert.equal(
      await refusal(client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'no' }))),
      'InvalidArgument',
    );
  });

  it('is of use to who put files into the folder by hand', async () => {
    const { mkdir, writeFile } = await import('node:fs/promises');
    const folder = join(rig.folder, 'first/objects/brought');
    await mkdir(folder);
    await writeFile(join(folder, 'file.txt'), 'from elsewhere');
    await writeFile(join(folder, 'not a key of ours'), '');
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'first', Prefix: 'brought/' }));
    assert.deepEqual(
      Contents?.map(({ Key, Size }) => [Key, Size]),
      [['brought/file.txt', 14]],
    );
    const got = await s3.send(new GetObjectCommand({ Bucket: 'first', Key: 'brought/file.txt' }));
    assert.equal(await got.Body!.transformToString(), 'from elsewhere');
  });
});

/** What S3's description of prefix and delimiter makes of the keys. */
function expected(keys: string[], prefix: string, delimiter: string): string[] {
  const all = keys
    .filter(each => each.startsWith(prefix))
    .map(each => {
      const at = delimiter === '' ? -1 : each.indexOf(delimiter, prefix.length);
      return at < 0 ? each : `${each.slice(0, at + delimiter.length)}*`;
    });
  return [...new Set(all)];
}
