/**
 * What the reader of a data directory says on its standard output: archives and events in one order. A frame is a kind (one byte), a
 * length (four) and that many bytes.
 */

export type Frame =
  /** The next bytes of the archive. */
  | { kind: 'bytes'; bytes: Buffer }
  /** The archive is complete; what follows is another. */
  | { kind: 'part' }
  /** Every file is read: the label is awaited. */
  | { kind: 'copied' }
  | { kind: 'skipped'; path: string; why: string }
  | { kind: 'damaged'; path: string; blocks: number[]; count: number }
  | { kind: 'failed'; message: string }
  /** The last archive is complete. */
  | { kind: 'end'; files: number; bytes: number; pages: number };

const HEADER = 5;
const BYTES = 0;
const EVENT = 1;
const LONGEST = 16 * 2 ** 20;

export function encodeFrame(frame: Frame): Buffer[] {
  const body = frame.kind === 'bytes' ? frame.bytes : Buffer.from(JSON.stringify(frame));
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt8(frame.kind === 'bytes' ? BYTES : EVENT, 0);
  header.writeUInt32LE(body.length, 1);
  return [header, body];
}

/** @throws Error when the stream ends within a frame, or is none of frames */
export async function* decodeFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let wanted = HEADER;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (rest.length + waitingBytes < wanted) continue;
    rest = Buffer.concat([rest, ...waiting]);
    waiting = [];
    waitingBytes = 0;
    for (;;) {
      wanted = HEADER;
      if (rest.length < wanted) break;
      const length = rest.readUInt32LE(1);
      if (length > LONGEST)
        throw new Error('cannot read the data directory: its reader says what is none of its words');
      wanted = HEADER + length;
      if (rest.length < wanted) break;
      const body = rest.subarray(HEADER, wanted);
      yield rest[0] === BYTES ? { kind: 'bytes', bytes: body } : (JSON.parse(body.toString('utf8')) as Frame);
      rest = rest.subarray(wanted);
    }
  }
  if (rest.length + waitingBytes > 0)
    throw new Error('cannot read the data directory: its reader stopped in the middle');
}
