/** Multipart uploads: begin, send or copy a part, complete, abort. */
import { createHash } from 'node:crypto';
import { receiveDraft } from '../folder/draft.ts';
import { commitObject, findInfo, type ObjectInfo } from '../folder/objects.ts';
import type { StoredChecksum } from '../folder/sidecar.ts';
import {
  createUpload,
  getUpload,
  listParts,
  putPart,
  readParts,
  removeUpload,
  type Part,
  type Upload,
} from '../folder/uploads.ts';
import { checksumOfHeaders, parseAlgorithm, readText } from '../body/body.ts';
import { startChecksum } from '../body/checksums.ts';
import { S3Error } from '../protocol/errors.ts';
import { elementsOf, parseXml, textOf, xmlDocument } from '../protocol/xml.ts';
import { headerOf, mayOnlyAdd, queryOf, xmlReply, type ObjectCall, type Reply } from './call.ts';
import { checkWrite } from './conditions.ts';
import { checksumHeaders, factsOfHeaders } from './facts.ts';
import { checksumElements, openCopySource, readFile, writeCheck } from './objects.ts';
import { parseCopyRange } from './ranges.ts';

/** S3's bounds. */
const SMALLEST_PART = 5 * 1024 ** 2;
const LARGEST_OBJECT = 5 * 1024 ** 4;
const MOST_PARTS = 10_000;
const LONGEST_LIST = 4 * 1024 ** 2;

export async function createMultipartUpload(call: ObjectCall): Promise<Reply> {
  const facts = factsOfHeaders(call.headers);
  const checksum = chosenChecksum(call);
  if (mayOnlyAdd(call)) checkWrite({}, true, await findInfo(call.bucket, call.key));
  const upload = await createUpload(call.bucket, {
    ...facts,
    key: call.key,
    initiatedAt: new Date().toISOString(),
    checksum,
  });
  const reply = xmlReply(
    xmlDocument('InitiateMultipartUploadResult', {
      Bucket: call.bucket.name,
      Key: call.key,
      UploadId: upload.uploadId,
    }),
  );
  const headers: Record<string, string> = checksum
    ? { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type }
    : {};
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

export async function uploadPart(call: ObjectCall): Promise<Reply> {
  const number = partNumber(call);
  const upload = await uploadOf(call);
  const body = call.body();
  const draft = await receiveDraft(call.bucket, body.read());
  try {
    const checksum = body.checksum();
    const part = await putPart(call.bucket, upload, draft, { number, checksum });
    return { status: 200, headers: { ETag: `"${part.etag}"`, ...(checksum ? checksumHeaders(checksum) : {}) } };
  } finally {
    await draft.dispose();
  }
}

export async function uploadPartCopy(call: ObjectCall): Promise<Reply> {
  const number = partNumber(call);
  const upload = await uploadOf(call);
  const source = await openCopySource(call);
  try {
    const range = parseCopyRange(headerOf(call, 'x-amz-copy-source-range'), source.info.size);
    const sum = upload.checksum && (await startChecksum(upload.checksum.algorithm));
    async function* bytes(): AsyncGenerator<Buffer> {
      for await (const chunk of readFile(source.handle, range)) {
        sum?.update(chunk);
        yield chunk;
      }
    }
    const draft = await receiveDraft(call.bucket, bytes());
    try {
      const checksum = sum && upload.checksum && checksumFrom(upload.checksum.algorithm, sum.digest());
      const part = await putPart(call.bucket, upload, draft, { number, checksum });
      const result = { ETag: `"${part.etag}"`, LastModified: part.modifiedAt, ...checksumElements({ checksum }) };
      return xmlReply(xmlDocument('CopyPartResult', result));
    } finally {
      await draft.dispose();
    }
  } finally {
    await source.handle.close();
  }
}

export async function completeMultipartUpload(call: ObjectCall): Promise<Reply> {
  const uploadId = queryOf(call, 'uploadId') ?? '';
  const wanted = parseWanted(await readText(call.body({ ignoreChecksum: true }), LONGEST_LIST));
  return call.bucket.locks.hold(`upload ${uploadId}`, async () => {
    const before = await findInfo(call.bucket, call.key);
    // The answer to the first time was lost on its way.
    if (before?.uploadId !== undefined && before.uploadId === uploadId) return completedReply(call, before);
    const upload = await uploadOf(call);
    const check = writeCheck(call);
    check(before);
    const parts = chooseParts(wanted, await listParts(call.bucket, uploadId));
    call.keepAlive();
    const info = await assemble(call, upload, parts);
    await removeUpload(call.bucket, uploadId);
    return completedReply(call, info);
  });
}

export async function abortMultipartUpload(call: ObjectCall): Promise<Reply> {
  const { uploadId } = await uploadOf(call);
  await call.bucket.locks.hold(`upload ${uploadId}`, () => removeUpload(call.bucket, uploadId));
  return { status: 204 };
}

interface WantedPart {
  number: number;
  etag: string;
  /** By element name. */
  checksums: [string, string][];
}

function parseWanted(text: string): WantedPart[] {
  const parts = elementsOf(parseXml(text, 'CompleteMultipartUpload'), 'Part');
  if (parts.length === 0 || parts.length > MOST_PARTS) throw new S3Error('MalformedXML');
  return parts.map(part => {
    const number = Number(textOf(part, 'PartNumber')?.trim());
    const etag = textOf(part, 'ETag')?.trim().replaceAll('"', '');
    if (!Number.isInteger(number) || etag === undefined) throw new S3Error('MalformedXML');
    const names = Object.keys(part).filter(name => name.startsWith('Checksum'));
    return { number, etag, checksums: names.map(name => [name, textOf(part, name) ?? '']) };
  });
}

/** @throws S3Error unless the list fits what was sent */
function chooseParts(wanted: WantedPart[], sent: Part[]): Part[] {
  const byNumber = new Map(sent.map(part => [part.number, part]));
  const parts = wanted.map(({ number, etag, checksums }, n) => {
    if (n > 0 && number <= (wanted[n - 1]?.number ?? 0)) throw new S3Error('InvalidPartOrder');
    const part = byNumber.get(number);
    if (part?.etag !== etag) throw new S3Error('InvalidPart', undefined, { PartNumber: String(number) });
    const known: Record<string, string> = checksumElements(part);
    if (checksums.some(([name, value]) => known[name] !== undefined && known[name] !== value))
      throw new S3Error('InvalidPart', undefined, { PartNumber: String(number) });
    return part;
  });
  if (parts.slice(0, -1).some(({ size }) => size < SMALLEST_PART)) throw new S3Error('EntityTooSmall');
  if (parts.reduce((sum, { size }) => sum + size, 0) > LARGEST_OBJECT) throw new S3Error('EntityTooLarge');
  return parts;
}

async function assemble(call: ObjectCall, upload: Upload, parts: Part[]): Promise<ObjectInfo> {
  const whole = upload.checksum?.type === 'FULL_OBJECT' ? upload.checksum.algorithm : undefined;
  const sum = whole && (await startChecksum(whole));
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const chunk of readParts(call.bucket, upload.uploadId, parts)) {
      sum?.update(chunk);
      yield chunk;
    }
  }
  const draft = await receiveDraft(call.bucket, bytes());
  try {
    const checksum = whole && sum ? checksumFrom(whole, sum.digest()) : await compositeChecksum(upload, parts);
    checkExpected(call, checksum);
    const { headers, metadata, uploadId } = upload;
    const version = { headers, metadata, uploadId, etag: compositeEtag(parts), checksum };
    return await commitObject(call.bucket, call.key, draft, { version, check: writeCheck(call) });
  } finally {
    await draft.dispose();
  }
}

