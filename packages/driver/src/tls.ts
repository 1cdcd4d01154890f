/**
 * libpq's `sslmode`, as far as it promises anything: `allow` and `prefer` fall back to cleartext and are not offered.
 * Meanings: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 */
import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';

export const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

export function isSslMode(text: string): text is SslMode {
  return (sslModes as readonly string[]).includes(text);
}

/** `false`: no TLS. As libpq does, `require` with an authority verifies like `verify-ca`. */
export function tlsOptions(mode: SslMode, ca: string | undefined): ConnectionOptions | false {
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return ca === undefined
        ? { secureContext: contextOf(ca), rejectUnauthorized: false }
        : tlsOptions('verify-ca', ca);
    case 'verify-ca':
      return { secureContext: contextOf(ca), rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { secureContext: contextOf(ca), rejectUnauthorized: true };
  }
}

/** Reading an authority's certificates costs as much as the rest of a connection: the last few are kept. */
const contexts = new Map<string | undefined, SecureContext>();
const MOST_CONTEXTS = 16;

/** @throws Error when `ca` holds no certificate */
function contextOf(ca: string | undefined): SecureContext {
  const known = contexts.get(ca);
  if (known !== undefined) return known;
  const context = createSecureContext({ minVersion: 'TLSv1.2', ca });
  const [oldest] = contexts.size < MOST_CONTEXTS ? [] : contexts.keys();
  if (contexts.size >= MOST_CONTEXTS) contexts.delete(oldest);
  contexts.set(ca, context);
  return context;
}
