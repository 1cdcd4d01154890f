/**
 * A bucket's credentials, in the Secret that its object names. The Secret is the truth: a first key is written there before it is good, so
 * that none is lost; one that replaces another is good before it is written, so that whoever reads it can use it. A Secret that isn't the
 * bucket's is never touched.
 */
import type { LocalBucket } from '@larder/catalog';
import { isAlreadyExists, type Client, type KubeObject } from '@larder/kube';
import { newAccessKey, type AccessKey } from '@larder/objectstore';
import { encodeTexts, hasTexts, isOwnSecret, ownSecret, textsOf } from '../secrets/own-secret.ts';
import { isRotationDue, ROTATE, rotatedAnnotations, rotatedAt } from './rotation.ts';
import type { BucketKeys } from './stores/keys.ts';

/** On the Secret: the name of its bucket. */
export const BUCKET_LABEL = 'local.larder.dev/bucket';

/** The Secret is somebody else's. Its message is for the claim's owner. */
export class SecretTakenError extends Error {}

export const REGION = 'us-east-1';

/** How long an owner's old key stays good beside the new one (ms): applications read their Secret when they start. */
export const OVERLAP_MS = 3_600_000;

/** Where the bucket is, as its clients need it. */
export interface BucketFacts {
  host: string;
  port: number;
  /** The name on its server. */
  bucket: string;
  region: string;
  ca: string;
  /** Absent: `https://host:port` */
  url?: string;
}

interface Place {
  client: Client;
  keys: BucketKeys;
  now: Date;
}

/** The owner's key stands in the Secret and is good; older ones go in their time. May run twice. @returns when to look again (ms) @throws SecretTakenError */
export async function ensureCredentials(
  place: Place,
  object: LocalBucket,
  facts: BucketFacts,
): Promise<number | undefined> {
  const { client, keys, now } = place;
  const ref = refTo(object);
  const found = await client.find(ref);
  if (found && !isOwnSecret(found, object)) throw taken(ref);
  const wish = object.metadata.annotations?.[ROTATE];
  const isDue = isRotationDue(found, wish);
  const key = isDue ? newAccessKey(facts.bucket, 'owner') : keyIn(found, facts.bucket);
  const texts = textsFor(facts, key);
  if (isDue) await keys.write(key);
  const annotations = rotatedAnnotations(found?.metadata.annotations, isDue || !found ? wish : undefined, now);
  if (!found) await create(client, object, { texts, annotations });
  else if (isDue || !hasTexts(found, texts))
    await client.update({ ...found, metadata: { ...found.metadata, annotations }, data: encodeTexts(texts) });
  await keys.write(key);
  return removeOld(place, key, isDue ? now : rotatedAt(found));
}

/** May run twice. */
export async function removeCredentials(client: Client, bucket: LocalBucket): Promise<void> {
  const ref = refTo(bucket);
  const found = await client.find(ref);
  if (found && isOwnSecret(found, bucket)) await client.delete(ref);
}

async function removeOld({ keys, now }: Place, key: AccessKey, at: Date | undefined): Promise<number | undefined> {
  const all = await keys.ofBucket(key.bucket);
  const old = all.filter(({ rights, accessKeyId }) => rights === 'owner' && accessKeyId !== key.accessKeyId);
  if (old.length === 0) return undefined;
  const left = at === undefined ? 0 : at.getTime() + OVERLAP_MS - now.getTime();
  if (left > 0) return left;
  for (const { accessKeyId } of old) await keys.remove(accessKeyId);
  return undefined;
}

function keyIn(secret: KubeObject | undefined, bucket: string): AccessKey {
  const fresh = newAccessKey(bucket, 'owner');
  const { accessKey: accessKeyId, secretKey: secretAccessKey } = textsOf(secret);
  return accessKeyId && secretAccessKey ? { ...fresh, accessKeyId, secretAccessKey } : fresh;
}

function textsFor(facts: BucketFacts, { accessKeyId, secretAccessKey }: AccessKey): Record<string, string> {
  return {
    endpoint: facts.host,
    port: String(facts.port),
    bucketName: facts.bucket,
    region: facts.region,
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    'ca.crt': facts.ca,
    ...(facts.url === undefined ? {} : { AWS_ENDPOINT_URL: facts.url }),
  };
}

async function create(
  client: Client,
  bucket: LocalBucket,
  { texts, annotations }: { texts: Record<string, string>; annotations: Record<string, string> },
): Promise<void> {
  const ref = refTo(bucket);
  const secret = ownSecret(bucket, { ...ref, labels: { [BUCKET_LABEL]: bucket.metadata.name }, texts });
  await client.create({ ...secret, metadata: { ...secret.metadata, annotations } }).catch((error: unknown) => {
    throw isAlreadyExists(error) ? taken(ref) : error;
  });
}

function refTo({ spec }: LocalBucket): { apiVersion: string; kind: string; namespace: string; name: string } {
  return { apiVersion: 'v1', kind: 'Secret', ...spec.writeConnectionSecretToRef };
}

function taken({ namespace, name }: { namespace: string; name: string }): SecretTakenError {
  return new SecretTakenError(`the secret ${namespace}/${name} exists and isn’t this bucket’s: remove it`);
}
