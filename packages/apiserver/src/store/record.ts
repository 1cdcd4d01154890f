/** One change as it lies on disk, and the checksum that says whether it still is what was written. */
import { crc32 } from 'node:zlib';
import type { StoreKey } from './store.ts';

export interface Record {
  revision: number;
  key: StoreKey;
  /** The revision of the same object's state before; 0: there was none. */
  previous: number;
  /** The new state as JSON; `null`: the object was deleted. */
  text: string | null;
}

/** Covers every field, so neither a changed nor a misplaced record goes unseen. */
export function checksumOf({ revision, key, previous, text }: Record): number {
  const head = JSON.stringify([revision, previous, key.resource, key.namespace, key.name, text === null]);
  return crc32(text ?? '', crc32(head));
}
