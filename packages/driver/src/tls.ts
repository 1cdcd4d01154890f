/**
 * libpq's `sslmode`, as far as it promises anything: `allow` and `prefer` fall back to cleartext and are not offered.
 * Meanings: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 */
import type { ConnectionOptions } from 'node:tls';

export const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

export function isSslMode(text: string): text is SslMode {
  return (sslModes as readonly string[]).includes(text);
}

/** `false`: no TLS. As libpq does, `require` with an authority verifies like `verify-ca`. */
export function tlsOptions(mode: SslMode, ca: string | undefined): ConnectionOptions | false {
  const floor = { minVersion: 'TLSv1.2' } as const;
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return ca === undefined ? { ...floor, rejectUnauthorized: false } : tlsOptions('verify-ca', ca);
    case 'verify-ca':
      return { ...floor, ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...floor, ca, rejectUnauthorized: true };
  }
}
