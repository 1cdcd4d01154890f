/** Runs the reconciler of buckets. */
import { runController, type EventRecorder, type Logger } from '@larder/controller';
import { LOCAL_API_VERSION } from '@larder/catalog';
import { keyOf, type Client } from '@larder/kube';
import { keyFolder } from '@larder/objectstore';
import type { Home } from '../home/home.ts';
import type { Pki } from '../pki/pki.ts';
import type { Storage } from '../storage/keep.ts';
import { storagePlace } from '../storage/place.ts';
import { BUCKET_LABEL } from './credentials.ts';
import { reconcileBucket } from './reconcile.ts';
import { watchStores, type ObjectStores } from './stores/stores.ts';

export interface BucketsOptions {
  client: Client;
  home: Home;
  pki: Pki;
  storage: Storage;
  stores: ObjectStores;
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
  const { client, home, log, signal, stores } = options;
  const lookAgain = async (): Promise<void> => {
    const { items } = await client.list({ apiVersion: LOCAL_API_VERSION, kind: 'Bucket' });
    for (const item of items) controller.enqueue(keyOf(item));
  };
  watchStores(home, stores, {
    signal,
    changed: () =>
      void lookAgain().catch((error: Error) => log.error('cannot look again at all buckets', { error: error.message })),
  });
  await controller.stopped;
}
