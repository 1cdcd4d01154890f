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

/** What somebody has to change when a server lets the login of the secret not in, by SQLSTATE. */
const remedies: Record<string, string> = {
  '28P01': 'correct username and password in the secret',
  '28000': 'correct the secret, or who may connect there (pg_hba.conf)',
  '3D000': 'correct database in the secret',
  '42501': 'give the login of the secret CONNECT on that database',
};

/** @param error of connecting to `host`, which the claim's secret says */
export function connectionTrouble(error: unknown, host: string): TroubleError {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (isPostgresError(error)) {
    const remedy = remedies[code];
    if (remedy === undefined) return new TroubleError('ServerBusy', said(error));
    return new TroubleError('LoginRefused', `${said(error)}: ${remedy}`);
  }
  if (CERTIFICATE.test(code)) {
    return new TroubleError(
      'CertificateNotTrusted',
      `the certificate of ${host} is not trusted (${code}): correct ca.crt, sslmode or endpoint in the secret`,
    );
  }
  const weak = /^the server (asked for|did not prove)[^:]*/i.exec(message);
  if (weak) {
    return new TroubleError(
      'AuthenticationTooWeak',
      `${weak[0]}, and got nothing: let it ask for scram-sha-256 (pg_hba.conf), with a password that was set while password_encryption was scram-sha-256`,
    );
  }
  return unreachable(host);
}

/** One sentence for all that is no PostgreSQL server: a claim must not find out which ports of a network are open. */
export function unreachable(host: string): TroubleError {
  return new TroubleError(
    'ServerUnreachable',
    `${host} cannot be reached as a PostgreSQL server with the endpoint, port and sslmode of the secret; tried again`,
  );
}

const MOST = 300;

/** What a server answered, in one line of bounded length: whoever runs it may have made it say anything. */
export function said({ message }: Error): string {
  const line = message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return `the server says: ${line.length > MOST ? `${line.slice(0, MOST)}…` : line}`;
}

/** What PostgreSQL answers to a statement. */
export function isPostgresError(error: unknown): error is Error & { code: string; severity: string } {
  return error instanceof Error && typeof (error as { severity?: unknown }).severity === 'string';
}
