/**
 * The keys of a bucket in S3's order, which is that of their UTF-8 bytes. Keys are handled as one character a byte, so that comparing
 * strings compares bytes. Only the folders on the way are read, and of them only those that can hold a key that is wanted.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOfName, CONTINUES, OBJECT } from './names.ts';

export interface WalkOptions {
  /** Bytes that every key begins with. */
  prefix: string;
  /** Only keys after this one. */
  after: string;
}

/** A walk that can be told to leave out what begins with some bytes. */
export interface Walk extends AsyncIterable<string> {
  skip(prefix: string): void;
}

interface Entry {
  /** The whole key of an object; of a folder all its keys begin with this. */
  bytes: string;
  /** Absent: an object. */
  folder?: string;
}

export function walkKeys(objects: string, { prefix, after }: WalkOptions): Walk {
  let skipped: string | undefined;
  const isWanted = ({ bytes, folder }: Entry): boolean => {
    if (skipped !== undefined && bytes.startsWith(skipped)) return false;
    if (folder === undefined) return bytes.startsWith(prefix) && bytes > after;
    return (bytes.startsWith(prefix) || prefix.startsWith(bytes)) && (bytes > after || after.startsWith(bytes));
  };
  async function* walk(folder: string, above: string): AsyncGenerator<string> {
    for (const entry of await readEntries(folder, above)) {
      if (!isWanted(entry)) continue;
      if (entry.folder === undefined) yield entry.bytes;
      else yield* walk(entry.folder, entry.bytes);
    }
  }
  return {
    skip: bytes => {
      skipped = bytes;
    },
    [Symbol.asyncIterator]: () => walk(objects, ''),
  };
}

async function readEntries(folder: string, above: string): Promise<Entry[]> {
  const found = await readNames(folder, '');
  const seen = new Set<string>();
  const entries: Entry[] = [];
  for (const { name, path, isFolder } of found) {
    const bytes = bytesOfName(isFolder || !name.endsWith(OBJECT) ? name : name.slice(0, -OBJECT.length));
    // Both names of an object may be there after a crash: they are one key.
    const whole = bytes === undefined ? undefined : above + bytes + (isFolder ? '/' : '');
    if (whole === undefined || (!isFolder && seen.has(whole))) continue;
    if (!isFolder) seen.add(whole);
    entries.push(isFolder ? { bytes: whole, folder: path } : { bytes: whole });
  }
  return entries.sort((a, b) => (a.bytes < b.bytes ? -1 : a.bytes > b.bytes ? 1 : 0));
}

/** Names in a folder, with those that were too long for one put together again. A folder that has gone is empty. */
async function readNames(folder: string, begun: string): Promise<{ name: string; path: string; isFolder: boolean }[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const lists = await Promise.all(
    found.map(async entry => {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name.endsWith(CONTINUES))
        return readNames(path, begun + entry.name.slice(0, -CONTINUES.length));
      const isFolder = entry.isDirectory();
      return isFolder || entry.isFile() ? [{ name: begun + entry.name, path, isFolder }] : [];
    }),
  );
  return lists.flat();
}
