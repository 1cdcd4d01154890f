/** One bucket, from whatever it is to what its object says. Runs as often as anybody likes. */
import { LOCAL_API_VERSION, type LocalBucket } from '@larder/catalog';
import {
  addFinalizer,
  conditionsOf,
  refOfKey,
  removeFinalizer,
  setCondition,
  type ReconcileResult,
} from '@larder/controller';
import { equalJson, type Condition } from '@larder/kube';
import { ensureBucket, removeBucket, type KeyFolder } from '@larder/objectstore';
import type { StoragePlace } from '../storage/place.ts';
import { ensureCredentials, removeCredentials, SecretTakenError } from './credentials.ts';
import type { BucketsOptions } from './run.ts';

export interface BucketKeeper extends BucketsOptions {
  place: StoragePlace;
  keys: KeyFolder;
}

export const BUCKET_FINALIZER = 'local.larder.dev/bucket';

type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** How soon to look again at what waits for the storage process (ms). */
const SOON_MS = 1_000;

export async function reconcileBucket(keeper: BucketKeeper, key: string): Promise<ReconcileResult | undefined> {
  const { client } = keeper;
  const object = await client.find<LocalBucket>(refOfKey({ apiVersion: LOCAL_API_VERSION, kind: 'Bucket' }, key));
  if (!object) return undefined;
  if (object.metadata.deletionTimestamp !== undefined) return remove(keeper, object);
  return bring(keeper, await addFinalizer(client, object, BUCKET_FINALIZER));
}

/** The Secret first, then the key that it tells, then the bucket: whoever is ready to use it finds all of it. */
async function bring(keeper: BucketKeeper, object: LocalBucket): Promise<ReconcileResult | undefined> {
  const { client, pki, place, keys, storage } = keeper;
  const { name } = object.metadata;
  const endpoint = storage.endpoint();
  if (!endpoint) {
    await writeStatus(
      keeper,
      object,
      notReady('StorageNotServing', storage.problem() || 'the storage process is starting'),
    );
    return { requeueAfterMs: SOON_MS };
  }
  try {
    const owner = await ensureCredentials(client, object, { endpoint, ca: pki.caCertificate });
    await ensureBucket(place.buckets, name);
    await keys.write(owner);
    for (const old of await keys.ofBucket(name))
      if (old.rights === 'owner' && old.accessKeyId !== owner.accessKeyId) await keys.remove(old.accessKeyId);
    await writeStatus(
      keeper,
      object,
      { type: 'Ready', status: 'True', reason: 'Available', message: '' },
      endpoint.url,
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof SecretTakenError)) throw error;
    await writeStatus(keeper, object, notReady('SecretTaken', error.message));
    return { requeueAfterMs: 30 * SOON_MS };
  }
}

/** First nobody can log in, then the objects go. Needs no server that answers. */
async function remove({ client, place, keys }: BucketKeeper, object: LocalBucket): Promise<undefined> {
  const { name } = object.metadata;
  await removeCredentials(client, object);
  for (const { accessKeyId } of await keys.ofBucket(name)) await keys.remove(accessKeyId);
  await removeBucket(place.buckets, name);
  await removeFinalizer(client, object, BUCKET_FINALIZER);
  return undefined;
}

function notReady(reason: string, message: string): Finding {
  return { type: 'Ready', status: 'False', reason, message };
}

/** Writes only what differs, so that nobody is woken for nothing. */
async function writeStatus(
  { client }: BucketKeeper,
  object: LocalBucket,
  finding: Finding,
  endpoint = object.status?.endpoint,
): Promise<void> {
  const observedGeneration = object.metadata.generation;
  const conditions = setCondition(conditionsOf(object), { ...finding, observedGeneration }, new Date());
  const status = { conditions, observedGeneration, endpoint };
  if (equalJson(JSON.parse(JSON.stringify(status)), object.status ?? {})) return;
  await client.updateStatus({ ...object, status });
}
