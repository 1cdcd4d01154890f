/** What a client sets beside an object's bytes, in and out. */
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from '../protocol/errors.ts';
import { checksumHeader } from '../body/checksums.ts';
import type { ObjectInfo } from '../folder/objects.ts';
import type { ObjectFacts } from '../folder/sidecar.ts';

/** Kept, and given back as they were. */
const CONTENT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** S3's bound on names and values together. */
const MOST_METADATA = 2048;

const META = 'x-amz-meta-';

/** @throws S3Error `MetadataTooLarge`, and for what would silently not be done */
export function factsOfHeaders(headers: IncomingHttpHeaders): ObjectFacts {
  checkOffered(headers);
  const kept: Record<string, string> = {};
  const metadata: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    const text = typeof value === 'string' ? value : (value ?? []).join(',');
    if (name.startsWith(META)) {
      metadata[name.slice(META.length)] = text;
      bytes += Buffer.byteLength(name) - META.length + Buffer.byteLength(text);
    } else if (CONTENT_HEADERS.includes(name)) kept[name] = withoutChunked(name, text);
  }
  if (bytes > MOST_METADATA) throw new S3Error('MetadataTooLarge');
  return { headers: Object.fromEntries(Object.entries(kept).filter(([, text]) => text !== '')), metadata };
}

/** The headers of an answer that is about an object. */
export function headersOfObject(info: ObjectInfo): Record<string, string> {
  return {
    'Content-Type': 'binary/octet-stream',
    ...Object.fromEntries(Object.entries(info.headers).map(([name, value]) => [titled(name), value])),
    ...Object.fromEntries(Object.entries(info.metadata).map(([name, value]) => [META + name, value])),
    ETag: `"${info.etag}"`,
    'Last-Modified': info.lastModified.toUTCString(),
    'Accept-Ranges': 'bytes',
  };
}

export function checksumHeaders({
  algorithm,
  value,
  type,
}: NonNullable<ObjectInfo['checksum']>): Record<string, string> {
  return { [checksumHeader(algorithm)]: value, 'x-amz-checksum-type': type };
}

/** Headers that ask for something we wouldn't do: whoever asks for encryption must not think it was done. */
function checkOffered(headers: IncomingHttpHeaders): void {
  const acl = headers['x-amz-acl'];
  if (acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control')
    throw new S3Error('AccessControlListNotSupported');
  const storageClass = headers['x-amz-storage-class'];
  if (storageClass !== undefined && storageClass !== 'STANDARD') throw new S3Error('InvalidStorageClass');
  for (const name of Object.keys(headers)) {
    if (name.startsWith('x-amz-grant-')) throw new S3Error('AccessControlListNotSupported');
    if (NOT_OFFERED.some(prefix => name.startsWith(prefix)))
      throw new S3Error('NotImplemented', `"${name}" is not offered`);
  }
}

const NOT_OFFERED = [
  'x-amz-server-side-encryption',
  'x-amz-copy-source-server-side-encryption',
  'x-amz-tagging',
  'x-amz-object-lock',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
];

/** `aws-chunked` is how it was sent, not what it is. */
function withoutChunked(name: string, value: string): string {
  if (name !== 'content-encoding') return value;
  return value
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== 'aws-chunked')
    .join(',');
}

function titled(name: string): string {
  return name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase());
}
