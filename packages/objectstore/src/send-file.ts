/**
 * Sends the bytes of a file with two buffers, whatever its size: while one is on its way, the other is filled. A stream would take new memory
 * for each piece, which costs more than what is done with it.
 */
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { ByteRange } from './operations/ranges.ts';

const PIECE = 128 * 1024;

/** Resolves when all is handed over and the answer has ended. @throws Error when the reader is gone, or the file is shorter than it was */
export async function sendFile(handle: FileHandle, { start, end }: ByteRange, to: Writable): Promise<void> {
  const size = Math.min(PIECE, end - start + 1);
  // Not from the pool: it is given back when the answer ends.
  const buffers = [Buffer.allocUnsafeSlow(size), size < PIECE ? undefined : Buffer.allocUnsafeSlow(size)];
  const gone = new AbortController();
  const leave = (): void => gone.abort(closed());
  to.once('close', leave);
  let underWay: Promise<void> = Promise.resolve();
  try {
    for (let at = start, turn = 0; at <= end; turn ^= 1) {
      const buffer = buffers[turn] ?? buffers[0]!;
      const { bytesRead } = await handle.read(buffer, 0, Math.min(size, end - at + 1), at);
      if (bytesRead === 0) throw new Error('the file is shorter than it was');
      at += bytesRead;
      await underWay;
      underWay = write(to, buffer.subarray(0, bytesRead), gone.signal);
      underWay.catch(() => undefined);
      if (buffers[1] === undefined) await underWay;
    }
    await underWay;
    to.end();
    if (!to.writableFinished) await once(to, 'finish', { signal: gone.signal });
  } catch (error) {
    // Whoever reads must not take what came for the whole.
    to.destroy();
    throw gone.signal.aborted ? closed() : error;
  } finally {
    to.removeListener('close', leave);
  }
}

/** Resolves when the buffer may be used again. */
function write(to: Writable, bytes: Buffer, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(closed());
    if (gone.aborted) return leave();
    gone.addEventListener('abort', leave, { once: true });
    to.write(bytes, error => {
      gone.removeEventListener('abort', leave);
      if (error) reject(error);
      else resolve();
    });
  });
}

function closed(): Error {
  return Object.assign(new Error('the reader is gone'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}
