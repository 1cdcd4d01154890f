/**
 * A bucket on an S3 server that somebody else runs. It is made where none of its name is, and marked; one that is there already is never
 * taken over. What can't be reached is tried again.
 */
import { makeBucket, markBucket, removeBucketFrom, whoseBucket } from '@larder/archive';
import type { LocalBucket, LocalBucketStatus } from '@larder/catalog';
import { ensureCredentials, removeCredentials } from './credentials.ts';
import type { BucketKeeper, Brought } from './reconcile.ts';
import type { ExternalStore } from './stores/stores.ts';

/** How soon to look again at a server that doesn't do what it should, and at one that does (ms). */
const TROUBLE_MS = 15_000;
const WELL_MS = 600_000;

/** @param save writes down what must be known before the next step @throws StoreError, SecretTakenError */
export async function bringExternal(
  keeper: BucketKeeper,
  object: LocalBucket,
  { store, save }: { store: ExternalStore; save: (status: LocalBucketStatus) => Promise<LocalBucket> },
): Promise<Brought> {
  const { name: storeName, access } = store;
  const bucketName = object.status?.bucketName ?? `${store.bucketPrefix}${object.metadata.name}`;
  const at: LocalBucketStatus = { store: storeName, bucketName, endpoint: access.endpoint };
  const keys = keeper.stores.keysOf(store);
  // What isn't made isn't written down as being there.
  const before = object.status ?? {};
  if (object.spec.claimed && !keys) return { status: before, finding: noOwnKeys(storeName), againMs: 4 * TROUBLE_MS };
  if (
    !(await ensureOurs(object, { store, bucketName, making: () => save({ ...object.status, ...at, phase: 'Making' }) }))
  ) {
    const message = `the bucket "${bucketName}" exists at ${access.endpoint} and isn't this one's: it is left alone; remove it there, or make another claim`;
    return { status: before, finding: notReady('BucketTaken', message), againMs: 4 * TROUBLE_MS };
  }
  // The plane's own buckets are used with the store's key: nobody gets one that isn't needed.
  const againMs =
    object.spec.claimed && keys
      ? await ensureCredentials({ ...keeper, keys, now: new Date() }, object, factsOf(store, bucketName))
      : undefined;
  const finding = { type: 'Ready', status: 'True', reason: 'Available', message: '' } as const;
  return { status: { ...at, phase: 'Made' }, finding, againMs: Math.min(WELL_MS, againMs ?? WELL_MS) };
}

/** First nobody can log in, then the objects go. @returns what stays behind, in words @throws StoreError while it can't be reached */
export async function removeExternal(keeper: BucketKeeper, object: LocalBucket): Promise<string | undefined> {
  const { store: storeName = '', bucketName, endpoint, phase } = object.status ?? {};
  await removeCredentials(keeper.client, object);
  if (bucketName === undefined || phase === undefined) return undefined;
  const found = keeper.stores.find(storeName);
  // Nothing may depend on what is gone for good; a store that is only written wrongly comes back.
  if (found.kind === 'unknown') return `the bucket "${bucketName}" at ${endpoint} stays: ${found.message}`;
  if (found.kind === 'unusable') throw new Error(found.message);
  const { store } = found;
  const keys = keeper.stores.keysOf(store);
  for (const { accessKeyId } of (await keys?.ofBucket(bucketName)) ?? []) await keys?.remove(accessKeyId);
  return (await removeOurs(store, bucketName, markOf(object)))
    ? undefined
    : `the bucket "${bucketName}" at ${endpoint} stays: it doesn't have this one's mark`;
}

async function removeOurs({ access }: ExternalStore, bucketName: string, mark: string): Promise<boolean> {
  const whose = await whoseBucket(access, bucketName, mark);
  if (whose === 'unmarked' || whose === 'theirs') return false;
  if (whose !== 'absent') await removeBucketFrom(access, bucketName);
  return true;
}

interface Making {
  store: ExternalStore;
  bucketName: string;
  making: () => Promise<LocalBucket>;
}

async function ensureOurs(object: LocalBucket, { store: { access }, bucketName, making }: Making): Promise<boolean> {
  const mark = markOf(object);
  const phase = object.status?.phase;
  switch (await whoseBucket(access, bucketName, mark)) {
    case 'ours':
      return true;
    case 'theirs':
      return false;
    case 'unmarked':
      // Whoever has the owner's key may have removed the mark with all the rest.
      return phase === 'Made' && markBucket(access, bucketName, mark);
    case 'empty':
      return phase !== undefined && markBucket(access, bucketName, mark);
    case 'absent':
      await making();
      await makeBucket(access, bucketName);
      return markBucket(access, bucketName, mark);
  }
}

/** Nobody else's bucket has it. */
function markOf({ metadata }: LocalBucket): string {
  return metadata.uid ?? '';
}

function noOwnKeys(store: string): Brought['finding'] {
  const message = `the store "${store}" has one key for all of its buckets, which nobody gets: choose another store, or let it make keys (keys: versitygw)`;
  return notReady('KeysNotPossible', message);
}

function notReady(reason: string, message: string): Brought['finding'] {
  return { type: 'Ready', status: 'False', reason, message };
}

function factsOf({ access }: ExternalStore, bucket: string): Parameters<typeof ensureCredentials>[2] {
  const { hostname, port, protocol } = new URL(access.endpoint);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  return { host, port: number, bucket, region: access.region, ca: access.ca ?? '', url: access.endpoint };
}
