/** A connection secret as people write them: which server, who logs in, and how far TLS is trusted. */
import { isSslMode, sslModes, type SslMode } from '@larder/driver';
import type { KubeObject } from '@larder/kube';

export interface Target {
  host: string;
  port: number;
  username: string;
  password: string;
  /** The database to log in to. */
  database: string;
  sslmode: SslMode;
  /** PEM. */
  ca?: string;
}

/** The target; or what is wrong with the secret, naming the key. */
export function readTarget(secret: KubeObject): Target | { problem: string } {
  const data = decoded(secret);
  const missing = ['endpoint', 'username', 'password'].filter(key => !data[key]);
  if (missing.length > 0) return { problem: `lacks the key ${missing.join(' and ')}` };
  const port = Number(data.port ?? 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return { problem: `has a port that is no number of a port` };
  const sslmode = data.sslmode || (data['ca.crt'] ? 'verify-full' : 'require');
  if (!isSslMode(sslmode)) {
    return { problem: `has sslmode "${sslmode}": ${sslModes.join(', ')} are possible, the others promise nothing` };
  }
  return {
    host: data.endpoint ?? '',
    port,
    username: data.username ?? '',
    password: data.password ?? '',
    database: data.database || 'postgres',
    sslmode,
    ...(data['ca.crt'] ? { ca: data['ca.crt'] } : {}),
  };
}

export function decoded(secret: KubeObject): Record<string, string> {
  const data = (secret.data ?? {}) as Record<string, string>;
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}
