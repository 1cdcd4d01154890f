/**
 * Unpacks one archive in a thread of its own, which has next to nothing in memory besides: the collector of garbage goes through all of a
 * thread's memory whenever some 64 MB of buffers have passed, and a client of S3 is much to go through.
 */
import { on } from 'node:events';
import { Readable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { decompress } from './decompress.ts';
import { unpack } from './unpack.ts';
import type { FromWorker, ToWorker, UnpackOrder } from './unpack-apart.ts';

/** How often it is told how far it is. */
const TELL_BYTES = 4 * 2 ** 20;

const port = parentPort!;
const { compression, ...options } = workerData as UnpackOrder;
let written = 0;

async function* chunks(): AsyncGenerator<Buffer> {
  for await (const [message] of on(port, 'message') as AsyncIterable<[ToWorker]>) {
    if (message.kind === 'end') return;
    if (message.kind === 'failed') throw new Error(message.message);
    yield Buffer.from(message.bytes.buffer);
    tell({ kind: 'taken', bytes: message.bytes.length });
  }
}

function tell(message: FromWorker): void {
  port.postMessage(message);
}

function onBytes(bytes: number): void {
  written += bytes;
  if (written < TELL_BYTES) return;
  tell({ kind: 'wrote', bytes: written });
  written = 0;
}

try {
  const body = Readable.from(chunks(), { objectMode: false, highWaterMark: 2 ** 20 });
  const done = await unpack(decompress(body, compression), { ...options, onBytes });
  tell({ kind: 'wrote', bytes: written });
  tell({ kind: 'done', done });
} catch (error) {
  const { name, message, code } = error as NodeJS.ErrnoException;
  tell({ kind: 'failed', name, message, ...(code === undefined ? {} : { code }) });
}
port.close();
