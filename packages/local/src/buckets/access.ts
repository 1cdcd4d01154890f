/** What the plane itself needs to use a bucket, wherever that is. */
import type { Destination } from '@larder/archive';
import { LOCAL_API_VERSION, OWN_STORE, type LocalBucket } from '@larder/catalog';
import { isConditionTrue } from '@larder/controller';
import type { Client } from '@larder/kube';
import type { Pki } from '../pki/pki.ts';
import { textsOf } from '../secrets/own-secret.ts';
import type { Storage } from '../storage/keep.ts';
import { REGION } from './credentials.ts';
import type { BucketKeys } from './stores/keys.ts';
import type { ObjectStores } from './stores/stores.ts';

export interface BucketAccess {
  /** The server's name on the plane. */
  store: string;
  place: Pick<Destination, 'endpoint' | 'region' | 'bucket' | 'ca' | 'addressing'>;
  /** May do everything with it. */
  owner: { accessKeyId: string; secretAccessKey: string };
  /** Absent: the owner's is the only one, and good for other buckets too. */
  keys?: BucketKeys;
}

export type FoundAccess = { kind: 'access'; access: BucketAccess } | { kind: 'waiting'; message: string };

interface Place {
  client: Client;
  keys: BucketKeys;
  stores: ObjectStores;
  storage: Pick<Storage, 'endpoint' | 'problem'>;
  pki: Pick<Pki, 'caCertificate'>;
}

/** @param name of the `Bucket` object */
export async function findAccess(place: Place, name: string): Promise<FoundAccess> {
  const bucket = await place.client.find<LocalBucket>({ apiVersion: LOCAL_API_VERSION, kind: 'Bucket', name });
  const { store, bucketName = name, phase } = bucket?.status ?? {};
  if (store !== undefined && store !== OWN_STORE)
    return phase === 'Made' ? elsewhere(place, store, bucketName) : { kind: 'waiting', message: whyNot(bucket) };
  const owner = await bucketOwnerKey(place.client, name);
  const endpoint = place.storage.endpoint();
  if (!owner || !endpoint) return { kind: 'waiting', message: place.storage.problem() || whyNot(bucket) };
  const at = { endpoint: endpoint.url, region: REGION, bucket: bucketName, ca: place.pki.caCertificate };
  return { kind: 'access', access: { store: OWN_STORE, place: at, owner, keys: place.keys } };
}

function elsewhere({ stores }: Place, name: string, bucket: string): FoundAccess {
  const found = stores.find(name);
  if (found.kind !== 'store') return { kind: 'waiting', message: found.message };
  const { endpoint, region, ca, addressing, accessKeyId, secretAccessKey } = found.store.access;
  const keys = stores.keysOf(found.store);
  const at = {
    ...{ endpoint, region, bucket },
    ...(ca === undefined ? {} : { ca }),
    ...(addressing === 'virtual' ? { addressing } : {}),
  };
  const access = { store: name, place: at, owner: { accessKeyId, secretAccessKey } };
  return { kind: 'access', access: keys ? { ...access, keys } : access };
}

/** The owner's key of a bucket on the plane's own server once it is served; `undefined` until then. */
export async function bucketOwnerKey(client: Client, name: string): Promise<BucketAccess['owner'] | undefined> {
  const bucket = await client.find<LocalBucket>({ apiVersion: LOCAL_API_VERSION, kind: 'Bucket', name });
  if (!bucket || !isConditionTrue(bucket.status?.conditions ?? [], 'Ready')) return undefined;
  const secret = await client.find({ apiVersion: 'v1', kind: 'Secret', ...bucket.spec.writeConnectionSecretToRef });
  const { accessKey: accessKeyId, secretKey: secretAccessKey } = textsOf(secret);
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}

function whyNot(bucket: LocalBucket | undefined): string {
  const ready = bucket?.status?.conditions?.find(({ type }) => type === 'Ready');
  if (!bucket || !ready?.message || ready.status === 'True') return 'The bucket is being made.';
  return `The bucket is not there: ${ready.message}`;
}
