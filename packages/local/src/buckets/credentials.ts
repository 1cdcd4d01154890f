/**
 * A bucket's credentials, in the Secret that its object names. The Secret is the truth: it is written before the key is known to the S3
 * server, and the server's file follows it. A Secret that isn't the bucket's is never touched.
 */
import type { LocalBucket } from '@larder/catalog';
import { isAlreadyExists, type Client, type KubeObject } from '@larder/kube';
import { newAccessKey, type AccessKey } from '@larder/objectstore';
import type { StorageEndpoint } from '../storage/keep.ts';

/** On the Secret: the name of its bucket. */
export const BUCKET_LABEL = 'local.larder.dev/bucket';

/** The Secret is somebody else's. Its message is for the claim's owner. */
export class SecretTakenError extends Error {}

export const REGION = 'us-east-1';

/** The owner's key as it stands in the Secret, made where it lacks. May run twice. @throws SecretTakenError */
export async function ensureCredentials(
  client: Client,
  bucket: LocalBucket,
  { endpoint, ca }: { endpoint: StorageEndpoint; ca: string },
): Promise<AccessKey> {
  const ref = refTo(bucket);
  const found = await client.find(ref);
  if (found && !isOurs(found, bucket)) throw taken(ref);
  const known = decoded(found);
  const fresh = newAccessKey(bucket.metadata.name, 'owner');
  const accessKeyId = known.accessKey ?? fresh.accessKeyId;
  const secretAccessKey = known.secretKey ?? fresh.secretAccessKey;
  const data = encoded({
    endpoint: endpoint.host,
    port: String(endpoint.port),
    bucketName: bucket.metadata.name,
    region: REGION,
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    'ca.crt': ca,
  });
  if (!found) await create(client, bucket, data);
  else if (!same(found.data as Record<string, string> | undefined, data)) await client.update({ ...found, data });
  return { ...fresh, accessKeyId, secretAccessKey };
}

/** May run twice. */
export async function removeCredentials(client: Client, bucket: LocalBucket): Promise<void> {
  const ref = refTo(bucket);
  const found = await client.find(ref);
  if (found && isOurs(found, bucket)) await client.delete(ref);
}

async function create(client: Client, bucket: LocalBucket, data: Record<string, string>): Promise<void> {
  const ref = refTo(bucket);
  const { apiVersion, kind, metadata } = bucket;
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' };
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: ref.name,
      namespace: ref.namespace,
      labels: { [BUCKET_LABEL]: metadata.name },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    type: 'Opaque',
    data,
  };
  await client.create(secret).catch((error: unknown) => {
    throw isAlreadyExists(error) ? taken(ref) : error;
  });
}

function refTo({ spec }: LocalBucket): { apiVersion: string; kind: string; namespace: string; name: string } {
  return { apiVersion: 'v1', kind: 'Secret', ...spec.writeConnectionSecretToRef };
}

function taken({ namespace, name }: { namespace: string; name: string }): SecretTakenError {
  return new SecretTakenError(`the secret ${namespace}/${name} exists and isn’t this bucket’s: remove it`);
}

function isOurs(secret: KubeObject, { metadata }: LocalBucket): boolean {
  return secret.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false;
}

function decoded(secret: KubeObject | undefined): Record<string, string | undefined> {
  const data = (secret?.data ?? {}) as Record<string, string>;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

function encoded(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

function same(a: Record<string, string> = {}, b: Record<string, string>): boolean {
  const keys = Object.keys(b);
  return Object.keys(a).length === keys.length && keys.every(key => a[key] === b[key]);
}