/** The MD5 of the parts' MD5s, and how many there are. */
function compositeEtag(parts: Part[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag, 'hex'));
  return `${hash.digest('hex')}-${parts.length}`;
}

async function compositeChecksum({ checksum }: Upload, parts: Part[]): Promise<StoredChecksum | undefined> {
  if (!checksum || parts.some(part => part.checksum?.algorithm !== checksum.algorithm)) return undefined;
  const sum = await startChecksum(checksum.algorithm);
  for (const part of parts) sum.update(Buffer.from(part.checksum?.value ?? '', 'base64'));
  const value = `${sum.digest().toString('base64')}-${parts.length}`;
  return { algorithm: checksum.algorithm, value, type: 'COMPOSITE' };
}

/** @throws S3Error `BadDigest` when the client computed another */
function checkExpected(call: ObjectCall, checksum: StoredChecksum | undefined): void {
  const expected = checksumOfHeaders(call.headers);
  if (!expected || !checksum || expected.algorithm !== checksum.algorithm) return;
  if (expected.value.replace(/-\d+$/, '') !== checksum.value.replace(/-\d+$/, '')) throw new S3Error('BadDigest');
}

function completedReply(call: ObjectCall, info: ObjectInfo): Reply {
  const Location = `/${call.bucket.name}/${call.key}`;
  const result = {
    Location,
    Bucket: call.bucket.name,
    Key: call.key,
    ETag: `"${info.etag}"`,
    ...checksumElements(info),
  };
  return xmlReply(xmlDocument('CompleteMultipartUploadResult', result));
}

function chosenChecksum(call: ObjectCall): Upload['checksum'] {
  const name = headerOf(call, 'x-amz-checksum-algorithm');
  if (name === undefined) return undefined;
  const algorithm = parseAlgorithm(name);
  const natural = algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  const type = headerOf(call, 'x-amz-checksum-type') ?? natural;
  const isSha = algorithm.startsWith('SHA');
  if (
    (type !== 'FULL_OBJECT' && type !== 'COMPOSITE') ||
    (isSha && type === 'FULL_OBJECT') ||
    (natural === 'FULL_OBJECT' && type !== natural)
  )
    throw new S3Error(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm`,
    );
  return { algorithm, type };
}

function checksumFrom(algorithm: StoredChecksum['algorithm'], digest: Buffer): StoredChecksum {
  return { algorithm, value: digest.toString('base64'), type: 'FULL_OBJECT' };
}

function uploadOf(call: ObjectCall): Promise<Upload> {
  return getUpload(call.bucket, queryOf(call, 'uploadId') ?? '', call.key);
}

function partNumber(call: ObjectCall): number {
  const text = queryOf(call, 'partNumber') ?? '';
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > MOST_PARTS)
    throw new S3Error('InvalidArgument', `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
  return Number(text);
}
