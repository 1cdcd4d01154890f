/** `/healthz`, `/readyz` and `/metrics` over HTTP. Tells nothing about claims, so anybody may ask. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  metrics: { text(): string };
  /** Whether it works, or waits to take over. */
  isReady: () => boolean;
}

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

export async function startHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const { status, text } = answer(request.url ?? '', options);
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(text);
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(path: string, { metrics, isReady }: HealthOptions): { status: number; text: string } {
  if (path === '/metrics') return { status: 200, text: metrics.text() };
  if (path === '/healthz') return { status: 200, text: 'ok\n' };
  if (path !== '/readyz') return { status: 404, text: 'there are /healthz, /readyz and /metrics\n' };
  return isReady() ? { status: 200, text: 'ok\n' } : { status: 503, text: 'ending\n' };
}

function listen(server: Server, { host, port }: HealthOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}
