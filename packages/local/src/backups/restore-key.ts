/** The key with which a restore reads a bucket: its Secret is written before the key is good, and one that isn't ours is never touched. */
import type { PostgresRestore } from '@larder/catalog';
import { isAlreadyExists, type Client } from '@larder/kube';
import { newAccessKey } from '@larder/objectstore';
import type { BucketAccess } from '../buckets/access.ts';
import type { BucketKeys } from '../buckets/stores/keys.ts';
import { SYSTEM_NAMESPACE } from '../plane/system-objects.ts';
import { encodeTexts, hasTexts, isOwnSecret, ownSecret, textsOf } from '../secrets/own-secret.ts';
import { LENT_LABEL } from './keys.ts';

/** A key that reads, in a Secret beside the plane's own; the store's own key where there is one for all. May run twice. @throws when a secret of this name is somebody else's */
export async function ensureRestoreKey(
  client: Client,
  restore: PostgresRestore,
  { access: { place, owner, keys }, server, serverName }: { access: BucketAccess; server: string; serverName: string },
): Promise<{ namespace: string; name: string }> {
  const ref = refOfKeySecret(restore);
  const found = await client.find({ apiVersion: 'v1', kind: 'Secret', ...ref });
  if (found && !isOwnSecret(found, restore)) throw taken(ref);
  const { bucket } = place;
  const fresh = newAccessKey(bucket, 'read');
  const known = textsOf(found);
  const accessKeyId = known.AWS_ACCESS_KEY_ID ?? fresh.accessKeyId;
  const secretAccessKey = known.AWS_SECRET_ACCESS_KEY ?? fresh.secretAccessKey;
  const key = keys ? { ...fresh, accessKeyId, secretAccessKey } : owner;
  const texts = {
    endpointURL: place.endpoint,
    destinationPath: `s3://${bucket}`,
    serverName,
    AWS_REGION: place.region,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    'ca.crt': place.ca ?? '',
    ...(place.addressing === undefined ? {} : { addressing: place.addressing }),
  };
  if (!found) {
    const secret = ownSecret(restore, { ...ref, labels: { [LENT_LABEL]: server }, texts });
    await client.create(secret).catch((error: unknown) => {
      throw isAlreadyExists(error) ? taken(ref) : error;
    });
  } else if (!hasTexts(found, texts)) await client.update({ ...found, data: encodeTexts(texts) });
  await keys?.write({ ...fresh, accessKeyId, secretAccessKey });
  return ref;
}

/** @param keys where the key was made, if it was made for this. May run twice. */
export async function removeRestoreKey(
  client: Client,
  keys: Pick<BucketKeys, 'remove'> | undefined,
  restore: PostgresRestore,
): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Secret', ...refOfKeySecret(restore) };
  const found = await client.find(ref);
  if (!found || !isOwnSecret(found, restore)) return;
  const { AWS_ACCESS_KEY_ID: id } = textsOf(found);
  if (id !== undefined) await keys?.remove(id);
  await client.delete(ref);
}

/** The instance whose bucket the key of a restore reads; `undefined` when it has none. */
export async function lentOf(client: Client, restore: PostgresRestore): Promise<string | undefined> {
  const found = await client.find({ apiVersion: 'v1', kind: 'Secret', ...refOfKeySecret(restore) });
  return found && isOwnSecret(found, restore) ? found.metadata.labels?.[LENT_LABEL] : undefined;
}

function taken({ namespace, name }: { namespace: string; name: string }): Error {
  return new Error(`the secret ${namespace}/${name} exists and isn't of this restore: remove it`);
}

function refOfKeySecret({ metadata }: PostgresRestore): { namespace: string; name: string } {
  return { namespace: SYSTEM_NAMESPACE, name: `${metadata.name}-restore` };
}
