/** A real S3 server with a bucket, and a proxy before it that makes faults on the wire. Everything goes when it is closed. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  request as newRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ensureBucket,
  keyFolder,
  newAccessKey,
  startObjectStore,
  type AccessKey,
  type Rights,
} from '@larder/objectstore';
import type { Destination } from '@larder/archive';

/** What happens to one request. */
export type Fault =
  | { answer: number; code: string; message?: string }
  /** The connection is cut after so many bytes of the request's body came. */
  | { cutRequest: number }
  /** The store did it all, and the connection is cut after so many bytes of its answer's body. */
  | { cutAnswer: number }
  | { delayMs: number };

export interface Rig {
  destination: Destination;
  /** The folder of the bucket's objects. */
  objects: string;
  owner: AccessKey;
  newKey(rights: Rights): Promise<AccessKey>;
  removeKey(key: AccessKey): Promise<void>;
  /** Asked for each request. @default no fault */
  fault: (request: IncomingMessage) => Fault | undefined;
  /** Connections are cut as they come, and those that are there. */
  down(): void;
  up(): void;
  /** Requests so far, as `PUT /bucket/key`. */
  requests: string[];
  folder: string;
  close(): Promise<void>;
}

export const BUCKET = 'archive';

export async function startRig({ prefix = '', serverName = 'server-17-1' } = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-archive-'));
  const buckets = join(folder, 'buckets');
  const keys = keyFolder(join(folder, 'keys'));
  await ensureBucket(buckets, BUCKET);
  const store = await startObjectStore({ folder: buckets, keys });
  let isDown = false;
  const newKey = async (rights: Rights): Promise<AccessKey> => {
    const key = newAccessKey(BUCKET, rights);
    await keys.write(key);
    return key;
  };
  const owner = await newKey('owner');
  const serve: RequestListener = (request, response) => {
    rig.requests.push(`${request.method} ${request.url?.split('?')[0]}`);
    void forward(request, response, { port: store.port, fault: rig.fault(request) }).catch(() => response.destroy());
  };
  const proxy = createServer(serve);
  proxy.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    serve(request, response);
  });
  proxy.on('connection', socket => isDown && socket.resetAndDestroy());
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  const { accessKeyId, secretAccessKey } = owner;
  const rig: Rig = {
    destination: {
      endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      region: 'us-east-1',
      bucket: BUCKET,
      prefix,
      serverName,
      accessKeyId,
      secretAccessKey,
    },
    objects: join(buckets, BUCKET, 'objects'),
    owner,
    newKey,
    removeKey: key => keys.remove(key.accessKeyId),
    fault: () => undefined,
    down() {
      isDown = true;
      proxy.closeAllConnections();
    },
    up() {
      isDown = false;
    },
    requests: [],
    folder,
    async close() {
      proxy.closeAllConnections();
      await new Promise(resolve => proxy.close(resolve));
      await store.close(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return rig;
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
export function faultsOf(matches: (request: IncomingMessage) => boolean, faults: Fault[]): Rig['fault'] {
  const left = [...faults];
  return request => (matches(request) ? left.shift() : undefined);
}

/** One of so many requests fails in a random way. */
export function randomFaults(share: number): Rig['fault'] {
  const kinds: (() => Fault)[] = [
    () => ({ answer: 500, code: 'InternalError' }),
    () => ({ answer: 503, code: 'SlowDown' }),
    () => ({ cutRequest: Math.floor(Math.random() * 100_000) }),
    () => ({ cutAnswer: Math.floor(Math.random() * 100_000) }),
  ];
  return () => (Math.random() < share ? kinds[Math.floor(Math.random() * kinds.length)]?.() : undefined);
}

export function bytes(size: number): Buffer {
  return randomBytes(size);
}
