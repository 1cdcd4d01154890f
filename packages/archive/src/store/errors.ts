/** What an object store answered, in words for who owns the database, and sorted by what can be done about it. */

/**
 * `transient`: may work in a moment. `denied`: the key isn't accepted or may not do this. `missingBucket`: there is no such bucket.
 * `full`: there is no room. `other`: it will fail again in the same way.
 */
export type StoreErrorKind = 'transient' | 'denied' | 'missingBucket' | 'full' | 'other';

/** Never holds a secret. */
export class StoreError extends Error {
  readonly kind: StoreErrorKind;
  /** S3's own code, or that of the network. */
  readonly code: string;
  readonly status: number | undefined;

  constructor(kind: StoreErrorKind, message: string, seen: { code: string; status?: number; cause?: unknown }) {
    super(message, { cause: seen.cause });
    this.name = 'StoreError';
    this.kind = kind;
    this.code = seen.code;
    this.status = seen.status;
  }
}

interface SdkError extends Error {
  code?: string;
  Code?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: unknown;
}

const DENIED = new Set([
  'AccessDenied',
  'AccountProblem',
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'Forbidden',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'Unauthorized',
]);

const FULL = new Set(['EntityTooLarge.Storage', 'InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull']);

const TRANSIENT = new Set([
  'BadDigest',
  'ConditionalRequestConflict',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'SlowDown',
  'SlowDownRead',
  'SlowDownWrite',
  'Throttling',
  'TimeoutError',
  'TooManyRequests',
  'XAmzContentSHA256Mismatch',
]);

/** Certificates that aren't trusted: no trial makes them so. */
const UNTRUSTED = /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT)/;

/** What failed, by what the SDK threw. @param what `cannot write "a/b"`. @param where the store, for its owner */
export function storeError(error: unknown, what: string, where: string): StoreError {
  if (error instanceof StoreError) return error;
  const seen = error as SdkError;
  const status = seen.$metadata?.httpStatusCode;
  const code = codeOf(seen, status);
  const kind = kindOf(code, status, seen.message ?? '');
  const said = wordsOf(kind, code, seen);
  return new StoreError(kind, `cannot ${what} ${where}: ${said}`, { code, status, cause: error });
}

function codeOf(error: SdkError, status: number | undefined): string {
  // An answer without a body for a code, as that to HEAD, has the status only.
  const nameless = ['Error', 'Unknown', 'UnknownError', 'AggregateError'].includes(error.name ?? '');
  return error.code ?? error.Code ?? (nameless ? String(status ?? error.name) : (error.name ?? 'Unknown'));
}

function kindOf(code: string, status: number | undefined, message: string): StoreErrorKind {
  if (code === 'NoSuchBucket') return 'missingBucket';
  if (
    FULL.has(code) ||
    status === 507 ||
    /\b(?:disk|storage|store|quota)\b.*\b(?:full|exceeded|space)\b/i.test(message)
  )
    return 'full';
  if (DENIED.has(code) || status === 401 || status === 403) return 'denied';
  if (UNTRUSTED.test(code)) return 'other';
  if (TRANSIENT.has(code) || status === undefined || status === 429 || status >= 500)
    return status === 501 ? 'other' : 'transient';
  return 'other';
}

function wordsOf(kind: StoreErrorKind, code: string, error: SdkError): string {
  const said = oneLine(error.message ?? '');
  switch (kind) {
    case 'missingBucket':
      return `the bucket doesn't exist (${code}); create it, or name another`;
    case 'denied':
      if (code === 'RequestTimeTooSkewed')
        return `the clocks of this machine and of the store disagree (${code}); set the clock`;
      return `the access key isn't accepted or may not do this (${code}); look at the key, its secret and its rights`;
    case 'full':
      return `the store has no room left (${code}); make room there, or shorten the retention`;
    case 'transient':
      return `the store doesn't answer as it should (${code}${said === '' ? '' : `: ${said}`}); it is tried again`;
    case 'other':
      if (UNTRUSTED.test(code)) return `its certificate isn't trusted (${code}); give the CA that signed it`;
      return `${said === '' ? 'refused' : said} (${code})`;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 200);
}
