/** Brings a backup from a bucket into an empty folder, whole and durable, or not at all. Writes no recovery settings. */
import { lchownSync } from 'node:fs';
import { access, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { usable, type UsableInfo } from '../backup/catalogue.ts';
import { parseBackupInfo } from '../backup/backup-info.ts';
import { archiveKeys } from '../layout/keys.ts';
import { parseLsn } from '../layout/lsn.ts';
import type { Store } from '../store/store.ts';
import { readControlFile } from './control-file.ts';
import { Disk } from './disk.ts';
import { backupParts, type BackupPart } from './parts.ts';
import { LARGE_BYTES, unpackApart, unpackHere } from './unpack-apart.ts';
import type { Unpacked } from './unpack.ts';

export interface FetchOptions {
  store: Store;
  backupId: string;
  /** Absent or empty; its parent must be writable by nobody else. */
  folder: string;
  /** Whose the files shall be. @default ours */
  account?: { uid: number; gid: number };
  /** Whether the pages' checksums are looked at on the way, where the server kept some. @default true */
  verify?: boolean;
  /** Archives under way at once. @default 2 */
  parallel?: number;
  /** Archives from this size on are unpacked in threads of their own. @default 32 MiB */
  largeBytes?: number;
  progress?: (seen: { bytes: number; total: number }) => void;
  signal?: AbortSignal;
}

export interface Fetched {
  info: UsableInfo;
  files: number;
  bytes: number;
  skipped: string[];
}

/** @throws Error in words; then the folder is empty again */
export async function fetchBackup(options: FetchOptions): Promise<Fetched> {
  const { store, backupId, folder, signal } = options;
  const info = await readInfo(store, backupId, signal);
  const parts = await listParts(store, backupId, signal);
  await prepare(folder, options.account);
  const disk = new Disk(folder);
  try {
    const unpacked = await fetchParts(parts, info, { ...options, disk });
    await finish(folder, options, unpacked);
    await disk.settle();
    const { files, bytes, skipped } = unpacked;
    return { info, files, bytes, skipped };
  } catch (error) {
    await disk.idle();
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
    signal?.throwIfAborted();
    throw error;
  }
}

async function readInfo(store: Store, id: string, signal?: AbortSignal): Promise<UsableInfo> {
  const content = await store.read(archiveKeys(store.destination).backupInfo(id), 4 * 2 ** 20, { signal });
  if (!content) throw new Error(`cannot restore the backup ${id}: the bucket has no complete backup of that name`);
  const info = usable(parseBackupInfo(content.toString('utf8')));
  if (typeof info === 'string') throw new Error(`cannot restore the backup ${id}: ${info}`);
  if (info.tablespaces.length > 0) {
    const names = info.tablespaces.map(({ name }) => name).join(', ');
    throw new Error(
      `cannot restore the backup ${id}: it has the tablespaces ${names}; restore it with barman-cloud-restore --tablespace`,
    );
  }
  return info;
}

async function listParts(store: Store, id: string, signal?: AbortSignal): Promise<BackupPart[]> {
  const folder = archiveKeys(store.destination).backupFolder(id);
  const objects = [];
  for await (const entry of store.list(folder, { signal })) if (entry.kind === 'object') objects.push(entry);
  return backupParts(folder, objects);
}

async function prepare(folder: string, account?: { uid: number; gid: number }): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const names = await readdir(folder);
  if (names.length > 0) throw new Error(`cannot restore into "${folder}": it is not empty, and may hold data`);
  if (account) lchownSync(folder, account.uid, account.gid);
}

async function fetchParts(
  parts: BackupPart[],
  info: UsableInfo,
  options: FetchOptions & { disk: Disk },
): Promise<Unpacked> {
  const { parallel = 2, largeBytes = LARGE_BYTES, signal, verify = true, folder, account, progress, disk } = options;
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  const checkFrom = verify && info.beginLsn !== undefined ? parseLsn(info.beginLsn) : undefined;
  const failing = new AbortController();
  const ended = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  const waiting = [...parts];
  const all: Unpacked = { files: 0, bytes: 0, skipped: [], damaged: [] };
  let fetched = 0;
  const onFetched = (bytes: number): void => progress?.({ bytes: (fetched += bytes), total });
  const work = async (): Promise<void> => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      const body = await openPart(options.store, part, { signal: ended, onFetched });
      const order = { folder, account, checkFrom, compression: part.compression };
      const unpackPart = part.size < largeBytes ? unpackHere : unpackApart;
      const done = await unpackPart(body, order, bytes => disk.wrote(bytes));
      all.files += done.files;
      all.bytes += done.bytes;
      all.skipped.push(...done.skipped);
      all.damaged.push(...done.damaged);
    }
  };
  const workers = Array.from({ length: Math.min(parallel, parts.length) }, () =>
    work().catch((error: Error) => {
      failing.abort(error);
      throw error;
    }),
  );
  const ends = await Promise.allSettled(workers);
  signal?.throwIfAborted();
  if (failing.signal.aborted) throw failing.signal.reason;
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return all;
}

async function openPart(
  store: Store,
  { key }: BackupPart,
  { signal, onFetched }: { signal: AbortSignal; onFetched: (bytes: number) => void },
): Promise<Readable> {
  const found = await store.get(key, { signal });
  if (!found) throw new Error(`cannot restore "${key}": it is not in the bucket any more`);
  found.body.on('data', (chunk: Buffer) => onFetched(chunk.length));
  found.body.pause();
  return found.body;
}

/** Whatever a data directory must have is there. */
async function finish(folder: string, { account }: FetchOptions, { damaged }: Unpacked): Promise<void> {
  for (const needed of ['PG_VERSION', 'global/pg_control', 'backup_label']) {
    await access(join(folder, needed)).catch(() => {
      throw new Error(`cannot restore: the backup has no "${needed}"`);
    });
  }
  if (damaged.length > 0 && (await keepsChecksums(folder))) {
    const more = damaged.length > 1 ? ` and ${damaged.length - 1} more files` : '';
    throw new Error(`cannot restore: pages of "${damaged[0]}"${more} are damaged in the backup; take another backup`);
  }
  for (const name of [
    'pg_wal',
    'pg_tblspc',
    'pg_replslot',
    'pg_notify',
    'pg_serial',
    'pg_snapshots',
    'pg_stat_tmp',
    'pg_subtrans',
    'pg_dynshmem',
  ]) {
    const path = join(folder, name);
    const made = await mkdir(path, { recursive: true, mode: 0o700 });
    if (made !== undefined && account) lchownSync(path, account.uid, account.gid);
  }
}

async function keepsChecksums(folder: string): Promise<boolean> {
  return readControlFile(await readFile(join(folder, 'global', 'pg_control')))?.checksums ?? false;
}
