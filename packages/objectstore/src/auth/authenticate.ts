/** Who sends a request, by its signature in the Authorization header or in the query. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ChunkSigning } from '../body/chunked.ts';
import { S3Error } from '../protocol/errors.ts';
import type { Target } from '../protocol/target.ts';
import type { AccessKey, KeyStore } from './keys.ts';
import {
  canonicalRequest,
  sameText,
  scopeText,
  signatureOf,
  signingKey,
  stringToSign,
  timeOf,
  type Scope,
} from './signature.ts';

export interface Identity {
  key: AccessKey;
  /** `x-amz-content-sha256`: the body's hash, or how it is signed. */
  payload: string;
  /** What signed chunks go on from. */
  chunks: ChunkSigning;
}

export interface Unauthenticated {
  method: string;
  target: Target;
  headers: IncomingHttpHeaders;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** How far the clocks may be apart. */
const MOST_SKEW_MS = 15 * 60_000;

/** A presigned URL lives for a week at most. */
const LONGEST_LIFE_S = 7 * 24 * 3600;

interface Claim {
  accessKeyId: string;
  scope: Scope;
  date: string;
  signedHeaders: string[];
  signature: string;
  payload: string;
  query: [string, string][];
}

/** @throws S3Error when the request isn't by whom it says */
export async function authenticate(request: Unauthenticated, keys: KeyStore, now: Date): Promise<Identity> {
  const presigned = request.target.query.some(([name]) => name === 'X-Amz-Signature');
  const claim = presigned ? claimOfQuery(request, now) : claimOfHeader(request, now);
  const key = await keys.find(claim.accessKeyId);
  if (!key) throw new S3Error('InvalidAccessKeyId');
  checkSignedHeaders(request.headers, claim.signedHeaders);
  const headers = claim.signedHeaders.map(name => [name, valueOf(request.headers, name)] as [string, string]);
  const canonical = canonicalRequest({
    method: request.method,
    path: request.target.path,
    query: claim.query,
    headers,
    payload: claim.payload,
  });
  const derived = signingKey(key.secretAccessKey, claim.scope);
  const expected = signatureOf(derived, stringToSign(claim.date, claim.scope, canonical));
  if (!sameText(expected, claim.signature)) throw new S3Error('SignatureDoesNotMatch');
  const chunks = { signingKey: derived, date: claim.date, scope: scopeText(claim.scope), seed: expected };
  return { key, payload: claim.payload, chunks };
}

function claimOfHeader({ headers, target }: Unauthenticated, now: Date): Claim {
  const text = headers.authorization;
  if (text === undefined) throw new S3Error('AccessDenied');
  if (!text.startsWith(`${ALGORITHM} `))
    throw new S3Error('InvalidRequest', `The authorization mechanism is not supported; use ${ALGORITHM}`);
  const parts = new Map(
    text
      .slice(ALGORITHM.length)
      .split(',')
      .map(part => splitOnce(part.trim(), '=')),
  );
  const malformed = (): S3Error => new S3Error('AuthorizationHeaderMalformed');
  const credential = parseCredential(parts.get('Credential') ?? '', malformed);
  const date = String(headers['x-amz-date'] ?? isoOf(headers.date));
  checkTime(date, credential.scope, { now, malformed });
  const payload = headers['x-amz-content-sha256'];
  if (typeof payload !== 'string') throw new S3Error('InvalidRequest', 'Missing required header: x-amz-content-sha256');
  return {
    ...credential,
    date,
    signedHeaders: (parts.get('SignedHeaders') ?? '').split(';'),
    signature: parts.get('Signature') ?? '',
    payload,
    query: target.query,
  };
}

function claimOfQuery({ headers, target }: Unauthenticated, now: Date): Claim {
  const query = new Map(target.query);
  const malformed = (): S3Error => new S3Error('AuthorizationQueryParametersError');
  if (headers.authorization !== undefined)
    throw new S3Error('InvalidArgument', 'Only one way of signing is allowed: the header or the query');
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) throw malformed();
  const credential = parseCredential(query.get('X-Amz-Credential') ?? '', malformed);
  const date = query.get('X-Amz-Date') ?? '';
  const expires = query.get('X-Amz-Expires') ?? '';
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > LONGEST_LIFE_S) throw malformed();
  checkTime(date, credential.scope, { now, malformed, lifeMs: Number(expires) * 1000 });
  const header = headers['x-amz-content-sha256'];
  return {
    ...credential,
    date,
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    payload: query.get('X-Amz-Content-Sha256') ?? (typeof header === 'string' ? header : 'UNSIGNED-PAYLOAD'),
    query: target.query.filter(([name]) => name !== 'X-Amz-Signature'),
  };
}

function parseCredential(text: string, malformed: () => S3Error): { accessKeyId: string; scope: Scope } {
  const [, accessKeyId, day, region, service] =
    /^([^/]+)\/(\d{8})\/([^/]{1,64})\/([^/]+)\/aws4_request$/.exec(text) ?? [];
  if (accessKeyId === undefined || day === undefined || region === undefined || service !== 's3') throw malformed();
  return { accessKeyId, scope: { day, region, service } };
}

function checkTime(
  date: string,
  { day }: Scope,
  { now, malformed, lifeMs }: { now: Date; malformed: () => S3Error; lifeMs?: number },
): void {
  const time = timeOf(date);
  if (time === undefined || !date.startsWith(day)) throw malformed();
  const age = now.getTime() - time;
  if (-age > MOST_SKEW_MS || (lifeMs === undefined && age > MOST_SKEW_MS)) throw new S3Error('RequestTimeTooSkewed');
  if (lifeMs !== undefined && age > lifeMs) throw new S3Error('AccessDenied', 'Request has expired');
}

/** What isn't signed could have been changed on the way: the host and all that S3 acts on must be. */
function checkSignedHeaders(headers: IncomingHttpHeaders, signed: string[]): void {
  if (!signed.includes('host')) throw new S3Error('AccessDenied', 'The host header must be signed');
  const unsigned = Object.keys(headers).find(name => mustBeSigned(name) && !signed.includes(name));
  if (unsigned !== undefined)
    throw new S3Error('AccessDenied', 'There were headers in the request that were not signed', {
      HeadersNotSigned: unsigned,
    });
}

function mustBeSigned(name: string): boolean {
  return name.startsWith('x-amz-') && !['x-amz-content-sha256', 'x-amz-user-agent'].includes(name);
}

function valueOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name] ?? '';
  return typeof value === 'string' ? value : value.join(',');
}

/** An HTTP date in the form that is signed. */
function isoOf(date: string | undefined): string {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? '' : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
