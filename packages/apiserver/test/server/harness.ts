/** A real server on a free port with a real store, and a raw HTTPS client for it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  openStore,
  startApiServer,
  type ApiServer,
  type ApiServerOptions,
  type OpenStoreOptions,
  type Store,
} from '../../src/index.ts';
import { makeServiceAccountKey, TestCa, type KeyAndCertificate } from './certificates.ts';

export interface Answer {
  code: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The text as JSON; `undefined` when it isn't. */
  body: object;
}

export interface RequestExtras {
  body?: unknown;
  type?: string;
  accept?: string;
  headers?: Record<string, string>;
  /** @default the administrator */
  as?: 'admin' | 'nobody' | KeyAndCertificate;
}

export class TestServer {
  readonly api: ApiServer;
  readonly store: Store;
  readonly ca: TestCa;
  readonly admin: KeyAndCertificate;
  readonly folder: string;

  constructor(parts: Pick<TestServer, 'api' | 'store' | 'ca' | 'admin' | 'folder'>) {
    this.api = parts.api;
    this.store = parts.store;
    this.ca = parts.ca;
    this.admin = parts.admin;
    this.folder = parts.folder;
  }

  get client(): ApiServer['client'] {
    return this.api.client;
  }

  async ask(method: string, path: string, extras: RequestExtras = {}): Promise<Answer> {
    const response = await this.open(method, path, extras);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    return {
      code: response.statusCode ?? 0,
      headers: response.headers,
      text,
      body: parse(text) as object,
    };
  }

  /** The answer before its body was read: for watches. */
  open(method: string, path: string, extras: RequestExtras = {}): Promise<IncomingMessage> {
    const { body, type = 'application/json', accept, headers = {}, as = 'admin' } = extras;
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const options: RequestOptions = {
      ...{ method, path, host: '127.0.0.1', port: this.api.port, ca: this.ca.cert, agent: false },
      ...(as === 'nobody' ? {} : as === 'admin' ? this.admin : as),
      headers: {
        ...(accept === undefined ? {} : { Accept: accept }),
        ...(text === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }),
        ...headers,
      },
    };
    return new Promise((resolve, reject) => {
      const sent = httpsRequest(options, resolve);
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** A file that kubectl takes for `--kubeconfig`. */
  async kubeconfig(): Promise<string> {
    const file = join(this.folder, 'kubeconfig');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://127.0.0.1:${this.api.port}`,
            'certificate-authority-data': base64(this.ca.cert),
          },
        },
      ],
      users: [
        {
          name: 'test',
          user: { 'client-certificate-data': base64(this.admin.cert), 'client-key-data': base64(this.admin.key) },
        },
      ],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'default' } }],
    };
    await writeFile(file, JSON.stringify(config));
    return file;
  }
}

export interface StartOptions extends Partial<ApiServerOptions> {
  /** Reopened instead of a new one. */
  folder?: string;
  /** How much the store keeps. */
  keep?: Partial<OpenStoreOptions>;
}

/** Ends with the test. */
export async function startTestServer(t: Pick<TestContext, 'after'>, options: StartOptions = {}): Promise<TestServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'larder-apiserver-')));
  const ca = await TestCa.make();
  const [tls, admin] = await Promise.all([
    ca.issue('CN=localhost', ['localhost']),
    ca.issue('CN=admin, O=system:masters'),
  ]);
  const store = await openStore({ ...options.keep, folder: join(folder, 'store') });
  const api = await startApiServer({
    ...{ store, tls, clientCa: ca.cert, host: '127.0.0.1', port: 0, version: '0.1.0' },
    serviceAccountKey: makeServiceAccountKey(),
    onError: error => console.error('server failure', error),
    ...options,
  });
  t.after(async () => {
    await api.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return new TestServer({ api, store, ca, admin, folder });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
