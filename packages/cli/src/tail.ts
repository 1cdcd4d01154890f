/** The end of a file, and what is added to it. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';

/** How far back the last lines are looked for. */
const WINDOW = 4 * 1024 * 1024;

/** The last `count` lines of a file, and its size then. */
export function lastLines(path: string, count: number): { text: string; size: number } {
  return reading(path, (file, size) => {
    const chunk = readAt(file, Math.max(0, size - WINDOW), size).toString('utf8');
    const lines = chunk.split('\n');
    const unfinished = lines.at(-1) === '' ? 1 : 0;
    return { text: count === 0 ? '' : lines.slice(-count - unfinished).join('\n'), size };
  });
}

/** All of a file, and its size then. */
export function wholeText(path: string): { text: string; size: number } {
  return reading(path, (file, size) => ({ text: readAt(file, 0, size).toString('utf8'), size }));
}

export interface FollowOptions {
  path: string;
  offset: number;
  write(text: string): void;
  signal?: AbortSignal;
}

/**
 * Writes what is added to the file that `locate` names, until the signal. When that is another file, or the old one was put aside for a new
 * one, what is left in the old one comes first. A file that isn't there for a moment is waited for.
 */
export async function followFile(locate: () => Promise<string>, options: FollowOptions): Promise<void> {
  const { signal } = options;
  let current = openFollowed(options.path, options.offset);
  try {
    while (!signal?.aborted) {
      const next = nextOf(await locate(), current);
      if (current) options.write(readAdded(current));
      if (next === undefined) {
        await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      close(current);
      current = next;
    }
  } finally {
    close(current);
  }
}

const POLL_MS = 300;

interface Followed {
  file: number;
  inode: number;
  offset: number;
  /** Keeps the bytes of a letter that is only half there. */
  decoder: StringDecoder;
}

function openFollowed(path: string, offset: number): Followed | undefined {
  try {
    const file = openLog(path);
    return { file, inode: fstatSync(file).ino, offset, decoder: new StringDecoder('utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file at `path`, when it isn't the one that is followed. */
function nextOf(path: string, current: Followed | undefined): Followed | undefined {
  const there = openFollowed(path, 0);
  if (there === undefined || there.inode !== current?.inode) return there;
  closeSync(there.file);
  return undefined;
}

function readAdded(followed: Followed): string {
  const { size } = fstatSync(followed.file);
  const from = size < followed.offset ? 0 : followed.offset; // emptied
  followed.offset = size;
  return followed.decoder.write(readAt(followed.file, from, size));
}

function close(followed: Followed | undefined): void {
  if (followed) closeSync(followed.file);
}

function reading<T>(path: string, use: (file: number, size: number) => T): T {
  const file = openLog(path);
  try {
    return use(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function openLog(path: string): number {
  // NOFOLLOW and NONBLOCK: others may write to the folder, and neither a link nor a pipe is a log.
  return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

function readAt(file: number, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(to - from);
  return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from));
}
