/**
 * Takes `aws-chunked` bodies apart: chunks, signed or not, and the trailing headers. Nothing is held but a line: bytes go on at once, and
 * who uses them waits for the end, where a wrong signature throws.
 */
import { createHash, createHmac } from 'node:crypto';
import { sameText } from '../auth/signature.ts';
import { S3Error } from '../protocol/errors.ts';

/** What signatures of chunks follow from. */
export interface ChunkSigning {
  signingKey: Buffer;
  /** `x-amz-date` of the request. */
  date: string;
  scope: string;
  /** Of the request: the first chunk's is made from it. */
  seed: string;
}

export interface ChunkedOptions {
  /** Absent: chunks are not signed. */
  signing?: ChunkSigning;
  /** The names that `x-amz-trailer` announced. */
  trailers: string[];
}

const LONGEST_LINE = 4096;

/** The bytes of the chunks. `trailers` is filled once the last chunk is through. @throws S3Error */
export async function* readChunks(
  source: AsyncIterable<Buffer>,
  { signing, trailers: announced }: ChunkedOptions,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new Reader(source);
  const chain = signing && new SignatureChain(signing);
  for (;;) {
    const { size, signature } = parseChunkHeader(await reader.line());
    const hash = createHash('sha256');
    for await (const bytes of reader.bytes(size)) {
      if (chain) hash.update(bytes);
      yield bytes;
    }
    chain?.check('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_HASH, hash.digest('hex')], signature);
    if (size === 0) break;
    if ((await reader.line()) !== '') throw malformed();
  }
  await readTrailers(reader, announced, { chain, trailers });
}

async function readTrailers(
  reader: Reader,
  announced: string[],
  { chain, trailers }: { chain?: SignatureChain; trailers: Map<string, string> },
): Promise<void> {
  let signature: string | undefined;
  for (let line = await reader.lastLine(); line !== ''; line = await reader.lastLine()) {
    const colon = line.indexOf(':');
    if (colon < 1) throw malformed();
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') signature = value;
    else if (!announced.includes(name)) throw malformed();
    else trailers.set(name, value);
  }
  if (announced.some(name => !trailers.has(name))) throw malformed();
  if (!chain || announced.length === 0) return;
  const text = [...trailers].map(([name, value]) => `${name}:${value}\n`).join('');
  chain.check('AWS4-HMAC-SHA256-TRAILER', [createHash('sha256').update(text).digest('hex')], signature);
}

/** Each signature is made from the one before, so that chunks can be neither left out nor moved. */
class SignatureChain {
  readonly #signing: ChunkSigning;
  #previous: string;

  constructor(signing: ChunkSigning) {
    this.#signing = signing;
    this.#previous = signing.seed;
  }

  check(kind: string, hashes: string[], signature: string | undefined): void {
    const { signingKey, date, scope } = this.#signing;
    const text = [kind, date, scope, this.#previous, ...hashes].join('\n');
    const expected = createHmac('sha256', signingKey).update(text).digest('hex');
    if (!sameText(expected, signature ?? '')) throw new S3Error('SignatureDoesNotMatch');
    this.#previous = expected;
  }
}

const EMPTY_HASH = createHash('sha256').digest('hex');

function parseChunkHeader(line: string): { size: number; signature?: string } {
  const [, hex = '', signature] = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? [];
  if (hex === '') throw malformed();
  return { size: parseInt(hex, 16), signature };
}

function malformed(): S3Error {
  return new S3Error('IncompleteBody', 'The body is not well-formed aws-chunked');
}

/** Lines and runs of bytes from a stream of buffers. */
class Reader {
  readonly #source: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to CRLF. @throws S3Error at the end of the stream, or when it is too long */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#buffer.subarray(0, end).toString('latin1');
        this.#buffer = this.#buffer.subarray(end + 2);
        return line;
      }
      if (this.#buffer.length > LONGEST_LINE || !(await this.#more())) throw malformed();
    }
  }

  /** As `line`; the end of the stream ends it too, since some clients leave the last line ends out. */
  async lastLine(): Promise<string> {
    while (this.#buffer.indexOf('\r\n') < 0 && this.#buffer.length <= LONGEST_LINE && (await this.#more()));
    if (this.#buffer.length > 0) return this.#buffer.indexOf('\r\n') < 0 ? this.#rest() : this.line();
    return '';
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#buffer.length === 0 && !(await this.#more())) throw new S3Error('IncompleteBody');
      const taken = this.#buffer.subarray(0, left);
      this.#buffer = this.#buffer.subarray(taken.length);
      left -= taken.length;
      yield taken;
    }
  }

  #rest(): string {
    const rest = this.#buffer.toString('latin1').replace(/\n$/, '');
    this.#buffer = Buffer.alloc(0);
    return rest;
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done) return false;
    this.#buffer = this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value]);
    return true;
  }
}
