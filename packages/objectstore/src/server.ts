/**
 * The server: an HTTP or HTTPS port on a folder of buckets. It keeps nothing in memory that it couldn't lose at any instant: what it
 * acknowledged is on the disk.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { BucketFolder, listBuckets } from './folder/bucket.ts';
import { removeStaleUploads } from './folder/uploads.ts';
import type { KeyStore } from './auth/keys.ts';
import { ensureFolder } from './folder/durable.ts';
import { checkCaseMatters } from './folder/case.ts';
import { Buckets } from './folder/buckets.ts';
import { serveRequest } from './serve.ts';

export interface ObjectStoreOptions {
  /** With one folder a bucket. Served by this process alone. */
  folder: string;
  keys: KeyStore;
  /** Absent: plain HTTP. PEM. */
  tls?: Certificate;
  /** @default 127.0.0.1 */
  host?: string;
  /** @default 0: any */
  port?: number;
  /** @default us-east-1 */
  region?: string;
  /** Hears of faults of ours, with neither keys nor secrets. @default nobody */
  onError?: (error: Error, operation: string) => void;
  /** @default the clock */
  now?: () => Date;
  /** An upload that nobody completed or aborted for so long is removed (ms). @default seven days */
  staleUploadMs?: number;
}

export interface Certificate {
  cert: string;
  key: string;
}

export interface ObjectStore {
  port: number;
  /** `https://127.0.0.1:9000` */
  url: string;
  /** For connections from now on. */
  renewCertificate(tls: Certificate): void;
  /** Ends when the requests under way have. @param graceMs how long they may take. @default 5_000 */
  close(graceMs?: number): Promise<void>;
}

const DAY = 86_400_000;

/** How long a connection may be silent within a request (ms). */
const SILENCE_MS = 120_000;

/** @throws Error when the folder can't be used or the port isn't free */
export async function startObjectStore(options: ObjectStoreOptions): Promise<ObjectStore> {
  const { folder, host = '127.0.0.1', port = 0, tls } = options;
  await ensureFolder(folder);
  await checkCaseMatters(folder);
  await sweepAll(options);
  const sweeping = setInterval(() => void sweepStale(options), DAY);
  sweeping.unref();
  const server = newServer(options);
  await listen(server, port, host).catch((error: unknown) => {
    clearInterval(sweeping);
    throw error;
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    renewCertificate: certificate => (server as TlsServer).setSecureContext(certificate),
    async close(graceMs = 5_000) {
      clearInterval(sweeping);
      await closeServer(server, graceMs);
    },
  };
}

function newServer(options: ObjectStoreOptions): Server | TlsServer {
  const { folder, keys, tls, region = 'us-east-1', onError = () => undefined, now = () => new Date() } = options;
  const buckets = new Buckets(folder);
  const context = { root: folder, buckets, keys, region, onError, now };
  const serve = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void =>
    void serveRequest(context, request, response, { expectsContinue });
  const server = tls ? createTlsServer({ ...tls, minVersion: 'TLSv1.2' }) : createServer();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => serve(request, response, false));
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => serve(request, response, true));
  // A large upload takes as long as it takes; who sends nothing is cut.
  server.requestTimeout = 0;
  server.headersTimeout = 30_000;
  server.timeout = SILENCE_MS;
  server.keepAliveTimeout = 60_000;
  return server;
}

function listen(server: Server | TlsServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closeServer(server: Server | TlsServer, graceMs: number): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed.finally(() => clearTimeout(timer));
}

/** What a server that was killed left: half received files, and uploads that nobody goes on with. */
async function sweepAll(options: ObjectStoreOptions): Promise<void> {
  for (const { name } of await listBuckets(options.folder)) await new BucketFolder(options.folder, name).sweep();
  await sweepStale(options);
}

async function sweepStale(options: ObjectStoreOptions): Promise<void> {
  const { folder, staleUploadMs = 7 * DAY, now = () => new Date(), onError } = options;
  for (const { name } of await listBuckets(folder)) {
    const before = new Date(now().getTime() - staleUploadMs);
    await removeStaleUploads(new BucketFolder(folder, name), before).catch((error: Error) => onError?.(error, 'sweep'));
  }
}
