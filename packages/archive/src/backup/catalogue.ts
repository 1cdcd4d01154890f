/** What a bucket holds of one server: backups that can be restored, and what only looks like one. Reads, changes nothing. */
import { isBackupId } from '../layout/backup-id.ts';
import { archiveKeys, type ArchiveKeys } from '../layout/keys.ts';
import { backupParts } from '../restore/parts.ts';
import type { Store } from '../store/store.ts';
import { parseBackupInfo, type BackupInfo } from './backup-info.ts';

/** A backup that is complete: with these facts any tool can restore it. */
export interface Backup {
  id: string;
  info: UsableInfo;
  /** Kept beyond every retention: with all the log since, or with as much as it needs to start. */
  keep?: 'full' | 'standalone';
  /** In the bucket (bytes). */
  storedBytes: number;
}

export type UsableInfo = BackupInfo &
  Required<Pick<BackupInfo, 'beginTime' | 'endTime' | 'beginWal' | 'endWal' | 'timeline' | 'version'>>;

export interface Catalogue {
  /** The oldest first. */
  backups: Backup[];
  /** With a file that can't be understood, or that says it failed: they are shown, and never removed by a retention. */
  unusable: { id: string; why: string }[];
  /** Without `backup.info`: one is being written, or its writer was cut short. */
  unfinished: { id: string; keys: string[] }[];
}

/** @throws StoreError when the bucket can't be read: what can't be read is never taken for absent */
export async function readCatalogue(store: Store, signal?: AbortSignal): Promise<Catalogue> {
  const keys = archiveKeys(store.destination);
  const found: Catalogue = { backups: [], unusable: [], unfinished: [] };
  const folders = await listFolders(store, keys, signal);
  for (const [id, objects] of folders) {
    const all = objects.map(({ key }) => key);
    if (!all.includes(keys.backupInfo(id))) {
      found.unfinished.push({ id, keys: all });
      continue;
    }
    const info = await readInfo(store, keys.backupInfo(id), signal);
    // Removed since it was listed.
    if (info === undefined) continue;
    if (typeof info === 'string') {
      found.unusable.push({ id, why: info });
      continue;
    }
    const why = whyIncomplete(keys.backupFolder(id), objects);
    if (why !== undefined) {
      found.unusable.push({ id, why });
      continue;
    }
    const keep = all.includes(keepKey(keys, id)) ? await readKeep(store, keepKey(keys, id), signal) : undefined;
    const storedBytes = objects.reduce((sum, { size }) => sum + size, 0);
    found.backups.push({ id, info, storedBytes, ...(keep === undefined ? {} : { keep }) });
  }
  return found;
}

/** The newest backup that was complete at `time`. @param time @default any */
export function findBackup({ backups }: Catalogue, time?: Date): Backup | undefined {
  return backups.filter(({ info }) => time === undefined || info.endTime <= time).at(-1);
}

/** May run twice; cut short at any point it leaves something unfinished, which nobody takes for a backup. */
export async function removeBackup(store: Store, id: string): Promise<void> {
  const [info, ...others] = await backupObjects(store, id);
  // A store may remove what one request names in any order.
  if (info !== undefined) await store.remove([info]);
  await store.remove(others);
}

/** Marks a backup as kept, or no longer. May run twice. */
export async function setKeep(store: Store, id: string, keep: 'full' | 'standalone' | undefined): Promise<void> {
  const key = keepKey(archiveKeys(store.destination), id);
  if (keep === undefined) await store.remove([key]);
  else await store.put(key, Buffer.from(keep));
}

/** All objects of a backup, in the order in which they go: first `backup.info`, so that what a removal that was cut short leaves is no backup. */
export async function backupObjects(store: Store, id: string): Promise<string[]> {
  const keys = archiveKeys(store.destination);
  const found: string[] = [];
  for await (const entry of store.list(keys.backupFolder(id))) if (entry.kind === 'object') found.push(entry.key);
  const info = keys.backupInfo(id);
  return [...found.filter(key => key === info), ...found.filter(key => key !== info)];
}

type Objects = { key: string; size: number }[];

async function listFolders(store: Store, keys: ArchiveKeys, signal?: AbortSignal): Promise<Map<string, Objects>> {
  const folders = new Map<string, Objects>();
  for await (const entry of store.list(keys.base, { signal })) {
    if (entry.kind !== 'object') continue;
    const id = entry.key.slice(keys.base.length).split('/')[0]!;
    if (!isBackupId(id)) continue;
    const objects = folders.get(id) ?? [];
    objects.push({ key: entry.key, size: entry.size });
    folders.set(id, objects);
  }
  return new Map([...folders].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function readInfo(store: Store, key: string, signal?: AbortSignal): Promise<UsableInfo | string | undefined> {
  const content = await store.read(key, 4 * 2 ** 20, { signal });
  if (content === undefined) return undefined;
  try {
    return usable(parseBackupInfo(content.toString('utf8')));
  } catch (error) {
    return `its backup.info can't be understood: ${(error as Error).message}`;
  }
}

/** Somebody removed an archive by hand, or was cut short removing a backup. */
function whyIncomplete(folder: string, objects: Objects): string | undefined {
  try {
    backupParts(folder, objects);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The facts of a backup that can be restored, or why it can't. */
export function usable(info: BackupInfo): UsableInfo | string {
  const { status = 'DONE', beginTime, endTime, beginWal, endWal, timeline, version } = info;
  if (status !== 'DONE') return `its status is ${JSON.stringify(status)}`;
  if (info.snapshots) return 'it is one of disk snapshots, not of files in a bucket';
  for (const [name, value] of Object.entries({ beginTime, endTime, beginWal, endWal, timeline, version })) {
    if (value === undefined) return `its backup.info doesn't say its ${name}`;
  }
  return info as UsableInfo;
}

async function readKeep(store: Store, key: string, signal?: AbortSignal): Promise<Backup['keep']> {
  const content = await store.read(key, 65_536, { signal });
  if (content === undefined) return undefined;
  // Any other word keeps everything, as barman has it: better too much.
  return content.toString('utf8').split('\n')[0]?.trim() === 'standalone' ? 'standalone' : 'full';
}

function keepKey(keys: ArchiveKeys, id: string): string {
  return `${keys.backupFolder(id)}annotations/keep`;
}
