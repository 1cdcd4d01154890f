/** One bucket, from whatever it is to what its object says. Runs as often as anybody likes. */
import { LOCAL_API_VERSION, OWN_STORE, type LocalBucket, type LocalBucketStatus } from '@larder/catalog';
import { StoreError } from '@larder/archive';
import {
  addFinalizer,
  conditionsOf,
  putStatus,
  refOfKey,
  removeFinalizer,
  setCondition,
  type ReconcileResult,
} from '@larder/controller';
import type { Condition } from '@larder/kube';
import { ensureBucket, removeBucket, type KeyFolder } from '@larder/objectstore';
import type { StoragePlace } from '../storage/place.ts';
import { ensureCredentials, REGION, removeCredentials, SecretTakenError } from './credentials.ts';
import { bringExternal, removeExternal } from './external.ts';
import type { BucketsOptions } from './run.ts';

export interface BucketKeeper extends BucketsOptions {
  place: StoragePlace;
  keys: KeyFolder;
}

export const BUCKET_FINALIZER = 'local.larder.dev/bucket';

type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** What was found and done. */
export interface Brought {
  status: LocalBucketStatus;
  finding: Finding;
  againMs?: number;
}

/** How soon to look again at what waits for the storage process, and at what somebody has to put right (ms). */
const SOON_MS = 1_000;
const TROUBLE_MS = 15_000;

export async function reconcileBucket(keeper: BucketKeeper, key: string): Promise<ReconcileResult | undefined> {
  const { client } = keeper;
  const object = await client.find<LocalBucket>(refOfKey({ apiVersion: LOCAL_API_VERSION, kind: 'Bucket' }, key));
  if (!object) return undefined;
  if (object.metadata.deletionTimestamp !== undefined) return remove(keeper, object);
  const kept = await addFinalizer(client, object, BUCKET_FINALIZER);
  const { status, finding, againMs } = await bring(keeper, kept);
  await writeStatus(keeper, kept, { ...status, conditions: kept.status?.conditions }, finding);
  return againMs === undefined ? undefined : { requeueAfterMs: againMs };
}

/** Where it is stands once it is there: another default, or another wish, moves nothing. */
function storeOf({ stores }: BucketKeeper, { spec, status }: LocalBucket): string {
  if (status?.store !== undefined) return status.store;
  // Those of before there was a choice.
  if (status?.endpoint !== undefined) return OWN_STORE;
  return spec.store ?? stores.default();
}

async function bring(keeper: BucketKeeper, object: LocalBucket): Promise<Brought> {
  const name = storeOf(keeper, object);
  try {
    if (name === OWN_STORE) return await bringOwn(keeper, object);
    const found = keeper.stores.find(name);
    if (found.kind === 'store') {
      const save = (status: LocalBucketStatus): Promise<LocalBucket> =>
        keeper.client.updateStatus({ ...object, status });
      return await bringExternal(keeper, object, { store: found.store, save });
    }
    const reason = found.kind === 'unknown' ? 'StoreUnknown' : 'StoreUnusable';
    return { status: object.status ?? {}, finding: notReady(reason, found.message), againMs: TROUBLE_MS };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    // A status that was written meanwhile stands.
    const now = await keeper.client.find<LocalBucket>({ ...object, name: object.metadata.name });
    const finding = notReady(reason, (error as Error).message);
    return { status: now?.status ?? {}, finding, againMs: TROUBLE_MS };
  }
}

function reasonOf(error: unknown): string | undefined {
  if (error instanceof SecretTakenError) return 'SecretTaken';
  return error instanceof StoreError ? 'StoreNotAnswering' : undefined;
}

/** The Secret first, then the key that it tells, then the bucket: whoever is ready to use it finds all of it. */
async function bringOwn(keeper: BucketKeeper, object: LocalBucket): Promise<Brought> {
  const { client, pki, place, keys, storage } = keeper;
  const { name: bucket } = object.metadata;
  const endpoint = storage.endpoint();
  if (!endpoint) {
    const message = storage.problem() || 'the storage process is starting';
    return { status: object.status ?? {}, finding: notReady('StorageNotServing', message), againMs: SOON_MS };
  }
  const { host, port, url } = endpoint;
  await ensureBucket(place.buckets, bucket);
  const facts = { host, port, bucket, region: REGION, ca: pki.caCertificate };
  const againMs = await ensureCredentials({ client, keys, now: new Date() }, object, facts);
  const finding = { type: 'Ready', status: 'True', reason: 'Available', message: '' } as const;
  return { status: { endpoint: url, store: OWN_STORE, bucketName: bucket }, finding, againMs };
}

/** First nobody can log in, then the objects go. Needs no server of ours that answers. */
async function remove(keeper: BucketKeeper, object: LocalBucket): Promise<ReconcileResult | undefined> {
  const { client, events, place, keys } = keeper;
  const { name } = object.metadata;
  if (storeOf(keeper, object) === OWN_STORE) {
    await removeCredentials(client, object);
    for (const { accessKeyId } of await keys.ofBucket(name)) await keys.remove(accessKeyId);
    await removeBucket(place.buckets, name);
  } else {
    try {
      const left = await removeExternal(keeper, object);
      if (left !== undefined) events.record(object, { type: 'Warning', reason: 'BucketLeft', message: left });
    } catch (error) {
      const finding = notReady('StoreNotAnswering', `The bucket can not be removed: ${(error as Error).message}`);
      await writeStatus(keeper, object, object.status ?? {}, finding);
      return { requeueAfterMs: TROUBLE_MS };
    }
  }
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
  seen: LocalBucketStatus,
  finding: Finding,
): Promise<void> {
  const { generation: observedGeneration, name } = object.metadata;
  // What was written on the way has another version.
  const now = (await client.find<LocalBucket>({ ...object, name })) ?? object;
  const conditions = setCondition(conditionsOf(now), { ...finding, observedGeneration }, new Date());
  await putStatus(client, now, { ...seen, conditions, observedGeneration });
}
