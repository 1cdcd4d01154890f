/** Unpacks one archive: a small one here, a large one in a thread of its own. */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { decompress } from './decompress.ts';
import type { BackupPart } from './parts.ts';
import { HostileArchiveError, unpack, type Unpacked, type UnpackOptions } from './unpack.ts';

export type UnpackOrder = Omit<UnpackOptions, 'onBytes'> & Pick<BackupPart, 'compression'>;

export type ToWorker =
  { kind: 'bytes'; bytes: Uint8Array<ArrayBuffer> } | { kind: 'end' } | { kind: 'failed'; message: string };

export type FromWorker =
  /** Of what was sent: there is room for as much again. */
  | { kind: 'taken'; bytes: number }
  /** To the disk. */
  | { kind: 'wrote'; bytes: number }
  | { kind: 'done'; done: Unpacked }
  | { kind: 'failed'; name: string; message: string; code?: string };

/** A thread costs some 50 ms: below this it saves less. */
export const LARGE_BYTES = 32 * 2 ** 20;

/** Sent and not taken yet. */
const WINDOW = 4 * 2 ** 20;
/** A message each. */
const MESSAGE = 256 * 1024;

/** @throws as `unpack`. Nothing goes on when it does */
export async function unpackHere(
  body: Readable,
  { compression, ...options }: UnpackOrder,
  onBytes: (bytes: number) => void,
): Promise<Unpacked> {
  return unpack(decompress(body, compression), { ...options, onBytes });
}

/** @throws as `unpack`. Nothing goes on when it does */
export async function unpackApart(
  body: Readable,
  order: UnpackOrder,
  onBytes: (bytes: number) => void,
): Promise<Unpacked> {
  const worker = startWorker(order);
  const ended = once(worker, 'exit').catch(() => undefined);
  let room = WINDOW;
  let roomier: (() => void) | undefined;
  const wake = (): void => roomier?.();
  const verdict = new Promise<Unpacked>((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'wrote') return onBytes(message.bytes);
      if (message.kind === 'done') return resolve(message.done);
      if (message.kind === 'failed') return reject(failureOf(message));
      room += message.bytes;
      wake();
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('cannot unpack the backup: its thread ended before it was done')));
  });
  let over = false;
  const end = (): void => {
    over = true;
    body.destroy();
    wake();
  };
  verdict.then(end, end);
  const send = (message: ToWorker): void => {
    if (message.kind !== 'bytes') return worker.postMessage(message);
    room -= message.bytes.length;
    worker.postMessage(message, [message.bytes.buffer]);
  };
  try {
    for await (const bytes of messagesOf(body)) {
      while (room < 0 && !over) await new Promise<void>(resolve => (roomier = resolve));
      if (over) break;
      send({ kind: 'bytes', bytes });
    }
    send({ kind: 'end' });
  } catch (error) {
    // What came first counts: after a failure of the thread nobody wants the rest.
    if (!over) {
      send({ kind: 'failed', message: (error as Error).message });
      await verdict.catch(() => undefined);
      await ended;
      throw error;
    }
  }
  try {
    return await verdict;
  } finally {
    await ended;
  }
}

/** Copies: what the network gives shares its memory with others, and can't be handed over. */
async function* messagesOf(body: Readable): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes < MESSAGE) continue;
    yield copied(waiting, bytes);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield copied(waiting, bytes);
}

function copied(chunks: Buffer[], bytes: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function failureOf({ name, message, code }: Extract<FromWorker, { kind: 'failed' }>): Error {
  if (name === HostileArchiveError.name) return new HostileArchiveError(message);
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

/** From the bundle that we run from, or from the sources: there the thread needs a loader of its own. */
function startWorker(workerData: UnpackOrder): Worker {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return new Worker(new URL('./larder-unpack.js', here), { workerData });
  const [loader, program] = [import.meta.resolve('tsx/esm/api'), new URL('./unpack-worker.ts', here).href];
  const start = `import('${loader}').then(({ register }) => { register(); return import('${program}'); })`;
  return new Worker(start, { eval: true, workerData });
}
