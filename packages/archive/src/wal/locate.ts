/** Where in a bucket a file of the log is, under which of its names. */
import { archiveKeys } from '../layout/keys.ts';
import { COMPRESSIONS, parseArchivedName, parseWalName, type Compression } from '../layout/wal-name.ts';
import type { Store, StoredObject } from '../store/store.ts';

export interface Located extends StoredObject {
  key: string;
}

/** The file of that name; `undefined` only when it is proven that there is none. Gzip is tried first: we archive with it. */
export async function locateWal(store: Store, name: string, signal?: AbortSignal): Promise<Located | undefined> {
  const keys = archiveKeys(store.destination);
  const usual = keys.wal(name, 'gzip');
  const found = await store.get(usual, { signal });
  if (found) return { ...found, key: usual };
  const key = await otherKey(store, name, signal);
  if (key === undefined) return undefined;
  const other = await store.get(key, { signal });
  return other && { ...other, key };
}

/** The whole segment in any compression, or else the part of one that its timeline ended with, as barman has it. */
async function otherKey(store: Store, name: string, signal?: AbortSignal): Promise<string | undefined> {
  const folder = archiveKeys(store.destination).walFolder(name);
  const there = new Set<string>();
  for await (const entry of store.list(`${folder}${name}`, { delimiter: '/', signal }))
    if (entry.kind === 'object') there.add(entry.key);
  const names = parseWalName(name)?.kind === 'segment' ? [name, `${name}.partial`] : [name];
  const candidates = names.flatMap(each =>
    (Object.keys(COMPRESSIONS) as Compression[]).map(compression => `${folder}${each}${COMPRESSIONS[compression]}`),
  );
  return candidates.find(candidate => there.has(candidate));
}

/** A later segment of the same timeline, when there is one: then a missing one is a hole, not the end. */
export async function laterSegment(store: Store, name: string, signal?: AbortSignal): Promise<string | undefined> {
  const parsed = parseWalName(name);
  if (parsed?.kind !== 'segment') return undefined;
  const keys = archiveKeys(store.destination);
  const own = keys.walFolder(name);
  const folders = [own];
  for await (const entry of store.list(`${keys.wals}${name.slice(0, 8)}`, { delimiter: '/', signal }))
    if (entry.kind === 'folder' && entry.prefix > own) folders.push(entry.prefix);
  for (const folder of folders)
    for await (const entry of store.list(folder, { delimiter: '/', signal })) {
      const archived = entry.kind === 'object' ? parseArchivedName(entry.key.slice(folder.length)) : undefined;
      if (archived?.wal.kind === 'segment' && archived.name > name) return archived.name;
    }
  return undefined;
}
