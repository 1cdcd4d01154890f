/** Where the storage process keeps what is its own, and what it says of itself. */
import { join } from 'node:path';
import { isAlive, type ProcessRef } from '@larder/postgres';
import { findText, writeFileAtomic } from '../home/files.ts';
import type { Home } from '../home/home.ts';

export interface StoragePlace {
  /** Its working folder, by which it is found. */
  folder: string;
  /** One folder a bucket. */
  buckets: string;
  /** The access keys of all buckets. */
  keys: string;
  /** Its certificate, written by the plane. */
  certificate: string;
  record: string;
  /** Locked while it runs. */
  lock: string;
  log: string;
  /** What it prints that isn't its log. */
  output: string;
}

export interface StorageRecord extends ProcessRef {
  phase: 'starting' | 'serving' | 'stopped';
  version: string;
  /** For life: secrets name it. */
  port?: number;
}

export function storagePlace(home: Pick<Home, 'folder' | 'logs'>): StoragePlace {
  const folder = join(home.folder, 'storage');
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    buckets: join(home.folder, 'buckets'),
    keys: at('keys'),
    certificate: at('certificate.pem'),
    record: at('storage.json'),
    lock: at('lock'),
    log: join(home.logs, 'storage.log'),
    output: join(home.logs, 'storage.out'),
  };
}

/** Of the last storage process, running or not. */
export function findStorageRecord(place: StoragePlace): StorageRecord | undefined {
  try {
    const record = JSON.parse(findText(place.record) ?? 'null') as StorageRecord | null;
    return typeof record?.pid === 'number' && typeof record.startTicks === 'number' ? record : undefined;
  } catch {
    return undefined; // half of what nobody wrote that way: a damaged disk
  }
}

/** Of the storage process that serves now. */
export function findServingStorage(place: StoragePlace): (StorageRecord & { port: number }) | undefined {
  const record = findStorageRecord(place);
  if (record?.phase !== 'serving' || record.port === undefined || !isAlive(record)) return undefined;
  return { ...record, port: record.port };
}

export function writeStorageRecord(place: StoragePlace, record: StorageRecord): void {
  writeFileAtomic(place.record, `${JSON.stringify(record, null, 2)}\n`);
}
