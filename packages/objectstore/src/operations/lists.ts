/** Listing: objects the old way and the new, uploads, parts. */
import { commonPrefixOf, listPage, type Page } from '../folder/list.ts';
import { getUpload, listParts, listUploads, type Upload } from '../folder/uploads.ts';
import type { ObjectInfo } from '../folder/objects.ts';
import { S3Error } from '../protocol/errors.ts';
import { uriEncode } from '../protocol/target.ts';
import { xmlDocument, type XmlElements } from '../protocol/xml.ts';
import { queryOf, xmlReply, type BucketCall, type ObjectCall, type Reply } from './call.ts';
import { checksumElements } from './objects.ts';

export async function listObjects(call: BucketCall): Promise<Reply> {
  const { prefix, delimiter, limit, encode, encoding } = commonOptions(call, 'max-keys');
  const marker = queryOf(call, 'marker') ?? '';
  const page = await listPage(call.bucket, { prefix, delimiter, after: marker, limit });
  return xmlReply(
    xmlDocument('ListBucketResult', {
      Name: call.bucket.name,
      Prefix: encode(prefix),
      Marker: encode(marker),
      ...(page.next !== undefined && delimiter !== '' ? { NextMarker: encode(page.next) } : {}),
      MaxKeys: limit,
      ...(delimiter === '' ? {} : { Delimiter: encode(delimiter) }),
      ...encoding,
      IsTruncated: page.next !== undefined,
      ...pageElements(page, encode, { owner: true }),
    }),
  );
}

