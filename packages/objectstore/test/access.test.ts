/** Who gets in, who doesn't, and what each may do. */
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { ensureBucket, type AccessKey } from '@larder/objectstore';
import { canonicalRequest, signatureOf, signingKey, stringToSign } from '../src/auth/signature.ts';
import { ask, send, sendBytes, sign, type RawRequest } from './raw.ts';
import { refusal, startRig, type Rig } from './rig.ts';

const Bucket = 'first';

describe('access', () => {
  let rig: Rig;
  let port: number;
  let owner: AccessKey;
  let s3: S3Client;
  before(async () => {
    rig = await startRig();
    ({ owner } = rig);
    port = rig.store.port;
    s3 = rig.client();
    await ensureBucket(rig.folder, 'second');
    await s3.send(new PutObjectCommand({ Bucket, Key: 'there', Body: 'kept' }));
  });
  after(async () => {
    await rig.close();
    assert.deepEqual(rig.faults, []);
  });

  const code = async (key: AccessKey, raw: RawRequest): Promise<string | number> => {
    const { status, code: found } = await ask(port, key, raw);
    return found ?? status;
  };

  it('knows AWS’ own example of a signature', () => {
    const empty = createHash('sha256').digest('hex');
    const canonical = canonicalRequest({
      ...{ method: 'GET', path: '/test.txt', query: [], payload: empty },
      headers: [
        ['host', 'examplebucket.s3.amazonaws.com'],
        ['range', 'bytes=0-9'],
        ['x-amz-content-sha256', empty],
        ['x-amz-date', '20130524T000000Z'],
      ],
    });
    const scope = { day: '20130524', region: 'us-east-1', service: 's3' };
    const secret = signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope);
    const signature = signatureOf(secret, stringToSign('20130524T000000Z', scope, canonical));
    assert.equal(signature, 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
  });

  it('refuses who isn’t known, or signs wrongly', async () => {
    const stranger = { ...owner, accessKeyId: 'LKAAAAAAAAAAAAAAAAAA' };
    assert.equal(await code(stranger, { path: '/first/there' }), 'InvalidAccessKeyId');
    assert.equal(
      await code({ ...owner, accessKeyId: '../keys/x' }, { path: '/first/there' }),
      'AuthorizationHeaderMalformed',
    );
    assert.equal(await code({ ...owner, secretAccessKey: 'wrong' }, { path: '/first/there' }), 'SignatureDoesNotMatch');
    assert.equal(await code(owner, { path: '/first/there' }), 200);
    const bare = async (headers: Record<string, string>): Promise<string | undefined> =>
      (await send(port, { path: '/first/there', headers })).code;
    assert.equal(await bare({}), 'AccessDenied');
    assert.equal(await bare({ authorization: 'AWS AKIA:sig' }), 'InvalidRequest');
    assert.equal(await bare({ authorization: 'AWS4-HMAC-SHA256 nonsense' }), 'AuthorizationHeaderMalformed');
  });

  it('takes no request that was changed on its way', async () => {
    const { headers } = sign(port, owner, { path: '/first/there' });
    const changed = async (raw: RawRequest): Promise<string | undefined> =>
      (await send(port, { ...raw, headers: { ...headers, ...raw.headers } })).code;
    assert.equal(await changed({ path: '/first/other' }), 'SignatureDoesNotMatch');
    assert.equal(await changed({ path: '/first/there?x=y' }), 'SignatureDoesNotMatch');
    assert.equal(await changed({ path: '/first/there', method: 'DELETE' }), 'SignatureDoesNotMatch');
    assert.equal(await changed({ path: '/first/there', headers: { host: 'elsewhere' } }), 'SignatureDoesNotMatch');
    assert.equal(await changed({ path: '/first/there', headers: { 'x-amz-copy-source': 'a/b' } }), 'AccessDenied');
    const wrongBody = {
      method: 'PUT',
      path: '/first/there',
      body: 'other',
      payload: createHash('sha256').update('this').digest('hex'),
    };
    assert.equal(await code(owner, wrongBody), 'XAmzContentSHA256Mismatch');
    assert.equal(
      await (await s3.send(new GetObjectCommand({ Bucket, Key: 'there' }))).Body!.transformToString(),
      'kept',
    );
  });

  it('compares the clocks', async () => {
    const at = (minutes: number): RawRequest => ({
      path: '/first/there',
      now: new Date(Date.now() + minutes * 60_000),
    });
    assert.equal(await code(owner, at(-20)), 'RequestTimeTooSkewed');
    assert.equal(await code(owner, at(20)), 'RequestTimeTooSkewed');
    assert.equal(await code(owner, at(-10)), 200);
  });

  it('lets a presigned URL do what it says, for as long as it says', async () => {
    const get = async (url: string): Promise<[number, string]> => {
      const { status, body } = await send(port, { path: url.slice(rig.store.url.length) });
      return [status, body];
    };
    const command = new GetObjectCommand({ Bucket, Key: 'there', ResponseContentType: 'text/x' });
    const url = await getSignedUrl(s3, command, { expiresIn: 60 });
    assert.deepEqual(await get(url), [200, 'kept']);
    assert.match((await get(url.replace('there', 'other')))[1], /SignatureDoesNotMatch/);
    const old = await getSignedUrl(s3, command, { expiresIn: 60, signingDate: new Date(Date.now() - 120_000) });
    assert.match((await get(old))[1], /AccessDenied.*expired/);
    assert.match((await get(url.replace('Expires=60', 'Expires=99999999')))[1], /AuthorizationQueryParametersError/);
    const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'by-url' }), { expiresIn: 60 });
    const sent = await send(port, {
      method: 'PUT',
      path: put.slice(rig.store.url.length),
      body: 'x',
      headers: { 'content-length': '1' },
    });
    assert.equal(sent.status, 200);
  });

  it('gives each key its own bucket only', async () => {
    const other = rig.client(await rig.newKey('second', 'owner'));
    assert.equal(await refusal(other.send(new GetObjectCommand({ Bucket, Key: 'there' }))), 'AccessDenied');
    assert.equal(await refusal(other.send(new PutObjectCommand({ Bucket, Key: 'there', Body: '' }))), 'AccessDenied');
    assert.equal(await refusal(other.send(new ListObjectsV2Command({ Bucket }))), 'AccessDenied');
    assert.equal(await refusal(other.send(new ListObjectsV2Command({ Bucket: 'nowhere' }))), 'AccessDenied');
    const { Buckets } = await other.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets?.map(({ Name }) => Name),
      ['second'],
    );
  });

  it('lets the archive add and read, but neither replace nor delete', async () => {
    const archive = rig.client(await rig.newKey('first', 'archive'));
    const put = (Key: string): Promise<unknown> => archive.send(new PutObjectCommand({ Bucket, Key, Body: 'wal' }));
    await put('wals/1');
    assert.equal(await refusal(put('wals/1')), 'PreconditionFailed');
    assert.equal(await refusal(archive.send(new DeleteObjectCommand({ Bucket, Key: 'wals/1' }))), 'AccessDenied');
    const Delete = { Objects: [{ Key: 'wals/1' }] };
    assert.equal(await refusal(archive.send(new DeleteObjectsCommand({ Bucket, Delete }))), 'AccessDenied');
    const copy = new CopyObjectCommand({ Bucket, Key: 'wals/1', CopySource: 'first/there' });
    assert.equal(await refusal(archive.send(copy)), 'PreconditionFailed');
    const begin = new CreateMultipartUploadCommand({ Bucket, Key: 'wals/2' });
    const { UploadId } = await archive.send(begin);
    const upload = { Bucket, Key: 'wals/2', UploadId };
    const { ETag } = await archive.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'wal' }));
    await put('wals/2');
    const complete = new CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    });
    assert.equal(await refusal(archive.send(complete)), 'PreconditionFailed');
    assert.equal(
      await (await archive.send(new GetObjectCommand({ Bucket, Key: 'wals/1' }))).Body!.transformToString(),
      'wal',
    );
  });

  it('lets a reader read', async () => {
    const reader = rig.client(await rig.newKey('first', 'read'));
    assert.equal(
      await (await reader.send(new GetObjectCommand({ Bucket, Key: 'there' }))).Body!.transformToString(),
      'kept',
    );
    await reader.send(new ListObjectsV2Command({ Bucket }));
    assert.equal(await refusal(reader.send(new PutObjectCommand({ Bucket, Key: 'new', Body: '' }))), 'AccessDenied');
    assert.equal(await refusal(reader.send(new DeleteObjectCommand({ Bucket, Key: 'there' }))), 'AccessDenied');
    assert.equal(await refusal(reader.send(new CreateMultipartUploadCommand({ Bucket, Key: 'n' }))), 'AccessDenied');
  });

  it('forgets a key at once', async () => {
    const gone = await rig.newKey('first', 'read');
    assert.equal(await code(gone, { path: '/first/there' }), 200);
    await rig.keys.remove(gone.accessKeyId);
    assert.equal(await code(gone, { path: '/first/there' }), 'InvalidAccessKeyId');
  });

  describe('chunks', () => {
    const chunked = (signed: ReturnType<typeof sign>, parts: string[], trailer?: [string, string]): string => {
      const { key, date, scope, seed } = signed.chunks;
      const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
      let previous = seed;
      const next = (kind: string, ...hashes: string[]): string =>
        (previous = createHmac('sha256', key)
          .update([kind, date, scope, previous, ...hashes].join('\n'))
          .digest('hex'));
      const chunks = [...parts, ''].map(part => {
        const signature = next('AWS4-HMAC-SHA256-PAYLOAD', hash(''), hash(part));
        const end = part === '' ? '' : '\r\n';
        return `${Buffer.byteLength(part).toString(16)};chunk-signature=${signature}\r\n${part}${end}`;
      });
      if (!trailer) return `${chunks.join('')}\r\n`;
      const line = `${trailer[0]}:${trailer[1]}`;
      const signature = next('AWS4-HMAC-SHA256-TRAILER', hash(`${line}\n`));
      return `${chunks.join('')}${line}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`;
    };
    const put = (more: Record<string, string>, payload: string): RawRequest => ({
      ...{ method: 'PUT', path: '/first/chunked', payload },
      headers: { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '10', ...more },
    });
    const sendChunks = async (
      raw: RawRequest,
      body: (signed: ReturnType<typeof sign>) => string,
    ): Promise<string | number> => {
      const signed = sign(port, owner, raw);
      const text = body(signed);
      const headers = { ...signed.headers, 'content-length': String(Buffer.byteLength(text)) };
      const answer = await send(port, { ...raw, headers, body: text });
      return answer.code ?? answer.status;
    };
    const SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';

    it('are taken when each is signed from the one before', async () => {
      assert.equal(await sendChunks(put({}, SIGNED), signed => chunked(signed, ['01234', '56789'])), 200);
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'chunked' }));
      assert.equal(await got.Body!.transformToString(), '0123456789');
      assert.equal(got.ContentEncoding, undefined);
    });

    it('are refused when one is changed, left out or cut', async () => {
      const raw = put({}, SIGNED);
      const forged = (change: (text: string) => string): Promise<string | number> =>
        sendChunks(raw, signed => change(chunked(signed, ['01234', '56789'])));
      assert.equal(await forged(text => text.replace('01234', '01235')), 'SignatureDoesNotMatch');
      assert.equal(await forged(text => text.slice(text.indexOf('5;', 10))), 'SignatureDoesNotMatch');
      assert.equal(await forged(text => text.slice(0, 60)), 'IncompleteBody');
      assert.equal(await forged(text => text.replace(/;chunk-signature=\w+/g, '')), 'SignatureDoesNotMatch');
      assert.equal(await forged(() => 'zz\r\n'), 'IncompleteBody');
      assert.equal(await forged(() => 'f'.repeat(10_000)), 'IncompleteBody');
      assert.equal(
        await (await s3.send(new GetObjectCommand({ Bucket, Key: 'chunked' }))).Body!.transformToString(),
        '0123456789',
      );
    });

    it('bring a checksum at their end, signed or not', async () => {
      const sum = createHash('sha256').update('0123456789').digest('base64');
      const trailing = { 'x-amz-trailer': 'x-amz-checksum-sha256' };
      const signedTrailer = put(trailing, `${SIGNED}-TRAILER`);
      const with_ = (value: string) => (signed: ReturnType<typeof sign>) =>
        chunked(signed, ['0123456789'], ['x-amz-checksum-sha256', value]);
      assert.equal(await sendChunks(signedTrailer, with_(sum)), 200);
      assert.equal(await sendChunks(signedTrailer, with_(sum.replace(/^./, 'A'))), 'BadDigest');
      assert.equal(
        await sendChunks(signedTrailer, signed => with_(sum)(signed).replace(/(trailer-signature:)../, '$1zz')),
        'SignatureDoesNotMatch',
      );
      const unsigned = put(trailing, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER');
      const plain = (value: string) => () => `a\r\n0123456789\r\n0\r\nx-amz-checksum-sha256:${value}\r\n\r\n`;
      assert.equal(await sendChunks(unsigned, plain(sum)), 200);
      assert.equal(await sendChunks(unsigned, plain('AAAA')), 'InvalidRequest');
      assert.equal(await sendChunks(unsigned, () => 'a\r\n0123456789\r\n0\r\n\r\n'), 'IncompleteBody');
    });
  });

  it('stays within the folder, whatever the path', async () => {
    const paths = [
      '/first/../second/x',
      '/first/%2e%2e/second/x',
      '/first/..%2f..%2fkeys',
      '/first/a/./b',
      '/first//etc/passwd',
      '/first/%2F%2Fx',
    ];
    for (const path of paths) {
      const put = await ask(port, owner, { method: 'PUT', path, body: path });
      assert.equal(put.status, 200, path);
      assert.equal((await ask(port, owner, { path })).body, path);
    }
    assert.deepEqual((await readdir(rig.folder)).sort(), ['first', 'second']);
    assert.deepEqual(await readdir(join(rig.folder, 'second/objects')), []);
    assert.equal(await code(owner, { path: '/first/a%00b' }), 'InvalidArgument');
    assert.equal(await code(owner, { path: '/..%2ffirst/x' }), 'InvalidBucketName');
    assert.equal(await code(owner, { path: '/%2e%2e/x' }), 'InvalidBucketName');
    for (const path of ['/first/%ff', '/first/%', '/first/x?a=%zz'])
      assert.equal((await send(port, { path })).code, 'InvalidURI', path);
  });

  it('answers garbage with an error, and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async text => {
        const said = await sendBytes(port, `${text}\r\n\r\n`);
        assert.ok(said === '' || /^HTTP\/1\.1 [45]/.test(said), said);
      }),
      { numRuns: 30 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'),
        fc.array(
          fc.constantFrom(
            'uploads',
            'uploadId=x',
            'partNumber=1',
            'delete',
            'list-type=2',
            'max-keys=-1',
            'versionId=1',
            'acl',
            'continuation-token=%',
          ),
          { maxLength: 3 },
        ),
        fc.constantFrom('/', '/first', '/first/', '/first/k', '/FIRST/k'),
        fc.oneof(
          fc.constantFrom(
            '',
            '<',
            '<Delete/>',
            '<Delete><Object/></Delete>',
            '<!DOCTYPE x [<!ENTITY a "b">]><Delete/>',
            '<CompleteMultipartUpload><Part/></CompleteMultipartUpload>',
          ),
          fc.string(),
        ),
        async (method, query, path, body) => {
          const url = query.length > 0 ? `${path}?${query.join('&').replace('%', '')}` : path;
          const { status } = await ask(port, owner, { method, path: url, body });
          assert.ok(status < 500 || status === 501, `${method} ${url}: ${status}`);
        },
      ),
      { numRuns: 150 },
    );
    assert.equal(
      await code(owner, { path: '/first/there' }).then(found => found === 200 || found === 'NoSuchKey'),
      true,
    );
  });

  it('keeps nothing of an upload that broke off', async () => {
    const { headers } = sign(port, owner, { method: 'PUT', path: '/first/cut', payload: 'UNSIGNED-PAYLOAD' });
    const head = Object.entries({ ...headers, 'content-length': '1000' }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    await sendBytes(port, `PUT /first/cut HTTP/1.1\r\n${head.join('')}\r\nonly this`);
    assert.equal(await code(owner, { path: '/first/cut' }), 'NoSuchKey');
    const deadline = performance.now() + 30_000;
    while ((await readdir(join(rig.folder, 'first/tmp'))).length > 0) assert.ok(performance.now() < deadline);
  });

  it('refuses what is too large before it is sent', async () => {
    const huge = { method: 'PUT', path: '/first/huge', payload: 'UNSIGNED-PAYLOAD' };
    const { headers } = sign(port, owner, huge);
    const head = Object.entries({ ...headers, 'content-length': String(6 * 1024 ** 3) }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    assert.match(await sendBytes(port, `PUT /first/huge HTTP/1.1\r\n${head.join('')}\r\n`, 'wait'), /EntityTooLarge/);
    const many = `<Delete>${'<Object><Key>k</Key></Object>'.repeat(1001)}</Delete>`;
    assert.equal(await code(owner, { method: 'POST', path: '/first?delete', body: many }), 'MalformedXML');
    const large = Buffer.concat([Buffer.from('<Delete>'), randomBytes(3 * 1024 * 1024)]);
    assert.equal(await code(owner, { method: 'POST', path: '/first?delete', body: large }), 'MalformedXML');
  });

  it('tells no secret to anybody', async () => {
    for (const raw of [{ path: '/first/nothing' }, { path: '/second' }, { method: 'PATCH', path: '/first/x' }]) {
      const { body, headers } = await ask(port, owner, raw);
      assert.ok(!`${body}${JSON.stringify(headers)}`.includes(owner.secretAccessKey));
      assert.ok(!body.includes(rig.folder));
    }
    const file = join(rig.folder, '../keys', `${owner.accessKeyId}.json`);
    assert.ok((await readFile(file, 'utf8')).includes(owner.secretAccessKey));
    const { statSync } = await import('node:fs');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700);
  });
});
