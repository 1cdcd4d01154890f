/** The body of a request, proven: its length, its hash or its chunks' signatures, its MD5 and its checksum. */
import type { IncomingHttpHeaders } from 'node:http';
import { createHash, type Hash } from 'node:crypto';
import type { Identity } from '../auth/authenticate.ts';
import type { ChecksumAlgorithm, StoredChecksum } from '../folder/sidecar.ts';
import { S3Error } from '../protocol/errors.ts';
import { CHECKSUM_ALGORITHMS, CHECKSUM_BYTES, checksumHeader, startChecksum } from './checksums.ts';
import { readChunks } from './chunked.ts';

/** What one request may bring: 5 GiB, as S3. */
const LARGEST = 5 * 1024 ** 3;

export interface Body {
  /** How many bytes there are to come. */
  size: number;
  /** The bytes; throws at its end, if not before, unless all that was said of them holds. To be read once. */
  read(): AsyncGenerator<Buffer>;
  /** What the client said its checksum is, once all is read. */
  checksum(): StoredChecksum | undefined;
}

type Announced = { algorithm: ChecksumAlgorithm; value?: string };

export interface BodyOptions {
  identity: Identity;
  /** The checksum in the headers is of something else than this body. */
  ignoreChecksum?: boolean;
}

/** @throws S3Error for headers that make no sense */
export function openBody(source: AsyncIterable<Buffer>, headers: IncomingHttpHeaders, options: BodyOptions): Body {
  const { payload, chunks } = options.identity;
  const streaming = streamingOf(payload);
  const size = sizeOf(headers, streaming !== undefined);
  const announced = options.ignoreChecksum ? undefined : announcedChecksum(headers);
  const md5 = expectedMd5(headers);
  const trailers = new Map<string, string>();
  const names = trailerNames(headers);
  const framing = { signing: streaming?.signed ? chunks : undefined, trailers: streaming?.trailer ? names : [] };
  let proven: StoredChecksum | undefined;
  async function* read(): AsyncGenerator<Buffer> {
    const bytes = streaming ? readChunks(source, framing, trailers) : source;
    const sum = announced && (await startChecksum(announced.algorithm));
    const hashes = startHashes(payload, md5);
    let seen = 0;
    for await (const chunk of bytes) {
      seen += chunk.length;
      if (seen > size) throw new S3Error('IncompleteBody', 'There were more bytes than announced');
      sum?.update(chunk);
      for (const { hash } of hashes) hash.update(chunk);
      yield chunk;
    }
    if (seen < size) throw new S3Error('IncompleteBody');
    for (const { hash, expected, code } of hashes) if (!hash.digest().equals(expected)) throw new S3Error(code);
    if (announced && sum) proven = prove(announced, sum.digest(), trailers);
  }
  return { size, read, checksum: () => proven };
}

interface Expected {
  hash: Hash;
  expected: Buffer;
  code: 'XAmzContentSHA256Mismatch' | 'BadDigest';
}

/** Of the hashes that headers give. */
function startHashes(payload: string, md5: Buffer | undefined): Expected[] {
  const isHash = /^[0-9a-f]{64}$/.test(payload);
  const sha256 = {
    hash: createHash('sha256'),
    expected: Buffer.from(payload, 'hex'),
    code: 'XAmzContentSHA256Mismatch',
  } as const;
  return [
    ...(isHash ? [sha256] : []),
    ...(md5 ? [{ hash: createHash('md5'), expected: md5, code: 'BadDigest' } as const] : []),
  ];
}

/** A small body as text. @throws S3Error `MalformedXML` beyond the limit */
export async function readText(body: Body, limit: number): Promise<string> {
  if (body.size > limit) throw new S3Error('MalformedXML', 'The body is too large');
  const chunks: Buffer[] = [];
  for await (const chunk of body.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The checksum that a header gives. @throws S3Error when it can't be one */
export function checksumOfHeaders(
  headers: IncomingHttpHeaders,
): { algorithm: ChecksumAlgorithm; value: string } | undefined {
  const given = CHECKSUM_ALGORITHMS.filter(algorithm => headers[checksumHeader(algorithm)] !== undefined);
  const [algorithm] = given;
  if (algorithm === undefined) return undefined;
  if (given.length > 1) throw new S3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header');
  return { algorithm, value: String(headers[checksumHeader(algorithm)]) };
}

/** @throws S3Error `InvalidRequest` */
export function parseAlgorithm(text: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find(each => each === text.toUpperCase());
  if (!algorithm)
    throw new S3Error('InvalidRequest', `Checksum algorithm must be one of ${CHECKSUM_ALGORITHMS.join(', ')}`);
  return algorithm;
}

function streamingOf(payload: string): { signed: boolean; trailer: boolean } | undefined {
  switch (payload) {
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { signed: true, trailer: false };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { signed: true, trailer: true };
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { signed: false, trailer: true };
    case 'UNSIGNED-PAYLOAD':
      return undefined;
    default:
      if (/^[0-9a-f]{64}$/.test(payload)) return undefined;
      if (payload.startsWith('STREAMING-'))
        throw new S3Error('NotImplemented', 'This way of signing chunks is not offered');
      throw new S3Error(
        'InvalidArgument',
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-…, or a SHA-256 in hex',
      );
  }
}

function sizeOf(headers: IncomingHttpHeaders, streaming: boolean): number {
  const text = streaming ? headers['x-amz-decoded-content-length'] : (headers['content-length'] ?? noBody(headers));
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) throw new S3Error('MissingContentLength');
  if (Number(text) > LARGEST) throw new S3Error('EntityTooLarge');
  return Number(text);
}

/** A request without a body has neither header. */
function noBody(headers: IncomingHttpHeaders): string | undefined {
  return headers['transfer-encoding'] === undefined ? '0' : undefined;
}

function announcedChecksum(headers: IncomingHttpHeaders): Announced | undefined {
  const inHeader = checksumOfHeaders(headers);
  if (inHeader) {
    checkBytes(inHeader.algorithm, inHeader.value);
    return inHeader;
  }
  const trailing = trailerNames(headers).find(name => name.startsWith('x-amz-checksum-'));
  if (trailing === undefined) return undefined;
  return { algorithm: parseAlgorithm(trailing.slice('x-amz-checksum-'.length)) };
}

function trailerNames(headers: IncomingHttpHeaders): string[] {
  const text = headers['x-amz-trailer'];
  return typeof text === 'string' ? text.split(',').map(name => name.trim().toLowerCase()) : [];
}

function expectedMd5(headers: IncomingHttpHeaders): Buffer | undefined {
  const text = headers['content-md5'];
  if (text === undefined) return undefined;
  const bytes = Buffer.from(String(text), 'base64');
  if (bytes.length !== 16) throw new S3Error('InvalidDigest');
  return bytes;
}

function prove({ algorithm, value }: Announced, digest: Buffer, trailers: Map<string, string>): StoredChecksum {
  const expected = value ?? trailers.get(checksumHeader(algorithm)) ?? '';
  checkBytes(algorithm, expected);
  if (!Buffer.from(expected, 'base64').equals(digest))
    throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum`);
  return { algorithm, value: digest.toString('base64'), type: 'FULL_OBJECT' };
}

function checkBytes(algorithm: ChecksumAlgorithm, value: string): void {
  if (Buffer.from(value, 'base64').length !== CHECKSUM_BYTES[algorithm])
    throw new S3Error('InvalidRequest', `Value for ${checksumHeader(algorithm)} header is invalid`);
}
