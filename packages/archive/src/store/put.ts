/** Writing an object whose bytes are in memory, in one piece or in several: those are sent one after the other and never joined. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';

/** In several pieces, it is as long as they are together. */
export type Content = Uint8Array | readonly Uint8Array[];

/** A new command for each trial: a stream can be read once only. */
export function preparePut(
  target: { Bucket: string; Key: string; IfNoneMatch?: string; Metadata?: Record<string, string> },
  content: Content,
): () => PutObjectCommand {
  if (content instanceof Uint8Array)
    return () => new PutObjectCommand({ ...target, Body: content, ContentLength: content.length });
  const ContentLength = content.reduce((sum, { length }) => sum + length, 0);
  const { sha256, ChecksumCRC32 } = sumsOf(content);
  return () => {
    const Body = Readable.from(content, { objectMode: false });
    const put = new PutObjectCommand({ ...target, Body, ContentLength, ChecksumCRC32 });
    // The SDK signs a stream by chunks, with its sum at the end; stores that don't know that understand this.
    put.middlewareStack.add(
      next => args => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = sha256;
        return next(args);
      },
      { step: 'build', name: 'sumOfContent' },
    );
    return put;
  };
}

function sumsOf(pieces: readonly Uint8Array[]): { sha256: string; ChecksumCRC32: string } {
  const hash = createHash('sha256');
  let crc = 0;
  for (const piece of pieces) {
    hash.update(piece);
    crc = crc32(piece, crc);
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc);
  return { sha256: hash.digest('hex'), ChecksumCRC32: sum.toString('base64') };
}
