/** The durable store of the API server. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedStore } from './embedded-store.ts';
import { StoreFile } from './file.ts';
import { Objects } from './objects.ts';
import type { Record } from './record.ts';
import type { Store } from './store.ts';
import { valueOf } from './value.ts';

export * from './errors.ts';
export type * from './store.ts';

export interface OpenStoreOptions {
  /** Made when it isn't there. */
  folder: string;
}

/** Opens the store in `folder`, proven whole. */
export async function openStore({ folder }: OpenStoreOptions): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await StoreFile.open(join(folder, 'store.db'));
  const newest = new Map<string, Record>();
  const { revision, compacted } = await file.readAll(record => {
    newest.set(JSON.stringify(record.key), record);
  });
  const objects = new Objects();
  for (const { key, revision: written, text } of newest.values()) {
    if (text !== null) objects.put({ key, revision: written, value: valueOf(text) });
  }
  return new EmbeddedStore({ file, objects, revision, compacted, memory: { events: 2000, bytes: 4 * 1024 * 1024 } });
}
