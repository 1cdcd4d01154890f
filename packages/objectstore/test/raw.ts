/** Requests by hand: signed here, so that they can be signed wrongly, and sent as they are, byte by byte. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { AccessKey } from '@larder/objectstore';
import { canonicalRequest, scopeText, signatureOf, signingKey, stringToSign } from '../src/auth/signature.ts';

export interface RawRequest {
  method?: string;
  /** As it goes over the wire. */
  path: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
  /** `x-amz-content-sha256`. @default the body's hash */
  payload?: string;
  now?: Date;
  /** Headers that are sent but not signed. */
  unsigned?: Record<string, string>;
}

export interface RawAnswer {
  status: number;
  /** Of an error. */
  code?: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Signed {
  headers: Record<string, string>;
  /** What signed chunks go on from. */
  chunks: { key: Buffer; date: string; scope: string; seed: string };
}

export function amzDate(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

export function sign(port: number, key: AccessKey, raw: RawRequest): Signed {
  const { method = 'GET', path, body = '', now = new Date() } = raw;
  const date = amzDate(now);
  const payload = raw.payload ?? createHash('sha256').update(body).digest('hex');
  const headers: Record<string, string> = {
    ...Object.fromEntries(Object.entries(raw.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    host: `127.0.0.1:${port}`,
    'x-amz-date': date,
    'x-amz-content-sha256': payload,
  };
  const url = new URL(path, 'http://x');
  const scope = { day: date.slice(0, 8), region: 'us-east-1', service: 's3' };
  const names = Object.keys(headers).sort();
  const canonical = canonicalRequest({
    method,
    path: decodeURIComponent(path.split('?')[0]!),
    query: [...url.searchParams],
    headers: names.map(name => [name, headers[name]!]),
    payload,
  });
  const secret = signingKey(key.secretAccessKey, scope);
  const seed = signatureOf(secret, stringToSign(date, scope, canonical));
  const credential = `${key.accessKeyId}/${scopeText(scope)}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${seed}`;
  return { headers: { ...headers, authorization }, chunks: { key: secret, date, scope: scopeText(scope), seed } };
}

/** Signs and sends. */
export function ask(port: number, key: AccessKey, raw: RawRequest): Promise<RawAnswer> {
  const { headers } = sign(port, key, raw);
  return send(port, { ...raw, headers: { ...headers, ...raw.unsigned } });
}

/** Sends as it is. */
export function send(port: number, { method = 'GET', path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const [, code] = /<Code>(\w+)<\/Code>/.exec(text) ?? [];
        resolve({ status: response.statusCode ?? 0, code, headers: response.headers, body: text });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/**
 * Writes bytes to the port, and resolves with all that comes back until the server closes.
 * @param then whether the client ends the connection at once, or waits for the server to do it
 */
export function sendBytes(port: number, bytes: string, then: 'end' | 'wait' = 'end'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => (then === 'end' ? socket.end(bytes) : socket.write(bytes)));
    let said = '';
    socket.on('data', chunk => (said += chunk.toString()));
    socket.on('end', () => socket.destroy());
    socket.on('error', reject);
    socket.on('close', () => resolve(said));
  });
}
