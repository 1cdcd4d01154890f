/**
 * The bucket of one instance: an `XS3Bucket` that nobody owns, so that it outlives the instance. What it is, and whose, is said by its
 * labels and annotations; one that doesn't say so is somebody else's and is left alone.
 */
import { isAlreadyExists, isNotFound, type Client, type KubeObject } from '@larder/kube';
import { ROTATE } from '../buckets/rotation.ts';

export const BUCKET_KIND = { apiVersion: 'syn.tools/v1', kind: 'XS3Bucket' };

/** On the bucket: the instance whose backups it holds. */
export const BACKUPS_LABEL = 'larder.dev/backups-of';
export const CLAIM_LABELS = { namespace: 'larder.dev/backups-namespace', name: 'larder.dev/backups-claim' };
export const NAMESPACE_UID = 'larder.dev/namespace-uid';
export const SERVER_NAME = 'larder.dev/server-name';
export const DELETED_AT = 'larder.dev/instance-deleted-at';
export const KEPT_UNTIL = 'larder.dev/kept-until';
export const UNFLUSHED = 'larder.dev/unflushed';

/** Whose backups a bucket holds. */
export interface Identity {
  server: string;
  serverName: string;
  claim?: { namespace: string; name: string; namespaceUid: string };
  /** The S3 server, by its name on the plane. @default the plane's choice */
  store?: string;
  /** A new text asks for new keys. */
  rotate?: string;
}

/** The bucket's name is the instance's. May run twice; backups that were kept for later are in use again. @throws Error when it is another's */
export async function ensureBackupBucket(client: Client, identity: Identity): Promise<KubeObject> {
  const ref = { ...BUCKET_KIND, name: identity.server };
  const found = (await client.find(ref)) ?? (await made(client, identity));
  if (found.metadata.labels?.[BACKUPS_LABEL] !== identity.server) {
    throw new Error(`the bucket XS3Bucket "${identity.server}" exists and isn't for backups: delete or rename it`);
  }
  const seen = found.metadata.annotations ?? {};
  const wanted = {
    [SERVER_NAME]: identity.serverName,
    ...(identity.rotate === undefined ? {} : { [ROTATE]: identity.rotate }),
  };
  const isSame = Object.entries(wanted).every(([name, text]) => seen[name] === text);
  if (seen[KEPT_UNTIL] === undefined && isSame) return found;
  const annotations = { ...wanted, [DELETED_AT]: null, [KEPT_UNTIL]: null, [UNFLUSHED]: null };
  return client.patch(ref, { type: 'merge', body: { metadata: { annotations } } });
}

async function made(client: Client, { server, serverName, claim, store, rotate }: Identity): Promise<KubeObject> {
  const object: KubeObject = {
    ...BUCKET_KIND,
    metadata: {
      name: server,
      labels: {
        [BACKUPS_LABEL]: server,
        ...(claim ? { [CLAIM_LABELS.namespace]: claim.namespace, [CLAIM_LABELS.name]: claim.name } : {}),
      },
      annotations: {
        [SERVER_NAME]: serverName,
        ...(claim ? { [NAMESPACE_UID]: claim.namespaceUid } : {}),
        ...(rotate === undefined ? {} : { [ROTATE]: rotate }),
      },
    },
    spec: { parameters: store === undefined ? {} : { store } },
  };
  return client.create(object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
    return client.get({ ...BUCKET_KIND, name: server });
  });
}

/** The instance is gone: from now on its backups are kept until a stated end. May run twice: the first end stands. */
export async function keepBackupBucket(
  client: Client,
  server: string,
  kept: { deletedAt: Date; until: Date; unflushed?: string },
): Promise<void> {
  const ref = { ...BUCKET_KIND, name: server };
  const found = await client.find(ref);
  if (found?.metadata.labels?.[BACKUPS_LABEL] !== server || found.metadata.annotations?.[KEPT_UNTIL]) return;
  const annotations = {
    [DELETED_AT]: kept.deletedAt.toISOString(),
    [KEPT_UNTIL]: kept.until.toISOString(),
    ...(kept.unflushed === undefined ? {} : { [UNFLUSHED]: kept.unflushed }),
  };
  await client.patch(ref, { type: 'merge', body: { metadata: { annotations } } });
}

/** Deletes the bucket when its time is over. Returns how long it has left (ms), or nothing when it isn't to go. */
export async function collectBackupBucket(client: Client, bucket: KubeObject, now: Date): Promise<number | undefined> {
  const until = Date.parse(bucket.metadata.annotations?.[KEPT_UNTIL] ?? '');
  if (Number.isNaN(until) || bucket.metadata.deletionTimestamp !== undefined) return undefined;
  if (until > now.getTime()) return until - now.getTime();
  const { name, uid, resourceVersion } = bucket.metadata;
  const options = { preconditions: { uid, resourceVersion }, propagationPolicy: 'Background' as const };
  await client.delete({ ...BUCKET_KIND, name }, options).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  return undefined;
}
