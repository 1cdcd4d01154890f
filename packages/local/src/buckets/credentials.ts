/**
 * A bucket's credentials, in the Secret that its object names. The Secret is the truth: it is written before the key is known to the S3
 * server, and the server's file follows it. A Secret that isn't the bucket's is never touched.
 */
import type { LocalBucket } from '@larder/catalog';
import { isAlreadyExists, type Client } from '@larder/kube';
import { newAccessKey, type AccessKey } from '@larder/objectstore';
import { encodeTexts, hasTexts, isOwnSecret, ownSecret, textsOf } from '../secrets/own-secret.ts';
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
  if (found && !isOwnSecret(found, bucket)) throw taken(ref);
  const known = textsOf(found);
  const fresh = newAccessKey(bucket.metadata.name, 'owner');
  const accessKeyId = known.accessKey ?? fresh.accessKeyId;
  const secretAccessKey = known.secretKey ?? fresh.secretAccessKey;
  const texts = {
    endpoint: endpoint.host,
    port: String(endpoint.port),
    bucketName: bucket.metadata.name,
    region: REGION,
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    'ca.crt': ca,
  };
  if (!found) await create(client, bucket, texts);
  else if (!hasTexts(found, texts)) await client.update({ ...found, data: encodeTexts(texts) });
  return { ...fresh, accessKeyId, secretAccessKey };
}

/** May run twice. */
export async function removeCredentials(client: Client, bucket: LocalBucket): Promise<void> {
  const ref = refTo(bucket);
  const found = await client.find(ref);
  if (found && isOwnSecret(found, bucket)) await client.delete(ref);
}

async function create(client: Client, bucket: LocalBucket, texts: Record<string, string>): Promise<void> {
  const ref = refTo(bucket);
  const secret = ownSecret(bucket, { ...ref, labels: { [BUCKET_LABEL]: bucket.metadata.name }, texts });
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
