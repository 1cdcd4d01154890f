/**
 * A file of the log, compressed: several gzip members behind each other, made on several threads. Every reader of gzip takes them for one.
 * The same content always gives the same bytes.
 */
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gzip as gzipCallback } from 'node:zlib';

const gzip = promisify(gzipCallback);

/** What one member holds. */
const MEMBER_BYTES = 2 * 2 ** 20;

/** Members at once. */
const THREADS = 2;

/** By this it is judged whether compressing is worth it. */
const PROBE_BYTES = 32 * 1024;

/** What gzip may add to what it can't compress. */
const OVERHEAD = 4096;

/** Reads exactly `size` bytes. @param check sees the beginning first, and throws when it should not be archived */
export async function packFile(handle: FileHandle, size: number, check: (page: Buffer) => void): Promise<Buffer> {
  const members = Math.max(1, Math.ceil(size / MEMBER_BYTES));
  // Pages that nothing was written to cost no memory.
  const packed = Buffer.allocUnsafeSlow(size + members * OVERHEAD);
  let length = 0;
  for (let first = 0; first < members; first += THREADS) {
    const batch = Array.from({ length: Math.min(THREADS, members - first) }, async (_, n) => {
      const at = (first + n) * MEMBER_BYTES;
      const raw = await readExactly(handle, at, Math.min(MEMBER_BYTES, size - at));
      if (at === 0) check(raw);
      return compress(raw);
    });
    for (const member of await Promise.all(batch)) length += member.copy(packed, length);
  }
  return packed.subarray(0, length);
}

async function compress(raw: Buffer): Promise<Buffer> {
  const level = await levelFor(raw);
  // The time would make other bytes of the same content; zlib leaves it out by itself.
  return gzip(raw, { level, chunkSize: 256 * 1024, memLevel: 9 });
}

async function levelFor(raw: Buffer): Promise<number> {
  if (raw.length <= PROBE_BYTES) return constants.Z_BEST_SPEED;
  const middle = Math.floor((raw.length - PROBE_BYTES) / 2);
  const probe = await gzip(raw.subarray(middle, middle + PROBE_BYTES), { level: constants.Z_BEST_SPEED });
  return probe.length > PROBE_BYTES * 0.95 ? constants.Z_NO_COMPRESSION : constants.Z_BEST_SPEED;
}

/** @throws Error when the file ends before */
export async function readExactly(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await handle.read(buffer, got, length - got, at + got);
    if (bytesRead === 0) throw new Error(`the file ends after ${at + got} bytes`);
    got += bytesRead;
  }
  return buffer;
}
