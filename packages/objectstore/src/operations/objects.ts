/** Putting, getting, copying and deleting objects. */
import type { FileHandle } from 'node:fs/promises';
import { receiveDraft, type Draft } from '../folder/draft.ts';
import {
  commitObject,
  findInfo,
  findObject,
  removeObject,
  type ObjectInfo,
  type OpenObject,
} from '../folder/objects.ts';
import type { ObjectFacts, StoredChecksum } from '../folder/sidecar.ts';
import { S3Error } from '../protocol/errors.ts';
import { parseCopySource } from '../protocol/target.ts';
import { xmlDocument } from '../protocol/xml.ts';
import { startChecksum } from '../body/checksums.ts';
import { parseAlgorithm } from '../body/body.ts';
import { headerOf, mayOnlyAdd, queryOf, xmlReply, type ObjectCall, type Reply } from './call.ts';
import { checkCopySource, checkDelete, checkRead, checkWrite } from './conditions.ts';
import { checksumHeaders, factsOfHeaders, headersOfObject } from './facts.ts';
import { parseRange, type ByteRange } from './ranges.ts';

export async function putObject(call: ObjectCall): Promise<Reply> {
  const { bucket, key } = call;
  const facts = factsOfHeaders(call.headers);
  const check = writeCheck(call);
  const body = call.body();
  // Refused before the bytes are sent, and once more when they are there.
  check(await findInfo(bucket, key));
  const draft = await receiveDraft(bucket, body.read());
  try {
    const checksum = body.checksum();
    const info = await commitObject(bucket, key, draft, {
      version: { ...facts, etag: draft.md5.toString('hex'), checksum },
      check,
    });
    return { status: 200, headers: { ETag: `"${info.etag}"`, ...(checksum ? checksumHeaders(checksum) : {}) } };
  } finally {
    await draft.dispose();
  }
}

