/**
 * One gzip member, compressed by all processors: blocks of a megabyte are deflated beside each other on the thread pool and joined in
 * order. It is one member and not many, since barman's way of reading tars stops after the first.
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

const BLOCK = 1 << 20;
/** Blocks under way; each holds about two megabytes. */
const AT_ONCE = 4;
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
/** An empty block that says it is the last. */
const LAST = Buffer.from([3, 0]);

const deflate = promisify<Buffer, object, Buffer>(deflateRaw);

export async function* gzip(chunks: AsyncIterable<Buffer>, level = 1): AsyncGenerator<Buffer> {
  const underWay: Promise<Buffer>[] = [];
  let sum = 0;
  let total = 0;
  yield HEADER;
  for await (const block of blocks(chunks)) {
    sum = crc32(block, sum);
    total += block.length;
    const deflated = deflate(block, { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 1 << 18 });
    // Awaited in its turn.
    deflated.catch(() => undefined);
    underWay.push(deflated);
    if (underWay.length >= AT_ONCE) yield await underWay.shift()!;
  }
  for (const rest of underWay) yield await rest;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(sum, 0);
  trailer.writeUInt32LE(total % 2 ** 32, 4);
  yield Buffer.concat([LAST, trailer]);
}

async function* blocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes < BLOCK) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}