export async function listObjectsV2(call: BucketCall): Promise<Reply> {
  const { prefix, delimiter, limit, encode, encoding } = commonOptions(call, 'max-keys');
  const token = queryOf(call, 'continuation-token');
  const startAfter = queryOf(call, 'start-after');
  const after = token === undefined ? (startAfter ?? '') : keyOfToken(token);
  const page = await listPage(call.bucket, { prefix, delimiter, after, limit });
  return xmlReply(
    xmlDocument('ListBucketResult', {
      Name: call.bucket.name,
      Prefix: encode(prefix),
      ...(startAfter === undefined ? {} : { StartAfter: encode(startAfter) }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
      ...(page.next === undefined ? {} : { NextContinuationToken: tokenOfKey(page.next) }),
      KeyCount: page.objects.length + page.commonPrefixes.length,
      MaxKeys: limit,
      ...(delimiter === '' ? {} : { Delimiter: encode(delimiter) }),
      ...encoding,
      IsTruncated: page.next !== undefined,
      ...pageElements(page, encode, { owner: queryOf(call, 'fetch-owner') === 'true' }),
    }),
  );
}

export async function listMultipartUploads(call: BucketCall): Promise<Reply> {
  const { prefix, delimiter, limit, encode, encoding } = commonOptions(call, 'max-uploads');
  const keyMarker = queryOf(call, 'key-marker') ?? '';
  const idMarker = queryOf(call, 'upload-id-marker') ?? '';
  const all = (await listUploads(call.bucket)).filter(({ key }) => key.startsWith(prefix));
  const rest = all.filter(upload => isAfter(upload, keyMarker, keyMarker === '' ? '' : idMarker));
  const { uploads, prefixes, more } = rollUp(rest, { prefix, delimiter, limit, after: keyMarker });
  const last = uploads.at(-1);
  return xmlReply(
    xmlDocument('ListMultipartUploadsResult', {
      Bucket: call.bucket.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: idMarker,
      ...(more
        ? { NextKeyMarker: encode(laterOf(last?.key, prefixes.at(-1))), NextUploadIdMarker: last?.uploadId ?? '' }
        : {}),
      Prefix: encode(prefix),
      ...(delimiter === '' ? {} : { Delimiter: encode(delimiter) }),
      ...encoding,
      MaxUploads: limit,
      IsTruncated: more,
      Upload: uploads.map(({ key, uploadId, initiatedAt }) => ({
        Key: encode(key),
        UploadId: uploadId,
        Initiated: initiatedAt,
        StorageClass: 'STANDARD',
        Owner: OWNER,
        Initiator: OWNER,
      })),
      CommonPrefixes: prefixes.map(each => ({ Prefix: encode(each) })),
    }),
  );
}

export async function listUploadedParts(call: ObjectCall): Promise<Reply> {
  const uploadId = queryOf(call, 'uploadId') ?? '';
  const limit = parseLimit(queryOf(call, 'max-parts'), 'max-parts');
  const marker = parseLimit(queryOf(call, 'part-number-marker') ?? '0', 'part-number-marker', 10_000);
  const upload = await getUpload(call.bucket, uploadId, call.key);
  const rest = (await listParts(call.bucket, uploadId)).filter(({ number }) => number > marker);
  const parts = rest.slice(0, limit);
  const more = rest.length > parts.length;
  return xmlReply(
    xmlDocument('ListPartsResult', {
      Bucket: call.bucket.name,
      Key: call.key,
      UploadId: uploadId,
      PartNumberMarker: marker,
      ...(more ? { NextPartNumberMarker: parts.at(-1)?.number ?? marker } : {}),
      MaxParts: limit,
      IsTruncated: more,
      StorageClass: 'STANDARD',
      Owner: OWNER,
      Initiator: OWNER,
      ...(upload.checksum ? { ChecksumAlgorithm: upload.checksum.algorithm, ChecksumType: upload.checksum.type } : {}),
      Part: parts.map(part => ({
        PartNumber: part.number,
        LastModified: part.modifiedAt,
        ETag: `"${part.etag}"`,
        Size: part.size,
        ...(part.checksum ? { [`Checksum${part.checksum.algorithm}`]: part.checksum.value } : {}),
      })),
    }),
  );
}

export const OWNER = { ID: 'larder', DisplayName: 'larder' };

interface CommonOptions {
  prefix: string;
  delimiter: string;
  limit: number;
  encode: (key: string) => string;
  encoding: XmlElements;
}

function commonOptions(call: BucketCall, limitName: string): CommonOptions {
  const encodingType = queryOf(call, 'encoding-type');
  if (encodingType !== undefined && encodingType !== 'url')
    throw new S3Error('InvalidArgument', 'encoding-type must be url');
  return {
    prefix: queryOf(call, 'prefix') ?? '',
    delimiter: queryOf(call, 'delimiter') ?? '',
    limit: parseLimit(queryOf(call, limitName), limitName),
    encode: key => (encodingType === 'url' ? uriEncode(key, true) : key),
    encoding: encodingType === undefined ? {} : { EncodingType: 'url' },
  };
}

function parseLimit(text: string | undefined, name: string, most = 1000): number {
  if (text === undefined || text === '') return most;
  if (!/^\d{1,10}$/.test(text)) throw new S3Error('InvalidArgument', `${name} must be a number from 0 to 2147483647`);
  return Math.min(Number(text), most);
}

function pageElements(
  { objects, commonPrefixes }: Page,
  encode: (key: string) => string,
  { owner }: { owner: boolean },
): XmlElements {
  return {
    Contents: objects.map(info => contentElements(info, encode, owner)),
    CommonPrefixes: commonPrefixes.map(prefix => ({ Prefix: encode(prefix) })),
  };
}

function contentElements(info: ObjectInfo, encode: (key: string) => string, owner: boolean): XmlElements {
  const { ChecksumType } = checksumElements(info);
  return {
    Key: encode(info.key),
    LastModified: info.lastModified.toISOString(),
    ETag: `"${info.etag}"`,
    ...(info.checksum ? { ChecksumAlgorithm: info.checksum.algorithm, ChecksumType } : {}),
    Size: info.size,
    ...(owner ? { Owner: OWNER } : {}),
    StorageClass: 'STANDARD',
  };
}

/** Opaque to clients, so that nobody makes one up. */
function tokenOfKey(key: string): string {
  return Buffer.from(`1${key}`).toString('base64url');
}

function keyOfToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!text.startsWith('1') || tokenOfKey(text.slice(1)) !== token)
    throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
  return text.slice(1);
}

function isAfter(upload: Upload, keyMarker: string, idMarker: string): boolean {
  const order = Buffer.compare(Buffer.from(upload.key), Buffer.from(keyMarker));
  if (order !== 0 || idMarker === '') return order > 0 || keyMarker === '';
  return upload.uploadId > idMarker;
}

function rollUp(
  all: Upload[],
  { prefix, delimiter, limit, after }: { prefix: string; delimiter: string; limit: number; after: string },
): { uploads: Upload[]; prefixes: string[]; more: boolean } {
  const uploads: Upload[] = [];
  const prefixes: string[] = [];
  for (const upload of all) {
    const rolled = delimiter === '' ? undefined : commonPrefixOf(upload.key, prefix, delimiter);
    if (rolled !== undefined && (rolled === prefixes.at(-1) || rolled === after)) continue;
    if (uploads.length + prefixes.length >= limit) return { uploads, prefixes, more: limit > 0 };
    if (rolled === undefined) uploads.push(upload);
    else prefixes.push(rolled);
  }
  return { uploads, prefixes, more: false };
}

function laterOf(key = '', prefix = ''): string {
  return Buffer.compare(Buffer.from(key), Buffer.from(prefix)) > 0 ? key : prefix;
}
