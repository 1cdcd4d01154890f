/**
 * The content of a gzip member. One of our own is inflated by all processors, its blocks beside each other; any other as a stream. Content
 * that is cut or damaged is never taken for whole: the checksum and the length at the end are compared in both cases.
 */
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, crc32, createGunzip, inflateRaw } from 'node:zlib';
import { BLOCK_BYTES, BLOCK_END, BLOCKS_HEADER, LAST_BLOCK } from '../backup/gzip.ts';

/** Blocks under way; each holds about a megabyte and a half. */
const AT_ONCE = 4;

/** What a block of content that can't be compressed takes at most. */
const LONGEST = BLOCK_BYTES + BLOCK_BYTES / 64;

const inflate = promisify<Buffer, object, Buffer>(inflateRaw);

/** Fails where the content does. `body` is destroyed with it. */
export function gunzip(body: Readable): Readable {
  return Readable.from(contentOf(body), { objectMode: false, highWaterMark: 2 * BLOCK_BYTES });
}

async function* contentOf(body: Readable): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  try {
    let begun = Buffer.alloc(0);
    while (begun.length < BLOCKS_HEADER.length) {
      const { value, done } = await chunks.next();
      if (done === true) break;
      begun = Buffer.concat([begun, value]);
    }
    const ours = begun.subarray(0, BLOCKS_HEADER.length).equals(BLOCKS_HEADER);
    if (ours) yield* inflateBlocks(piecesOf(joined(begun.subarray(BLOCKS_HEADER.length), chunks)));
    else yield* gunzipped(begun, chunks);
  } finally {
    body.destroy();
  }
}

async function* gunzipped(begun: Buffer, chunks: AsyncIterator<Buffer, undefined>): AsyncGenerator<Buffer> {
  const all = Readable.from(joined(begun, chunks), { objectMode: false, highWaterMark: 1 << 18 });
  // A failure of either ends the other; whoever reads hears of it.
  yield* pipeline(all, createGunzip({ chunkSize: 1 << 18 }), () => undefined) as AsyncIterable<Buffer>;
}

async function* joined(begun: Buffer, chunks: AsyncIterator<Buffer, undefined>): AsyncGenerator<Buffer> {
  if (begun.length > 0) yield begun;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

interface Piece {
  bytes: Buffer;
  /** What stands behind the last mark. */
  final: boolean;
}

/** Cuts behind each mark. A piece is a block, or less where a block's content looks like a mark. */
async function* piecesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let waiting: Buffer[] = [];
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let at = rest.indexOf(BLOCK_END); at >= 0; at = rest.indexOf(BLOCK_END)) {
      waiting.push(rest.subarray(0, at + BLOCK_END.length));
      yield { bytes: Buffer.concat(waiting), final: false };
      waiting = [];
      rest = rest.subarray(at + BLOCK_END.length);
    }
    // A mark may have begun, and end in the next chunk.
    const known = Math.max(0, rest.length - BLOCK_END.length + 1);
    waiting.push(rest.subarray(0, known));
    rest = rest.subarray(known);
  }
  yield { bytes: Buffer.concat([...waiting, rest]), final: true };
}

interface UnderWay {
  piece: Buffer;
  content: Promise<Buffer>;
}

async function* inflateBlocks(pieces: AsyncIterable<Piece>): AsyncGenerator<Buffer> {
  const underWay: UnderWay[] = [];
  let sum = 0;
  let total = 0;
  const counted = (content: Buffer): Buffer => {
    sum = crc32(content, sum);
    total += content.length;
    return content;
  };
  for await (const { bytes, final } of pieces) {
    if (!final) {
      underWay.push(begin(bytes));
      if (underWay.length > AT_ONCE) yield counted(await nextBlock(underWay));
      continue;
    }
    while (underWay.length > 0) yield counted(await nextBlock(underWay));
    checkEnd(bytes, sum, total);
  }
}

function begin(piece: Buffer): UnderWay {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: BLOCK_BYTES + 64, maxOutputLength: BLOCK_BYTES };
  const content = inflate(piece, options);
  // Awaited in its turn.
  content.catch(() => undefined);
  return { piece, content };
}

/** Only the last block may be short: any other that is was cut at what looks like a mark, and goes on in the next piece. */
async function nextBlock(underWay: UnderWay[]): Promise<Buffer> {
  let { piece, content } = underWay.shift()!;
  while ((await content).length < BLOCK_BYTES && underWay.length > 0) {
    piece = Buffer.concat([piece, underWay.shift()!.piece]);
    if (piece.length > LONGEST) throw damaged();
    content = begin(piece).content;
  }
  return content;
}

function checkEnd(end: Buffer, sum: number, total: number): void {
  if (end.length < LAST_BLOCK.length + 8) throw new Error('the archive is cut: its end is missing');
  const at = LAST_BLOCK.length;
  const whole = end.length === at + 8 && end.subarray(0, at).equals(LAST_BLOCK);
  if (!whole || end.readUInt32LE(at) !== sum || end.readUInt32LE(at + 4) !== total % 2 ** 32) throw damaged();
}

function damaged(): Error {
  return new Error('the archive is damaged: its content has another checksum than the one that was written with it');
}
