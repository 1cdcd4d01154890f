/** The bytes of an object in one stream, also when the connections that bring them are cut. */
import { Readable } from 'node:stream';
import type { StoreError } from './errors.ts';
import { retry } from './retry.ts';

export interface BodyOptions {
  /** Of the whole object. */
  size: number;
  /** The rest of the object, from this byte on. */
  again: (from: number) => Promise<Readable>;
  fail: (error: unknown) => StoreError;
  signal?: AbortSignal;
}

/** Ends after `size` bytes, or fails: an object that is short is never taken for a whole one. */
export function resumingBody(first: Readable, options: BodyOptions): Readable {
  const body = Readable.from(bytesOf(first, options), { objectMode: false, highWaterMark: 256 * 1024 });
  first.on('error', ignore);
  body.once('close', () => first.destroy());
  return body;
}

/** How often in a row a body may be cut without a byte having come. */
const IDLE_CUTS = 5;

async function* bytesOf(first: Readable, { size, again, fail, signal }: BodyOptions): AsyncGenerator<Buffer> {
  let current: Readable | undefined = first;
  let at = 0;
  let cuts = 0;
  while (at < size) {
    const before = at;
    try {
      current ??= await retry(() => again(at), {}, signal);
      current.on('error', ignore);
      for await (const chunk of current as AsyncIterable<Buffer>) {
        at += chunk.length;
        yield chunk;
      }
      if (at < size) throw new Error('the connection was cut');
    } catch (error) {
      signal?.throwIfAborted();
      cuts = at > before ? 0 : cuts + 1;
      const failure = fail(error);
      if (failure.kind !== 'transient' || cuts >= IDLE_CUTS) throw failure;
    } finally {
      current?.destroy();
      current = undefined;
    }
  }
}

/** Who reads hears of it; one that is given up says that it was aborted when nobody reads any more. */
function ignore(): void {}
