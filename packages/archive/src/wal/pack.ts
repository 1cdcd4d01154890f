/**
 * A file of the log, compressed: several gzip members behind each other, made on several threads. Every reader of gzip takes them for one.
 * The same content always gives the same bytes.
 */
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gzip as gzipCallback } from 'node:zlib';
import type { Scratch } from './slots.ts';

const gzip = promisify(gzipCallback);

/** What one member holds. */
const MEMBER_BYTES = 2 ** 20;

/** Members at once. */
const THREADS = 2;

/** By this it is judged whether compressing is worth it. */
const PROBE_BYTES = 32 * 1024;

export interface PackOptions {
  size: number;
  /** Sees the beginning first, and throws when it should not be archived. */
  check: (page: Buffer) => void;
  scratch: Scratch;
}

/** Reads exactly `size` bytes. Gives the members. */
export async function packFile(handle: FileHandle, { size, check, scratch }: PackOptions): Promise<Buffer[]> {
  const members = Math.max(1, Math.ceil(size / MEMBER_BYTES));
  const packed: Buffer[] = [];
  for (let first = 0; first < members; first += THREADS) {
    const batch = Array.from({ length: Math.min(THREADS, members - first) }, async (_, n) => {
      const at = (first + n) * MEMBER_BYTES;
      const raw = scratch.get(`raw ${n}`, MEMBER_BYTES).subarray(0, Math.min(MEMBER_BYTES, size - at));
      await readFully(handle, raw, at);
      if (at === 0) check(raw);
      return compress(raw);
    });
    // All have ended before one may fail: what they read lies in memory that others use next.
    const done = await Promise.allSettled(batch);
    for (const member of done) {
      if (member.status === 'rejected') throw member.reason;
      packed.push(member.value);
    }
  }
  return packed;
}

async function compress(raw: Buffer): Promise<Buffer> {
  const level = await levelFor(raw);
  // The time would make other bytes of the same content; zlib leaves it out by itself.
  return gzip(raw, { level, chunkSize: 128 * 1024 });
}

async function levelFor(raw: Buffer): Promise<number> {
  if (raw.length <= PROBE_BYTES) return constants.Z_BEST_SPEED;
  const middle = Math.floor((raw.length - PROBE_BYTES) / 2);
  const probe = await gzip(raw.subarray(middle, middle + PROBE_BYTES), { level: constants.Z_BEST_SPEED });
  return probe.length > PROBE_BYTES * 0.95 ? constants.Z_NO_COMPRESSION : constants.Z_BEST_SPEED;
}

/** @throws Error when the file ends before */
async function readFully(handle: FileHandle, buffer: Buffer, at: number): Promise<void> {
  for (let got = 0; got < buffer.length;) {
    const { bytesRead } = await handle.read(buffer, got, buffer.length - got, at + got);
    if (bytesRead === 0) throw new Error(`the file ends after ${at + got} bytes`);
    got += bytesRead;
  }
}
