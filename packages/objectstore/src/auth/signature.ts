/** AWS Signature Version 4: the texts that are signed, and the signature. Pure. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { uriEncode } from '../protocol/target.ts';

export interface Scope {
  /** `20261123` */
  day: string;
  region: string;
  service: string;
}

export interface SignedRequest {
  method: string;
  /** Decoded. */
  path: string;
  /** Decoded, without the signature itself. */
  query: [string, string][];
  /** Lower-case names and their values, in the order that was signed. */
  headers: [string, string][];
  /** The last line: a hash, or what stands for one. */
  payload: string;
}

export function canonicalRequest({ method, path, query, headers, payload }: SignedRequest): string {
  const encoded = query.map(([name, value]) => [uriEncode(name), uriEncode(value)] as const);
  encoded.sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)));
  const lines = headers.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}\n`).join('');
  const names = headers.map(([name]) => name).join(';');
  const queryText = encoded.map(([name, value]) => `${name}=${value}`).join('&');
  return [method, uriEncode(path, true), queryText, lines, names, payload].join('\n');
}

/** @param date as in `x-amz-date`: `20261123T120000Z` */
export function stringToSign(date: string, scope: Scope, canonical: string): string {
  const hash = createHash('sha256').update(canonical).digest('hex');
  return ['AWS4-HMAC-SHA256', date, scopeText(scope), hash].join('\n');
}

export function scopeText({ day, region, service }: Scope): string {
  return `${day}/${region}/${service}/aws4_request`;
}

export function signingKey(secret: string, { day, region, service }: Scope): Buffer {
  const steps = [day, region, service, 'aws4_request'];
  return steps.reduce<Buffer>((key, step) => hmac(key, step), Buffer.from(`AWS4${secret}`));
}

export function signatureOf(key: Buffer, text: string): string {
  return hmac(key, text).toString('hex');
}

/** Takes as long for a wrong text as for the right one. */
export function sameText(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Milliseconds since 1970, `undefined` for what isn't such a date. */
export function timeOf(date: string): number | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  if (y === undefined) return undefined;
  const time = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** By bytes: both are ASCII by now. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
