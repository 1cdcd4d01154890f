/** The content of a file in a bucket, whatever it was compressed with, as far as we can read that. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import { splitCompression, type Compression } from '../layout/wal-name.ts';

/** What can be read here. */
const READABLE: readonly Compression[] = ['none', 'gzip', 'bzip2'];

/** Larger than any segment. */
const MOST_BYTES = 2 ** 30;

/** @throws Error in words for a compression that can't be read here */
export function checkReadable(file: string): void {
  const { compression } = splitCompression(file);
  if (READABLE.includes(compression)) return;
  throw new Error(
    `cannot read "${file}": its compression, ${compression}, is not read here; ` +
      'fetch it with the tool that archived it, or archive with gzip',
  );
}

/** @throws Error when it is cut, damaged, compressed in a way that can't be read here, or larger than `most` */
export async function* contentOf(body: Readable, file: string, most = MOST_BYTES): AsyncGenerator<Buffer> {
  checkReadable(file);
  let seen = 0;
  try {
    // A small file can unpack to any size.
    for await (const chunk of unpacked(body, file) as AsyncIterable<Buffer>) {
      seen += chunk.length;
      if (seen > most) throw new Error(`"${file}" unpacks to more than ${most} bytes`);
      yield chunk;
    }
  } finally {
    body.destroy();
  }
}

function unpacked(body: Readable, file: string): Readable {
  const { compression } = splitCompression(file);
  if (compression === 'none') return body;
  // Who reads what comes out hears of a broken end.
  if (compression === 'gzip') return pipeline(body, createGunzip({ chunkSize: 256 * 1024 }), () => undefined);
  const bunzip = unbzip2() as unknown as NodeJS.ReadWriteStream;
  return pipeline(body, bunzip, new PassThrough(), () => undefined);
}

/** Whether the file in the bucket has the content of this one. @throws StoreError; Error when that can't be read */
export async function isSameContent(body: Readable, file: string, local: FileHandle): Promise<boolean> {
  const theirs = await hashOf(contentOf(body, file));
  const ours = await hashOf(local.createReadStream({ autoClose: false, start: 0, highWaterMark: 256 * 1024 }));
  return theirs === ours;
}

async function hashOf(source: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of source) hash.update(chunk);
  return hash.digest('hex');
}
