/** A proxy before an S3 server that makes faults on the wire. */
import {
  createServer,
  request as newRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** What happens to one request. */
export type Fault =
  | { answer: number; code: string; message?: string }
  /** The connection is cut after so many bytes of the request's body came. */
  | { cutRequest: number }
  /** The store did it all, and the connection is cut after so many bytes of its answer's body. */
  | { cutAnswer: number }
  | { delayMs: number };

/** Asked for each request. */
export type Faults = (request: IncomingMessage) => Fault | undefined;

export interface Proxy {
  /** `http://127.0.0.1:port` */
  url: string;
  /** @default no fault */
  fault: Faults;
  /** Connections are cut as they come, and those that are there. */
  down(): void;
  up(): void;
  /** Requests so far, as `PUT /bucket/key`. */
  requests: string[];
  close(): Promise<void>;
}

/** @param port of the server behind it, on this machine and without TLS */
export async function startProxy(port: number): Promise<Proxy> {
  let isDown = false;
  const serve: RequestListener = (request, response) => {
    proxy.requests.push(`${request.method} ${request.url?.split('?')[0]}`);
    void forward(request, response, { port, fault: proxy.fault(request) }).catch(() => response.destroy());
  };
  const server = createServer(serve);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    serve(request, response);
  });
  server.on('connection', socket => isDown && socket.resetAndDestroy());
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: () => undefined,
    down() {
      isDown = true;
      server.closeAllConnections();
    },
    up() {
      isDown = false;
    },
    requests: [],
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return proxy;
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { port, fault = { delayMs: 0 } }: { port: number; fault?: Fault },
): Promise<void> {
  if ('answer' in fault) {
    const { answer, code, message = 'said by the proxy' } = fault;
    request.resume();
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
    response.writeHead(answer, { 'Content-Type': 'application/xml', Connection: 'close' });
    return void response.end(body);
  }
  if ('delayMs' in fault && fault.delayMs > 0) await delay(fault.delayMs, undefined, { ref: false });
  const headers = { ...request.headers };
  delete headers.expect;
  const onward = newRequest({
    host: '127.0.0.1',
    port,
    method: request.method,
    path: request.url,
    headers,
    agent: false,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) =>
    onward.once('response', resolve).once('error', reject),
  );
  answered.catch(() => undefined);
  const sent = pipeline(cutting(request, 'cutRequest' in fault ? fault.cutRequest : Infinity), onward);
  sent.catch(() => onward.destroy());
  if ('cutRequest' in fault) {
    await sent;
    throw new Error('cut');
  }
  const answer = await answered;
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  response.flushHeaders();
  await pipeline(cutting(answer, 'cutAnswer' in fault ? fault.cutAnswer : Infinity), response);
}

async function* cutting(source: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let seen = 0;
  for await (const chunk of source) {
    if (seen + chunk.length > limit) {
      yield chunk.subarray(0, limit - seen);
      throw new Error('cut');
    }
    seen += chunk.length;
    yield chunk;
  }
  if (limit !== Infinity) throw new Error('cut');
}

/** The first requests that match get this fault. */
export function faultsOf(matches: (request: IncomingMessage) => boolean, faults: Fault[]): Faults {
  const left = [...faults];
  return request => (matches(request) ? left.shift() : undefined);
}

/** One of so many requests fails in a random way. */
export function randomFaults(share: number, random = Math.random): Faults {
  const kinds: (() => Fault)[] = [
    () => ({ answer: 500, code: 'InternalError' }),
    () => ({ answer: 503, code: 'SlowDown' }),
    () => ({ cutRequest: Math.floor(random() * 100_000) }),
    () => ({ cutAnswer: Math.floor(random() * 100_000) }),
  ];
  return () => (random() < share ? kinds[Math.floor(random() * kinds.length)]?.() : undefined);
}
