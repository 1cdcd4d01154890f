/** A plain HTTPS client for measuring: as little of its own between the clock and the server as Node allows. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';

export interface Watcher {
  /** Resolves when text that holds `mark` has arrived. */
  next(mark: string): Promise<void>;
  close(): void;
}

export interface Connection {
  send(method: string, path: string, body?: unknown): Promise<string>;
  /** Resolves once the watch is open and has caught up. */
  watch(path: string): Promise<Watcher>;
  close(): void;
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** @throws Error from `send` for every answer of 400 and above */
export function openConnection(kubeconfigPath: string): Connection {
  const config = parse(readFileSync(kubeconfigPath, 'utf8')) as Kubeconfig;
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  if (!cluster || !user) throw new Error(`cannot use ${kubeconfigPath}: it names no cluster or no user`);
  const decode = (text: string): Buffer => Buffer.from(text, 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  });
  const open = (method: string, path: string, body?: unknown): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers =
        text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const sent = request(new URL(path, cluster.server), { method, agent, headers }, resolve);
      sent.on('error', reject);
      sent.end(text);
    });
  return {
    async send(method, path, body) {
      const response = await open(method, path, body);
      const text = await readAll(response);
      if ((response.statusCode ?? 500) >= 400) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
      return text;
    },
    async watch(path) {
      const list = JSON.parse(await readAll(await open('GET', path))) as { metadata: { resourceVersion: string } };
      const since = list.metadata.resourceVersion;
      return watcherOf(await open('GET', `${path}?watch=true&resourceVersion=${since}`));
    },
    close: () => agent.destroy(),
  };
}

function watcherOf(response: IncomingMessage): Watcher {
  let seen = '';
  let waiting: { mark: string; resolve: () => void } | undefined;
  response.setEncoding('utf8');
  response.on('error', () => undefined); // closing cuts the stream
  response.on('data', (chunk: string) => {
    seen += chunk;
    if (!waiting || !seen.includes(waiting.mark)) return;
    seen = '';
    waiting.resolve();
    waiting = undefined;
  });
  return {
    next: mark => new Promise(resolve => (waiting = { mark, resolve })),
    close: () => response.destroy(),
  };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
