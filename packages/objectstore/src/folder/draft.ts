/** Bytes on their way in: received into a file of their own, hashed, and durable before anything is named after them. */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import type { BucketFolder } from './bucket.ts';

export interface Draft {
  path: string;
  size: number;
  md5: Buffer;
  /** Sets the time that the version is known by, and makes the bytes durable. */
  settle(): { mtimeNs: Promise<bigint>; durable: Promise<void> };
  /** Removes it unless it was renamed away; always to be called. */
  dispose(): Promise<void>;
}

/** Written together: fewer calls than chunks, and no more than this is held. */
const BATCH = 512 * 1024;

/** Receives all of `source`. Nothing is left when it fails. */
export async function receiveDraft(bucket: BucketFolder, source: AsyncIterable<Buffer>): Promise<Draft> {
  const path = bucket.draftPath();
  const handle = await open(path, 'wx', 0o600);
  const dispose = async (): Promise<void> => {
    await handle.close();
    await rm(path, { force: true });
  };
  try {
    const { size, md5 } = await copyInto(handle, source);
    return { path, size, md5, settle: () => settle(handle), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Hashing goes on while a batch is written; one batch is under way at most. */
async function copyInto(handle: FileHandle, source: AsyncIterable<Buffer>): Promise<{ size: number; md5: Buffer }> {
  const hash = createHash('md5');
  let size = 0;
  let batch: Buffer[] = [];
  let bytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async (): Promise<void> => {
    await writing;
    const chunks = batch;
    batch = [];
    bytes = 0;
    writing = writeAll(handle, chunks);
    writing.catch(() => undefined); // heard at the next await
  };
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      batch.push(chunk);
      bytes += chunk.length;
      size += chunk.length;
      if (bytes >= BATCH) await flush();
    }
    await flush();
    await writing;
  } catch (error) {
    await writing.catch(() => undefined);
    throw error;
  }
  return { size, md5: hash.digest() };
}

async function writeAll(handle: FileHandle, chunks: Buffer[]): Promise<void> {
  if (chunks.length === 0) return;
  const wanted = chunks.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await handle.writev(chunks);
  // A short write is legal: what is left goes the slow way.
  for (let rest = Buffer.concat(chunks).subarray(bytesWritten); bytesWritten < wanted && rest.length > 0;)
    rest = rest.subarray((await handle.write(rest)).bytesWritten);
}

let lastTime = 0;

/** Microseconds that this process never used before: a version's time tells it from the one it replaces. */
function uniqueTime(): number {
  lastTime = Math.max(Date.now() * 1000, lastTime + 1);
  return lastTime;
}

function settle(handle: FileHandle): { mtimeNs: Promise<bigint>; durable: Promise<void> } {
  const seconds = uniqueTime() / 1e6;
  const stamped = handle.utimes(seconds, seconds);
  const mtimeNs = stamped.then(() => handle.stat({ bigint: true })).then(stat => stat.mtimeNs);
  const durable = stamped.then(() => handle.sync());
  durable.catch(() => undefined);
  return { mtimeNs, durable };
}