export async function getObject(call: ObjectCall): Promise<Reply> {
  const { handle, info } = await getOpen(call);
  try {
    const reply = readReply(call, info);
    if (reply.status === 304 || info.size === 0) {
      await handle.close();
      return reply;
    }
    return { ...reply, file: { handle, range: reply.range ?? { start: 0, end: info.size - 1 } } };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function headObject(call: ObjectCall): Promise<Reply> {
  const { handle, info } = await getOpen(call);
  await handle.close();
  return readReply(call, info);
}

export async function deleteObject(call: ObjectCall): Promise<Reply> {
  checkVersion(call);
  await removeObject(call.bucket, call.key, current => checkDelete(call.headers, current));
  return { status: 204 };
}

export async function copyObject(call: ObjectCall): Promise<Reply> {
  const { key } = call;
  const directive = headerOf(call, 'x-amz-metadata-directive') ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw new S3Error('InvalidArgument', 'x-amz-metadata-directive must be COPY or REPLACE');
  const replaced = factsOfHeaders(call.headers);
  const source = await openCopySource(call);
  try {
    if (source.info.key === key && directive === 'COPY')
      throw new S3Error(
        'InvalidRequest',
        'An object is copied to itself only with new metadata: x-amz-metadata-directive: REPLACE',
      );
    const facts = directive === 'REPLACE' ? replaced : source.info;
    const info = await copyInto(call, source, facts);
    const result = { ETag: `"${info.etag}"`, LastModified: info.lastModified.toISOString(), ...checksumElements(info) };
    return xmlReply(xmlDocument('CopyObjectResult', result));
  } finally {
    await source.handle.close();
  }
}

/** The source that the headers name, if it is in this very bucket and its conditions hold. The caller closes it. */
export async function openCopySource(call: ObjectCall): Promise<OpenObject> {
  const source = parseCopySource(headerOf(call, 'x-amz-copy-source') ?? '');
  if (source.bucket !== call.identity.key.bucket) throw new S3Error('AccessDenied');
  const found = await findObject(call.bucket, source.key);
  if (!found) throw new S3Error('NoSuchKey', undefined, { Key: source.key });
  try {
    checkCopySource(call.headers, found.info);
    return found;
  } catch (error) {
    await found.handle.close();
    throw error;
  }
}

/** The bytes of a file, or some of them. */
export function readFile(handle: FileHandle, range?: ByteRange): AsyncIterable<Buffer> {
  return handle.createReadStream({ ...range, autoClose: false, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}

/** What a change of the key must find there. */
export function writeCheck(call: ObjectCall): (current: ObjectInfo | undefined) => void {
  return current => checkWrite(call.headers, mayOnlyAdd(call), current);
}

/** The elements of an answer that say an object's checksum. */
export function checksumElements({ checksum }: { checksum?: StoredChecksum }): Record<string, string> {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {};
}

async function copyInto(to: ObjectCall, from: OpenObject, { headers, metadata }: ObjectFacts): Promise<ObjectInfo> {
  const check = writeCheck(to);
  check(await findInfo(to.bucket, to.key));
  const { draft, checksum } = await copyBytes(to, from);
  try {
    const version = { headers, metadata, etag: draft.md5.toString('hex'), checksum };
    return await commitObject(to.bucket, to.key, draft, { version, check });
  } finally {
    await draft.dispose();
  }
}

async function copyBytes(
  call: ObjectCall,
  { handle, info }: OpenObject,
): Promise<{ draft: Draft; checksum?: StoredChecksum }> {
  const asked = headerOf(call, 'x-amz-checksum-algorithm');
  const algorithm = asked === undefined ? info.checksum?.algorithm : parseAlgorithm(asked);
  const sum = algorithm && (await startChecksum(algorithm));
  const draft = await receiveDraft(
    call.bucket,
    (async function* () {
      for await (const chunk of readFile(handle)) {
        sum?.update(chunk);
        yield chunk;
      }
    })(),
  );
  if (!algorithm || !sum) return { draft };
  return { draft, checksum: { algorithm, value: sum.digest().toString('base64'), type: 'FULL_OBJECT' } };
}

async function getOpen(call: ObjectCall): Promise<OpenObject> {
  checkVersion(call);
  if (queryOf(call, 'partNumber') !== undefined)
    throw new S3Error('NotImplemented', 'Getting one part is not offered; use Range');
  const found = await findObject(call.bucket, call.key);
  if (!found) throw new S3Error('NoSuchKey', undefined, { Key: call.key });
  return found;
}

function checkVersion(call: ObjectCall): void {
  const version = queryOf(call, 'versionId');
  if (version !== undefined && version !== '' && version !== 'null') throw new S3Error('NoSuchVersion');
}

/** Everything of the answer but the bytes. @throws S3Error `PreconditionFailed`, `InvalidRange` */
function readReply(call: ObjectCall, info: ObjectInfo): Reply & { range?: ByteRange } {
  const headers: Record<string, string | number> = { ...headersOfObject(info), ...overrides(call) };
  if (checkRead(call.headers, info) === 'notModified') {
    delete headers['Content-Type'];
    return { status: 304, headers };
  }
  const range = parseRange(rangeHeader(call, info), info.size);
  // A client would compare the checksum of the whole with the part that it gets.
  const checksum =
    !range && headerOf(call, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' ? info.checksum : undefined;
  if (checksum) Object.assign(headers, checksumHeaders(checksum));
  if (!range) return { status: 200, headers: { ...headers, 'Content-Length': info.size } };
  const part = {
    'Content-Length': range.end - range.start + 1,
    'Content-Range': `bytes ${range.start}-${range.end}/${info.size}`,
  };
  return { status: 206, headers: { ...headers, ...part }, range };
}

/** A range counts only while the object is still the one that `If-Range` names. */
function rangeHeader(call: ObjectCall, { etag, lastModified }: ObjectInfo): string | undefined {
  const condition = headerOf(call, 'if-range');
  if (condition === undefined || condition === `"${etag}"` || condition === lastModified.toUTCString())
    return headerOf(call, 'range');
  return undefined;
}

/** `response-content-type` and the like: signed by who made the URL. */
function overrides(call: ObjectCall): Record<string, string> {
  const found = call.target.query.flatMap(([name, value]) => {
    const header = OVERRIDES[name];
    return header === undefined ? [] : [[header, value] as const];
  });
  // A line end in a value would be a header of its own.
  if (found.some(([, value]) => !/^[\t\x20-\x7e]*$/.test(value))) throw new S3Error('InvalidArgument');
  return Object.fromEntries(found);
}

const OVERRIDES: Record<string, string> = {
  'response-cache-control': 'Cache-Control',
  'response-content-disposition': 'Content-Disposition',
  'response-content-encoding': 'Content-Encoding',
  'response-content-language': 'Content-Language',
  'response-content-type': 'Content-Type',
  'response-expires': 'Expires',
};
