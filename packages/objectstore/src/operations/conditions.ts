/** Whether a request's conditions hold for what is there. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ObjectInfo } from '../folder/objects.ts';
import { S3Error } from '../protocol/errors.ts';

type Seen = Pick<ObjectInfo, 'etag' | 'lastModified'>;

/** `modified` when the client has it already (304). @throws S3Error `PreconditionFailed` */
export function checkRead(headers: IncomingHttpHeaders, seen: Seen): 'send' | 'notModified' {
  const match = headers['if-match'];
  if (match !== undefined && !matches(match, seen.etag)) throw failed('If-Match');
  const unmodified = timeOfHeader(headers['if-unmodified-since']);
  if (match === undefined && unmodified !== undefined && secondsOf(seen) > unmodified)
    throw failed('If-Unmodified-Since');
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return matches(noneMatch, seen.etag) ? 'notModified' : 'send';
  const modified = timeOfHeader(headers['if-modified-since']);
  return modified !== undefined && secondsOf(seen) <= modified ? 'notModified' : 'send';
}

/** The conditions on a copy's source: there is no 304 here. @throws S3Error `PreconditionFailed` */
export function checkCopySource(headers: IncomingHttpHeaders, seen: Seen): void {
  const names = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];
  const own = Object.fromEntries(names.map(name => [name, headers[`x-amz-copy-source-${name}`]]));
  if (checkRead(own, seen) === 'notModified') throw failed('x-amz-copy-source-if-*');
}

/**
 * Whether what is there may be replaced. @param absent the key may only add: the same as `If-None-Match: *`
 * @throws S3Error `PreconditionFailed`, `NoSuchKey`
 */
export function checkWrite(headers: IncomingHttpHeaders, absent: boolean, current: Seen | undefined): void {
  const noneMatch = headers['if-none-match'];
  const match = headers['if-match'];
  if (noneMatch !== undefined && noneMatch !== '*')
    throw new S3Error('NotImplemented', 'Of If-None-Match a write takes * only');
  if (absent && current)
    throw new S3Error('PreconditionFailed', 'The access key may not replace an object', { Condition: 'If-None-Match' });
  if (noneMatch !== undefined && current) throw failed('If-None-Match');
  if (match === undefined) return;
  if (!current) throw new S3Error('NoSuchKey');
  if (!matches(match, current.etag)) throw failed('If-Match');
}

/** @throws S3Error `PreconditionFailed` */
export function checkDelete(headers: IncomingHttpHeaders, current: Seen | undefined): void {
  const match = headers['if-match'];
  if (match === undefined) return;
  if (!current || !matches(match, current.etag)) throw failed('If-Match');
}

function matches(header: string, etag: string): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some(each => each.trim().replace(/^W\//, '').replaceAll('"', '') === etag);
}

/** A date that can't be read is no condition, as HTTP says. */
function timeOfHeader(value: string | string[] | undefined): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

function secondsOf({ lastModified }: Seen): number {
  return Math.floor(lastModified.getTime() / 1000);
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', undefined, { Condition: condition });
}
