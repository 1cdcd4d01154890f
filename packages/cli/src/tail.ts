/** The end of a file, and what is added to it. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** How far back the last lines are looked for. */
const WINDOW = 4 * 1024 * 1024;

/** The last `count` lines of a file, and its size then. */
export function lastLines(path: string, count: number): { text: string; size: number } {
  return reading(path, (file, size) => {
    const chunk = readAt(file, Math.max(0, size - WINDOW), size);
    const lines = chunk.split('\n');
    const unfinished = lines.at(-1) === '' ? 1 : 0;
    return { text: count === 0 ? '' : lines.slice(-count - unfinished).join('\n'), size };
  });
}

export interface FollowOptions {
  path: string;
  offset: number;
  write(text: string): void;
  signal?: AbortSignal;
}

/** Writes what is added to the file that `locate` names, until the signal; goes on in the next file when there is a new one. */
export async function followFile(locate: () => Promise<string>, options: FollowOptions): Promise<void> {
  let { path, offset } = options;
  while (!options.signal?.aborted) {
    offset = reading(path, (file, size) => {
      const from = size < offset ? 0 : offset; // a shorter file is a new one
      if (size > from) options.write(readAt(file, from, size));
      return size;
    });
    const now = await locate();
    if (now !== path) [path, offset] = [now, 0];
    await delay(300, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

function reading<T>(path: string, use: (file: number, size: number) => T): T {
  // NOFOLLOW and NONBLOCK: others may write to the folder, and neither a link nor a pipe is a log.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return use(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, from: number, to: number): string {
  const buffer = Buffer.alloc(to - from);
  const read = readSync(file, buffer, 0, buffer.length, from);
  return buffer.toString('utf8', 0, read);
}
