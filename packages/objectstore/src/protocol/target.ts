/** What a request is about, taken from its raw path and query: never normalised, so `..` in a key stays two dots of a key. */
import { S3Error } from './errors.ts';

export interface Target {
  /** Absent: the service itself. */
  bucket?: string;
  /** Absent: the bucket itself. */
  key?: string;
  /** The whole path, decoded. */
  path: string;
  /** Decoded, in the order they came. */
  query: [string, string][];
}

/** @throws S3Error `InvalidURI`, `InvalidBucketName`, `KeyTooLongError` */
export function parseTarget(url: string): Target {
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  if (!rawPath.startsWith('/')) throw new S3Error('InvalidURI');
  const path = decoded(rawPath);
  const query = mark < 0 ? [] : parseQuery(url.slice(mark + 1));
  const slash = path.indexOf('/', 1);
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash);
  const key = slash < 0 ? '' : path.slice(slash + 1);
  if (bucket === '') return { path, query };
  checkBucketName(bucket);
  if (key === '') return { bucket, path, query };
  checkKey(key);
  return { bucket, key, path, query };
}

/** @throws S3Error `InvalidBucketName` */
export function checkBucketName(name: string): void {
  const ipAddress = /^\d+\.\d+\.\d+\.\d+$/;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..') || ipAddress.test(name))
    throw new S3Error('InvalidBucketName');
}

/** @throws S3Error `KeyTooLongError`, `InvalidArgument` */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError');
  if (key === '' || key.includes('\u0000') || /\p{Surrogate}/u.test(key))
    throw new S3Error('InvalidArgument', 'A key must be 1 to 1024 bytes of UTF-8 without NUL');
}

/** `/bucket/key` of a copy's source. @throws S3Error */
export function parseCopySource(header: string): { bucket: string; key: string } {
  const mark = header.indexOf('?');
  const version = mark < 0 ? undefined : parseQuery(header.slice(mark + 1)).find(([name]) => name === 'versionId')?.[1];
  if (version !== undefined && version !== 'null') throw new S3Error('NoSuchVersion');
  const path = decoded(mark < 0 ? header : header.slice(0, mark));
  const { bucket, key } = parseTarget(uriEncode(path.startsWith('/') ? path : `/${path}`, true));
  if (bucket === undefined || key === undefined)
    throw new S3Error('InvalidArgument', 'x-amz-copy-source must be <bucket>/<key>');
  return { bucket, key };
}

/** S3's percent-encoding: everything but letters, digits and `-_.~`. */
export function uriEncode(text: string, keepSlash = false): string {
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    found => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return keepSlash ? encoded.replaceAll('%2F', '/') : encoded;
}

function parseQuery(text: string): [string, string][] {
  return text
    .split('&')
    .filter(part => part !== '')
    .map(part => {
      const equals = part.indexOf('=');
      const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
      return [decoded(name.replaceAll('+', ' ')), decoded(value.replaceAll('+', ' '))];
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}
