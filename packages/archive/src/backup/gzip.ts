/**
 * One gzip member, compressed by all processors: blocks of a megabyte are deflated beside each other on the thread pool and joined in
 * order. It is one member and not many, since barman's way of reading tars stops after the first. No block refers to an earlier one, and
 * each ends with a mark, so that a reader who knows of it can inflate them beside each other too; the member's comment says so.
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

/** Of the content; only the last block has less. */
export const BLOCK_BYTES = 1 << 20;

/** In the header's comment, and not its extra field: Python's tarfile can't skip the latter. */
const COMMENT = `independent blocks of ${BLOCK_BYTES} bytes`;

/** A gzip header of a member with such blocks, whole. */
export const BLOCKS_HEADER = Buffer.concat([
  Buffer.from([0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 4, 255]),
  Buffer.from(`${COMMENT}\0`, 'latin1'),
]);

/** What deflate puts where a block was flushed, and an empty block. A block's content may have the same bytes by accident. */
export const BLOCK_END = Buffer.from([0, 0, 0xff, 0xff, 0, 0, 0, 0xff, 0xff]);

/** An empty block that says it is the last. Behind it stand the content's checksum and its length. */
export const LAST_BLOCK = Buffer.from([3, 0]);

const EMPTY_BLOCK = BLOCK_END.subarray(4);

/** Blocks under way; each holds about two megabytes. */
const AT_ONCE = 4;

const deflate = promisify<Buffer, object, Buffer>(deflateRaw);

export async function* gzip(chunks: AsyncIterable<Buffer>, level = 1): AsyncGenerator<Buffer> {
  const underWay: Promise<Buffer>[] = [];
  let sum = 0;
  let total = 0;
  yield BLOCKS_HEADER;
  for await (const block of blocks(chunks)) {
    sum = crc32(block, sum);
    total += block.length;
    const deflated = deflate(block, { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 1 << 18 });
    // Awaited in its turn.
    deflated.catch(() => undefined);
    underWay.push(deflated);
    if (underWay.length < AT_ONCE) continue;
    yield await underWay.shift()!;
    yield EMPTY_BLOCK;
  }
  for (const rest of underWay) {
    yield await rest;
    yield EMPTY_BLOCK;
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(sum, 0);
  trailer.writeUInt32LE(total % 2 ** 32, 4);
  yield Buffer.concat([LAST_BLOCK, trailer]);
}

/** Of one length each, but for the last. */
async function* blocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let room = BLOCK_BYTES;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.length >= room) {
      yield Buffer.concat([...waiting, rest.subarray(0, room)]);
      rest = rest.subarray(room);
      waiting = [];
      room = BLOCK_BYTES;
    }
    if (rest.length > 0) waiting.push(rest);
    room -= rest.length;
  }
  if (waiting.length > 0) yield Buffer.concat(waiting);
}
