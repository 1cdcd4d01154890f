/** Why a server can't be worked with now, in words for the owner of a claim: no more than a PostgreSQL server said itself. */
export class TroubleError extends Error {
  readonly reason: string;
  /** Whether waiting can help; otherwise somebody has to change something. */
  readonly transient: boolean;
  /** How soon to try again, if waiting can help. */
  readonly retryMs: number;

  constructor(reason: string, message: string, transient = true, retryMs = 5_000) {
    super(message);
    this.reason = reason;
    this.transient = transient;
    this.retryMs = retryMs;
  }
}

/** Certificates that were received and not believed: that is said, since the owner has to change something. */
const CERTIFICATE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

/** @param error of connecting to `host`, which the claim's secret says */
export function connectionTrouble(error: unknown, host: string): TroubleError {
  const { code = '', message = '', severity } = error as { code?: string; message?: string; severity?: string };
  if (severity !== undefined) {
    const refused = code.startsWith('28') || code === '3D000';
    return new TroubleError(refused ? 'LoginRefused' : 'ServerBusy', `the server says: ${message}`);
  }
  if (CERTIFICATE.test(code)) {
    return new TroubleError(
      'CertificateNotTrusted',
      `the certificate of ${host} is not trusted (${code}): correct ca.crt, sslmode or endpoint in the secret`,
    );
  }
  if (/^the server (asked|did not prove)/i.test(message)) return new TroubleError('AuthenticationTooWeak', message);
  // One sentence for all else: a claim must not find out which ports of a network are open.
  return new TroubleError(
    'ServerUnreachable',
    `${host} cannot be reached as a PostgreSQL server with these settings; tried again`,
  );
}

/** What PostgreSQL answers to a statement. */
export function isPostgresError(error: unknown): error is Error & { code: string; severity: string } {
  return error instanceof Error && typeof (error as { severity?: unknown }).severity === 'string';
}
