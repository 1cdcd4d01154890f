/** Uploads in parts. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type ChecksumAlgorithm,
  type ChecksumType,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { refusal, startRig, type Rig } from './rig.ts';

const Bucket = 'first';
const MiB = 1024 * 1024;

describe('multipart uploads', () => {
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

  const begin = async (Key: string, more: object = {}): Promise<string> =>
    (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId!;
  const send = async (Key: string, UploadId: string, PartNumber: number, Body: Buffer): Promise<CompletedPart> => {
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    return { PartNumber, ETag };
  };
  const complete = (
    Key: string,
    UploadId: string,
    Parts: CompletedPart[],
    more: object = {},
  ): Promise<{ ETag?: string }> =>
    s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
  const md5 = (data: Buffer): Buffer => createHash('md5').update(data).digest();

  it('puts the parts together, with the ETag that S3 gives', async () => {
    const parts = [randomBytes(5 * MiB), randomBytes(5 * MiB), Buffer.from('end')];
    const UploadId = await begin('m', { Metadata: { a: 'b' }, ContentType: 'x/y' });
    const sent = await Promise.all(parts.map((part, n) => send('m', UploadId, n + 1, part)));
    const { ETag } = await complete('m', UploadId, sent);
    assert.equal(ETag, `"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-3"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'm' }));
    assert.ok(Buffer.concat(parts).equals(Buffer.from(await got.Body!.transformToByteArray())));
    assert.deepEqual([got.Metadata, got.ContentType, got.ETag], [{ a: 'b' }, 'x/y', ETag]);
    assert.deepEqual(await readdir(join(rig.folder, 'first/uploads')), []);
    // The client that didn't hear the answer asks again.
    assert.equal((await complete('m', UploadId, sent)).ETag, ETag);
  });

  it('takes what the SDK’s own uploader sends', async () => {
    const Body = randomBytes(11 * MiB);
    await new Upload({ client: s3, params: { Bucket, Key: 'by-uploader', Body }, partSize: 5 * MiB }).done();
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'by-uploader' }));
    assert.ok(Body.equals(Buffer.from(await got.Body!.transformToByteArray())));
  });

  for (const [algorithm, type] of [
    ['CRC32', 'COMPOSITE'],
    ['CRC32C', 'FULL_OBJECT'],
    ['SHA256', 'COMPOSITE'],
  ] as [ChecksumAlgorithm, ChecksumType][]) {
    it(`keeps a ${type} checksum of ${algorithm}`, async () => {
      const Key = `sum-${algorithm}`;
      const UploadId = await begin(Key, { ChecksumAlgorithm: algorithm, ChecksumType: type });
      const Parts: CompletedPart[] = [];
      for (const [n, Body] of [randomBytes(5 * MiB), randomBytes(10)].entries()) {
        const command = new UploadPartCommand({
          Bucket,
          Key,
          UploadId,
          PartNumber: n + 1,
          Body,
          ChecksumAlgorithm: algorithm,
        });
        Parts.push({ ...(await s3.send(command)), PartNumber: n + 1 });
      }
      await complete(Key, UploadId, Parts);
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      assert.equal(head.ChecksumType, type);
      assert.match(head[`Checksum${algorithm}` as 'ChecksumCRC32']!, type === 'COMPOSITE' ? /=-2$/ : /=$/);
    });
  }

  it('refuses a list of parts that isn’t right, and goes on', async () => {
    const UploadId = await begin('strict');
    const one = await send('strict', UploadId, 1, randomBytes(5 * MiB));
    const two = await send('strict', UploadId, 2, Buffer.from('small'));
    const three = await send('strict', UploadId, 3, Buffer.from('last'));
    const refused = (parts: CompletedPart[]): Promise<string | undefined> =>
      refusal(complete('strict', UploadId, parts));
    assert.equal(await refused([two, one]), 'InvalidPartOrder');
    assert.equal(await refused([one, { ...two, ETag: '"00000000000000000000000000000000"' }]), 'InvalidPart');
    assert.equal(await refused([one, { PartNumber: 9, ETag: one.ETag }]), 'InvalidPart');
    assert.equal(await refused([one, two, three]), 'EntityTooSmall');
    assert.equal(await refused([]), 'MalformedXML');
    assert.equal(await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'strict' }))), 'NotFound');
    await complete('strict', UploadId, [one, three]);
  });

  it('replaces a part that is sent again', async () => {
    const UploadId = await begin('again');
    await send('again', UploadId, 1, Buffer.from('old'));
    const part = await send('again', UploadId, 1, Buffer.from('new'));
    const files = await readdir(join(rig.folder, 'first/uploads', UploadId));
    assert.equal(files.filter(name => name.endsWith('.part')).length, 1);
    await complete('again', UploadId, [part]);
    assert.equal(
      await (await s3.send(new GetObjectCommand({ Bucket, Key: 'again' }))).Body!.transformToString(),
      'new',
    );
  });

  it('completes only where the condition holds', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'x' }));
    const UploadId = await begin('taken');
    const part = await send('taken', UploadId, 1, Buffer.from('y'));
    assert.equal(await refusal(complete('taken', UploadId, [part], { IfNoneMatch: '*' })), 'PreconditionFailed');
    await complete('taken', UploadId, [part]);
  });

  it('copies parts, or ranges, of what is there', async () => {
    const Body = randomBytes(6 * MiB);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'whole', Body }));
    const UploadId = await begin('pieces');
    const Parts: CompletedPart[] = [];
    for (const [n, range] of [`bytes=0-${5 * MiB - 1}`, `bytes=${5 * MiB}-${6 * MiB - 1}`].entries()) {
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({
          ...{ Bucket, Key: 'pieces', UploadId, PartNumber: n + 1 },
          ...{ CopySource: 'first/whole', CopySourceRange: range },
        }),
      );
      Parts.push({ PartNumber: n + 1, ETag: CopyPartResult!.ETag });
    }
    await complete('pieces', UploadId, Parts);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'pieces' }));
    assert.ok(Body.equals(Buffer.from(await got.Body!.transformToByteArray())));
  });

  it('lists parts and uploads page by page, and forgets what is aborted', async () => {
    const ids = [await begin('l/1'), await begin('l/1'), await begin('l/2'), await begin('l/sub/3')];
    for (let n = 1; n <= 5; n++) await send('l/1', ids[0]!, n, Buffer.from(`${n}`));
    const numbers: number[] = [];
    for (let PartNumberMarker: string | undefined, more = true; more;) {
      const page = await s3.send(
        new ListPartsCommand({ Bucket, Key: 'l/1', UploadId: ids[0], MaxParts: 2, PartNumberMarker }),
      );
      numbers.push(...page.Parts!.map(part => part.PartNumber!));
      PartNumberMarker = page.NextPartNumberMarker;
      more = page.IsTruncated!;
    }
    assert.deepEqual(numbers, [1, 2, 3, 4, 5]);
    const uploads: string[] = [];
    for (let marker = {}, more = true; more;) {
      const page = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'l/', MaxUploads: 1, ...marker }));
      uploads.push(...page.Uploads!.map(upload => upload.UploadId!));
      marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      more = page.IsTruncated!;
    }
    assert.deepEqual(uploads.toSorted(), ids.toSorted());
    const rolled = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'l/', Delimiter: '/' }));
    assert.deepEqual(rolled.CommonPrefixes, [{ Prefix: 'l/sub/' }]);
    for (const [n, Key] of ['l/1', 'l/1', 'l/2', 'l/sub/3'].entries())
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: ids[n] }));
    const abort = new AbortMultipartUploadCommand({ Bucket, Key: 'l/1', UploadId: ids[0] });
    assert.equal(await refusal(s3.send(abort)), 'NoSuchUpload');
    assert.equal(await refusal(send('l/1', ids[0]!, 1, Buffer.from('late'))), 'NoSuchUpload');
    assert.equal(await refusal(send('l/1', '../../../etc', 1, Buffer.from('x'))), 'NoSuchUpload');
  });
});
