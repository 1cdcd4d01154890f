/** Objects as a client sees them, through AWS' own SDK. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  type ChecksumAlgorithm,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { refusal, startRig, type Rig } from './rig.ts';

const Bucket = 'first';

describe('objects', () => {
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

  const put = (
    Key: string,
    Body: string | Buffer,
    more: Partial<PutObjectCommandInput> = {},
  ): Promise<{ ETag?: string }> => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const get = async (Key: string): Promise<string> =>
    (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();

  it('gives back what was put, with everything that was said of it', async () => {
    const { ETag } = await put('docs/a.txt', 'hello', {
      ContentType: 'text/plain',
      ContentEncoding: 'identity',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment',
      ContentLanguage: 'de',
      Metadata: { colour: 'red' },
    });
    assert.equal(ETag, `"${createHash('md5').update('hello').digest('hex')}"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'docs/a.txt' }));
    assert.equal(await got.Body!.transformToString(), 'hello');
    assert.equal(got.ContentType, 'text/plain');
    assert.equal(got.ContentEncoding, 'identity');
    assert.equal(got.CacheControl, 'no-cache');
    assert.equal(got.ContentDisposition, 'attachment');
    assert.equal(got.ContentLanguage, 'de');
    assert.deepEqual(got.Metadata, { colour: 'red' });
    assert.equal(got.ETag, ETag);
    assert.ok(Math.abs(got.LastModified!.getTime() - Date.now()) < 600_000);
    assert.equal(await readFile(join(rig.folder, 'first/objects/docs/a.txt'), 'utf8'), 'hello');
  });

  it('keeps an empty object', async () => {
    await put('empty', '');
    assert.equal(await get('empty'), '');
    assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: 'empty' }))).ContentLength, 0);
  });

  it('replaces an object, and its metadata with it', async () => {
    await put('twice', 'one', { Metadata: { n: '1' } });
    await put('twice', 'two');
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'twice' }));
    assert.equal(await got.Body!.transformToString(), 'two');
    assert.deepEqual(got.Metadata, {});
  });

  it('keeps a key beside those below it, whichever came first', async () => {
    for (const keys of [
      ['x', 'x/y', 'x/y/z'],
      ['v/w/u', 'v/w', 'v'],
    ]) {
      for (const key of keys) await put(key, key);
      for (const key of keys) assert.equal(await get(key), key);
      for (const key of keys) await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
      for (const key of keys) assert.equal(await refusal(get(key)), 'NoSuchKey');
    }
  });

  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as ChecksumAlgorithm[]) {
    it(`proves and gives back ${algorithm}`, async () => {
      const name = `Checksum${algorithm}` as const;
      const Body = randomBytes(100_000);
      const Key = `sum-${algorithm}`;
      const known = { CRC32: 'y/Q5Jg==', CRC32C: '4waSgw==', CRC64NVME: 'rosUhgp5mIg=' } as Record<string, string>;
      if (known[algorithm]) {
        await put(Key, '123456789', { [name]: known[algorithm] });
        const wrong = `${known[algorithm].startsWith('y') ? 'z' : 'y'}${known[algorithm].slice(1)}`;
        assert.equal(await refusal(put(Key, '123456789', { [name]: wrong })), 'BadDigest');
      }
      if (algorithm !== 'CRC64NVME') await put(Key, Body, { ChecksumAlgorithm: algorithm });
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      assert.ok(head[name as 'ChecksumCRC32']);
      assert.equal(head.ChecksumType, 'FULL_OBJECT');
    });
  }

  it('gives ranges', async () => {
    await put('range', '0123456789');
    const range = async (Range: string): Promise<[string, string | undefined]> => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'range', Range }));
      return [await got.Body!.transformToString(), got.ContentRange];
    };
    assert.deepEqual(await range('bytes=0-0'), ['0', 'bytes 0-0/10']);
    assert.deepEqual(await range('bytes=7-'), ['789', 'bytes 7-9/10']);
    assert.deepEqual(await range('bytes=-3'), ['789', 'bytes 7-9/10']);
    assert.deepEqual(await range('bytes=5-500'), ['56789', 'bytes 5-9/10']);
    assert.deepEqual(await range('bytes=0-1,3-4'), ['0123456789', undefined]);
    assert.equal(await refusal(range('bytes=10-')), 'InvalidRange');
  });

  it('honours conditions of reading', async () => {
    const { ETag } = await put('conditional', 'x');
    const read = (conditions: object): Promise<unknown> =>
      s3.send(new GetObjectCommand({ Bucket, Key: 'conditional', ...conditions }));
    assert.equal(await refusal(read({ IfMatch: ETag })), undefined);
    assert.equal(await refusal(read({ IfMatch: '"other"' })), 'PreconditionFailed');
    assert.equal(await refusal(read({ IfNoneMatch: ETag })), '304');
    assert.equal(await refusal(read({ IfNoneMatch: '"other"' })), undefined);
    assert.equal(await refusal(read({ IfModifiedSince: new Date(Date.now() + 60_000) })), '304');
    assert.equal(await refusal(read({ IfUnmodifiedSince: new Date(0) })), 'PreconditionFailed');
  });

  it('puts only what isn’t there, and replaces only what it was told', async () => {
    const { ETag } = await put('once', 'a', { IfNoneMatch: '*' });
    assert.equal(await refusal(put('once', 'b', { IfNoneMatch: '*' })), 'PreconditionFailed');
    assert.equal(await refusal(put('once', 'b', { IfMatch: '"nothing"' })), 'PreconditionFailed');
    assert.equal(await refusal(put('never', 'b', { IfMatch: '"nothing"' })), 'NoSuchKey');
    await put('once', 'c', { IfMatch: ETag });
    assert.equal(await get('once'), 'c');
  });

  it('lets one of many win who put the same key at once', async () => {
    const tries = await Promise.all(
      Array.from({ length: 20 }, (_, n) => refusal(put('race', `${n}`.repeat(1000), { IfNoneMatch: '*' }))),
    );
    assert.equal(tries.filter(code => code === undefined).length, 1);
    assert.equal(tries.filter(code => code === 'PreconditionFailed').length, 19);
    assert.equal(await get('race'), `${tries.indexOf(undefined)}`.repeat(1000));
  });

  it('copies, with the old metadata or new', async () => {
    await put('source/ä b', 'copied', { Metadata: { a: '1' }, ContentType: 'text/plain' });
    const CopySource = `first/${encodeURIComponent('source/ä b')}`;
    const { CopyObjectResult } = await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    const copy = await s3.send(new GetObjectCommand({ Bucket, Key: 'copy' }));
    assert.equal(await copy.Body!.transformToString(), 'copied');
    assert.deepEqual(copy.Metadata, { a: '1' });
    assert.equal(copy.ETag, CopyObjectResult?.ETag);
    const replaced = { MetadataDirective: 'REPLACE', Metadata: { b: '2' } } as const;
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'source/ä b', CopySource, ...replaced }));
    assert.deepEqual((await s3.send(new HeadObjectCommand({ Bucket, Key: 'source/ä b' }))).Metadata, { b: '2' });
    const refused = (more: object): Promise<string | undefined> =>
      refusal(s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource, ...more })));
    assert.equal(await refused({ CopySource: 'first/nothing' }), 'NoSuchKey');
    assert.equal(await refused({ CopySource: 'second/x' }), 'AccessDenied');
    assert.equal(await refused({ CopySourceIfMatch: '"no"' }), 'PreconditionFailed');
    assert.equal(await refused({ CopySource: 'first/copy' }), 'InvalidRequest');
  });

  it('deletes one or many, and again', async () => {
    for (const key of ['d/1', 'd/2', 'd/<&>']) await put(key, 'x');
    const Objects = [{ Key: 'd/1' }, { Key: 'd/<&>' }, { Key: 'd/never' }];
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.deepEqual(
      Deleted?.map(({ Key }) => Key),
      ['d/1', 'd/<&>', 'd/never'],
    );
    assert.equal(Errors, undefined);
    assert.equal(await refusal(get('d/<&>')), 'NoSuchKey');
    assert.equal(await get('d/2'), 'x');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'd/2' }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'd/2' }));
  });

  it('answers about buckets', async () => {
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets?.map(({ Name }) => Name),
      ['first'],
    );
    await s3.send(new HeadBucketCommand({ Bucket }));
    assert.equal((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined);
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
    assert.equal(await refusal(s3.send(new CreateBucketCommand({ Bucket }))), 'BucketAlreadyOwnedByYou');
    assert.equal(await refusal(s3.send(new CreateBucketCommand({ Bucket: 'third' }))), 'AccessDenied');
    assert.equal(await refusal(s3.send(new GetBucketPolicyCommand({ Bucket }))), 'NoSuchBucketPolicy');
    assert.equal(await refusal(s3.send(new GetBucketAclCommand({ Bucket }))), 'NotImplemented');
  });

  it('refuses what it would not do', async () => {
    assert.equal(await refusal(put('e', 'x', { ServerSideEncryption: 'AES256' })), 'NotImplemented');
    assert.equal(await refusal(put('e', 'x', { ACL: 'public-read' })), 'AccessControlListNotSupported');
    assert.equal(await refusal(put('e', 'x', { StorageClass: 'GLACIER' })), 'InvalidStorageClass');
    assert.equal(await refusal(put('e', 'x', { Tagging: 'a=b' })), 'NotImplemented');
    assert.equal(await refusal(put('e', 'x', { Metadata: { a: 'x'.repeat(3000) } })), 'MetadataTooLarge');
    assert.equal(await refusal(put('e', 'x', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' })), 'BadDigest');
    assert.equal(await refusal(put('k'.repeat(1025), 'x')), 'KeyTooLongError');
    assert.equal(await refusal(get('e')), 'NoSuchKey');
  });

  it('takes 20 MB without holding it', async () => {
    const Body = randomBytes(20 * 1024 * 1024);
    const { ETag } = await put('large', Body);
    assert.equal(ETag, `"${createHash('md5').update(Body).digest('hex')}"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    assert.ok(Body.equals(Buffer.from(await got.Body!.transformToByteArray())));
  });
});
