/** The key with which a restore reads a bucket: its Secret is written before the key is good, and one that isn't ours is never touched. */
import type { PostgresRestore } from '@larder/catalog';
import { isAlreadyExists, type Client } from '@larder/kube';
import { newAccessKey, type KeyFolder } from '@larder/objectstore';
import { SYSTEM_NAMESPACE } from '../plane/system-objects.ts';
import { isOwnSecret, ownSecret, textsOf } from '../secrets/own-secret.ts';
import { LENT_LABEL } from './keys.ts';

interface Keys {
  client: Client;
  keys: Pick<KeyFolder, 'write' | 'remove'>;
}

interface Place {
  endpoint: string;
  region: string;
  bucket: string;
  serverName: string;
  ca: string;
}

/** A key that reads, in a Secret beside the plane's own. May run twice. @throws when a secret of this name is somebody else's */
export async function ensureRestoreKey(
  { client, keys }: Keys,
  restore: PostgresRestore,
  { endpoint, region, bucket, serverName, ca }: Place,
): Promise<{ namespace: string; name: string }> {
  const ref = refOfKeySecret(restore);
  const found = await client.find({ apiVersion: 'v1', kind: 'Secret', ...ref });
  if (found && !isOwnSecret(found, restore)) throw taken(ref);
  const fresh = newAccessKey(bucket, 'read');
  const known = textsOf(found);
  const accessKeyId = known.AWS_ACCESS_KEY_ID ?? fresh.accessKeyId;
  const secretAccessKey = known.AWS_SECRET_ACCESS_KEY ?? fresh.secretAccessKey;
  const texts = {
    endpointURL: endpoint,
    destinationPath: `s3://${bucket}`,
    serverName,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    'ca.crt': ca,
  };
  if (!found) {
    const secret = ownSecret(restore, { ...ref, labels: { [LENT_LABEL]: bucket }, texts });
    await client.create(secret).catch((error: unknown) => {
      throw isAlreadyExists(error) ? taken(ref) : error;
    });
  }
  await keys.write({ ...fresh, accessKeyId, secretAccessKey });
  return ref;
}

/** May run twice. */
export async function removeRestoreKey({ client, keys }: Keys, restore: PostgresRestore): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Secret', ...refOfKeySecret(restore) };
  const found = await client.find(ref);
  if (!found || !isOwnSecret(found, restore)) return;
  const { AWS_ACCESS_KEY_ID: id } = textsOf(found);
  if (id !== undefined) await keys.remove(id);
  await client.delete(ref);
}

function taken({ namespace, name }: { namespace: string; name: string }): Error {
  return new Error(`the secret ${namespace}/${name} exists and isn't of this restore: remove it`);
}

function refOfKeySecret({ metadata }: PostgresRestore): { namespace: string; name: string } {
  return { namespace: SYSTEM_NAMESPACE, name: `${metadata.name}-restore` };
}
