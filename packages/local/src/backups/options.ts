/** What the reconcilers of backups need from the plane. */
import type { EventRecorder, Logger } from '@larder/controller';
import type { Client } from '@larder/kube';
import type { BucketKeys } from '../buckets/stores/keys.ts';
import type { ObjectStores } from '../buckets/stores/stores.ts';
import type { Home } from '../home/home.ts';
import type { Pki } from '../pki/pki.ts';
import type { Storage } from '../storage/keep.ts';
import type { BackupRunner } from './runner.ts';

export interface BackupsOptions {
  client: Client;
  home: Home;
  pki: Pick<Pki, 'caCertificate'>;
  storage: Pick<Storage, 'endpoint' | 'problem'>;
  stores: ObjectStores;
  log: Logger;
  events: EventRecorder;
  signal: AbortSignal;
  /** The wall clock. */
  clock: () => Date;
}

/** What all reconciles of archives share. */
export interface ArchiveKeeper extends BackupsOptions {
  /** Of the plane's own S3 server. */
  keys: BucketKeys;
  runner: BackupRunner;
}
