/** What an operation gets, and what it gives back. */
import type { IncomingHttpHeaders } from 'node:http';
import type { FileHandle } from 'node:fs/promises';
import type { Identity } from '../auth/authenticate.ts';
import type { Body } from '../body/body.ts';
import type { BucketFolder } from '../folder/bucket.ts';
import type { Target } from '../protocol/target.ts';
import type { ByteRange } from './ranges.ts';

export interface Call {
  target: Target;
  headers: IncomingHttpHeaders;
  identity: Identity;
  /** The folder that has all buckets. */
  root: string;
  region: string;
  /** The request's body; it is read at most once. */
  body(options?: { ignoreChecksum?: boolean }): Body;
  /** For answers that take longer than a client waits: sends the head and keeps the connection busy. */
  keepAlive(): void;
}

/** A call about a bucket that is there. */
export interface BucketCall extends Call {
  bucket: BucketFolder;
}

/** A call about a key. */
export interface ObjectCall extends BucketCall {
  key: string;
}

export interface Reply {
  status: number;
  headers?: Record<string, string | number>;
  /** XML. */
  body?: string;
  /** Bytes of an object. Whoever sends it closes the handle. */
  file?: { handle: FileHandle; range: ByteRange };
}

export function xmlReply(body: string): Reply {
  return { status: 200, headers: { 'Content-Type': 'application/xml' }, body };
}

/** The value of a query parameter. */
export function queryOf({ target }: Pick<Call, 'target'>, name: string): string | undefined {
  return target.query.find(([each]) => each === name)?.[1];
}

/** A header that has one value. */
export function headerOf({ headers }: Pick<Call, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(',');
}

/** The access key may add objects, never replace any. */
export function mayOnlyAdd({ identity }: Pick<Call, 'identity'>): boolean {
  return identity.key.rights === 'archive';
}
