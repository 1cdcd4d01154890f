/** Runs the reconciler of buckets on the plane's own S3 server. */
import { runController, type EventRecorder, type Logger } from '@larder/controller';
import { LOCAL_API_VERSION } from '@larder/catalog';
import type { Client } from '@larder/kube';
import { keyFolder } from '@larder/objectstore';
import type { Home } from '../home/home.ts';
import type { Pki } from '../pki/pki.ts';
import type { Storage } from '../storage/keep.ts';
import { storagePlace } from '../storage/place.ts';
import { BUCKET_LABEL } from './credentials.ts';
import { reconcileBucket } from './reconcile.ts';

export interface BucketsOptions {
  client: Client;
  home: Home;
  pki: Pki;
  storage: Storage;
  log: Logger;
  events: EventRecorder;
  signal: AbortSignal;
}

/** Resolves when the signal has aborted and no work is under way. The buckets go on being served. */
export async function runBuckets(options: BucketsOptions): Promise<void> {
  const place = storagePlace(options.home);
  const keeper = { ...options, place, keys: keyFolder(place.keys) };
  const controller = runController({
    ...options,
    name: 'buckets',
    watches: [
      { kind: { apiVersion: LOCAL_API_VERSION, kind: 'Bucket' } },
      {
        kind: { apiVersion: 'v1', kind: 'Secret' },
        labelSelector: BUCKET_LABEL,
        map: secret => [secret.metadata.labels?.[BUCKET_LABEL] ?? ''].filter(Boolean),
      },
    ],
    concurrency: 4,
    reconcile: key => reconcileBucket(keeper, key),
  });
  await controller.stopped;
}
