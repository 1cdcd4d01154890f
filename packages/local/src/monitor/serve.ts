/**
 * `GET /metrics` for who has the monitor's token, `GET /metrics/<namespace>/<claim>` for who has that or the claim's own. Answers from
 * what was measured last: no request reaches a server, so none can be slow or many.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { KeyPair } from '../pki/keypair.ts';

export interface Page {
  contentType: string;
  text: string;
}

export interface Served {
  /** The monitor's token: all metrics may be read with it. */
  token(): string | undefined;
  /** The token of one claim; `undefined` for one that isn't measured. */
  tokenOf(namespace: string, claim: string): string | undefined;
  all(): Page;
  of(namespace: string, claim: string): Page;
}

export interface MetricsServer {
  port: number;
  renewCertificate(pair: KeyPair): void;
  close(): Promise<void>;
}

/** On loopback. @throws Error when the port is taken */
export async function serveMetrics(served: Served, tls: KeyPair, port = 0): Promise<MetricsServer> {
  const server = createServer({ ...tls, minVersion: 'TLSv1.2' }, (request, response) => {
    // A scraper that goes away takes its answer with it, and nothing else.
    response.on('error', () => undefined);
    answer(served, request, response);
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 64;
  await listen(server, port);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('cannot serve metrics: it has no port');
  return {
    port: address.port,
    renewCertificate: pair => server.setSecureContext(pair),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const PATH = /^\/metrics(?:\/([^/?]+)\/([^/?]+))?\/?(?:\?.*)?$/;

function answer(served: Served, { method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
  if (method !== 'GET' && method !== 'HEAD') return say(response, 405, 'metrics can only be read: use GET');
  if (url === '/-/healthy') return say(response, 200, 'measuring');
  const found = PATH.exec(url);
  if (!found) return say(response, 404, 'there are /metrics and /metrics/<namespace>/<claim>');
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const all = isSame(token, served.token());
  const [, namespace, claim] = found;
  if (namespace !== undefined && claim !== undefined)
    return answerOne(served, response, { namespace, claim, token, all });
  if (all) send(response, served.all());
  else unauthorized(response);
}

interface Asked {
  namespace: string;
  claim: string;
  token: string | undefined;
  /** It is the token of all metrics. */
  all: boolean;
}

function answerOne(served: Served, response: ServerResponse, { namespace, claim, token, all }: Asked): void {
  const own = served.tokenOf(namespace, claim);
  // Whether there is such a claim is nobody's business who has no token of it.
  if (!all && !isSame(token, own)) return unauthorized(response);
  if (own === undefined) return say(response, 404, `no instance of the claim "${namespace}/${claim}" is measured`);
  send(response, served.of(namespace, claim));
}

function unauthorized(response: ServerResponse): void {
  response.setHeader('WWW-Authenticate', 'Bearer');
  say(response, 401, 'send the token of these metrics as Authorization: Bearer <token>');
}

function send(response: ServerResponse, { contentType, text }: Page): void {
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

/** Takes as long whatever is wrong about it. */
function isSame(given: string | undefined, expected: string | undefined): boolean {
  if (given === undefined || expected === undefined) return false;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
