/** Where the storage process keeps what is its own, and what it says of itself. */
import { join } from 'node:path';
import type { Home } from '../home/home.ts';
import { findServingProcess, type ServingProcess } from '../process/record.ts';

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

/** Of the storage process that serves now. */
export function findServingStorage(place: StoragePlace): ServingProcess | undefined {
  return findServingProcess(place.record);
}
