/** A connection secret as people write them: which server, who logs in, and how far TLS is trusted. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
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
  const { endpoint: host = '', port = '5432', username = '', password = '', 'ca.crt': ca } = data;
  const sslmode = data.sslmode || (ca ? 'verify-full' : 'require');
  const problem = problemOf(data, sslmode);
  if (problem !== undefined || !isSslMode(sslmode)) return { problem: problem ?? '' };
  const database = data.database || 'postgres';
  return { host, port: Number(port), username, password, database, sslmode, ...(ca ? { ca } : {}) };
}

function problemOf(data: Record<string, string>, sslmode: string): string | undefined {
  const missing = ['endpoint', 'username', 'password'].filter(key => !data[key]);
  if (missing.length > 0) return `lacks the key ${missing.join(' and ')}`;
  const { endpoint = '', port = '5432' } = data;
  if (!isHost(endpoint))
    return `has endpoint ${JSON.stringify(endpoint)}: write a host name or an address alone, such as db.example.org, without brackets, spaces or a line break; the port has a key of its own`;
  if (!/^[0-9]{1,5}\s*$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    return `has port ${JSON.stringify(port)}: write a number from 1 to 65535, or leave it out for 5432`;
  if (!isSslMode(sslmode))
    return `has sslmode ${JSON.stringify(sslmode)}: ${sslModes.join(', ')} are possible, the others promise nothing`;
  if (data['ca.crt'] && !isCertificates(data['ca.crt']))
    return 'has a ca.crt that holds no certificate: write one or more in PEM, or leave it out';
  return undefined;
}

/** What a resolver could know: the rest leads nowhere, and its owner would wait for it. */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[\p{L}\p{N}_]([-.\p{L}\p{N}_]{0,251}[.\p{L}\p{N}_])?$/u.test(text);
}

/** What was read last, since it costs as much as the rest: hundreds of users have one server. */
let read = { pem: '', isCertificate: false };

function isCertificates(pem: string): boolean {
  if (read.pem !== pem) read = { pem, isCertificate: isReadable(pem) };
  return read.isCertificate;
}

function isReadable(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

export function decoded(secret: KubeObject): Record<string, string> {
  const data = (secret.data ?? {}) as Record<string, string>;
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}
