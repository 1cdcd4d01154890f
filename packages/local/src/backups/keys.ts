/**
 * The keys of an instance's bucket beside its owner's: one that archives, which can neither overwrite nor delete, and one that reads,
 * for whoever has the claim. The Secret is the truth: a first key is written there before it is good, and one that replaces another is good
 * before it is written. The old one is removed by whoever sees that nobody uses it any more.
 */
import type { PostgresArchive } from '@larder/catalog';
import { isAlreadyExists, type Client, type KubeObject } from '@larder/kube';
import { newAccessKey, type AccessKey, type Rights } from '@larder/objectstore';
import { isRotationDue, ROTATE_BACKUP_KEYS, rotatedAnnotations } from '../buckets/rotation.ts';
import type { BucketKeys } from '../buckets/stores/keys.ts';
import { SYSTEM_NAMESPACE } from '../plane/system-objects.ts';
import { encodeTexts, hasTexts, isOwnSecret, ownSecret, textsOf } from '../secrets/own-secret.ts';

/** On both Secrets: the archive that they belong to. */
export const ARCHIVE_LABEL = 'local.larder.dev/postgres-archive';

/** On the Secret of a restore: the bucket that it reads. */
export const LENT_LABEL = 'local.larder.dev/reads-backups-of';

interface Place {
  client: Client;
  keys: BucketKeys;
  /** Its name on its server. */
  bucket: string;
  archive: PostgresArchive;
}

/** The key that the archiver has. May run twice. */
export async function ensureArchiveKey(place: Place): Promise<AccessKey> {
  const ref = { namespace: SYSTEM_NAMESPACE, name: `${place.archive.metadata.name}-archive` };
  const key = await ensureKey(place, { ref, rights: 'archive', details: {} });
  if (!key) throw new Error(`the secret ${ref.namespace}/${ref.name} exists and isn't of these backups: remove it`);
  return key;
}

/** In the words of the barman-cloud tools and of those that read AWS' environment. */
export interface StoreDetails {
  endpoint: string;
  region: string;
  destinationPath: string;
  serverName: string;
  ca: string;
}

/** The Secret with the key that reads, for the claim; `undefined` when a secret of its name is somebody else's. */
export async function ensureReadKey(
  place: Place,
  store: StoreDetails,
): Promise<{ secretName: string; accessKeyId: string } | undefined> {
  const { claim } = place.archive.spec;
  if (!claim) return undefined;
  const ref = { namespace: claim.namespace, name: readSecretName(claim.name) };
  const details = {
    endpointURL: store.endpoint,
    destinationPath: store.destinationPath,
    serverName: store.serverName,
    AWS_REGION: store.region,
    AWS_DEFAULT_REGION: store.region,
    AWS_ENDPOINT_URL: store.endpoint,
    'ca.crt': store.ca,
  };
  const key = await ensureKey(place, { ref, rights: 'read', details });
  return key && { secretName: ref.name, accessKeyId: key.accessKeyId };
}

/** Where the read-only key of a claim lies. */
export function readSecretName(claim: string): string {
  return `${claim}-backup`;
}

/** Takes both keys back; without a place where they are kept, their Secrets. May run twice. */
export async function removeKeys({
  client,
  keys,
  bucket,
  archive,
}: Omit<Place, 'keys'> & { keys?: BucketKeys }): Promise<void> {
  const { name } = archive.metadata;
  const { claim } = archive.spec;
  const refs = [
    { namespace: SYSTEM_NAMESPACE, name: `${name}-archive` },
    ...(claim ? [{ namespace: claim.namespace, name: readSecretName(claim.name) }] : []),
  ];
  if (keys) {
    const others = (await keys.ofBucket(bucket)).filter(({ rights }) => rights !== 'owner');
    await removeUnlent({ client, keys, bucket, archive }, others);
  }
  for (const ref of refs) {
    const found = await client.find({ apiVersion: 'v1', kind: 'Secret', ...ref });
    if (found && isOwnSecret(found, archive)) await client.delete({ apiVersion: 'v1', kind: 'Secret', ...ref });
  }
}

/** Removes keys that were replaced. Only when nobody uses them any more. */
export async function removeOldKeys(place: Place, current: string[]): Promise<void> {
  await removeUnlent(place, await oldKeys(place, current));
}

/** Those that were replaced and are good still. @param current ids of those in use */
export async function oldKeys(
  { keys, bucket }: Pick<Place, 'keys' | 'bucket'>,
  current: string[],
): Promise<AccessKey[]> {
  const all = await keys.ofBucket(bucket);
  return all.filter(({ rights, accessKeyId }) => rights !== 'owner' && !current.includes(accessKeyId));
}

/** Removes keys but for those that a restore reads with. */
async function removeUnlent({ client, keys, archive }: Place, found: AccessKey[]): Promise<void> {
  if (found.length === 0) return;
  const labelSelector = `${LENT_LABEL}=${archive.metadata.name}`;
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Secret' },
    { namespace: SYSTEM_NAMESPACE, labelSelector },
  );
  const lent = new Set(items.map(secret => textsOf(secret).AWS_ACCESS_KEY_ID));
  for (const { accessKeyId } of found) if (!lent.has(accessKeyId)) await keys.remove(accessKeyId);
}

interface Wanted {
  ref: { namespace: string; name: string };
  rights: Rights;
  details: Record<string, string>;
}

/** `undefined` when the Secret is somebody else's. */
async function ensureKey(place: Place, { ref, rights, details }: Wanted): Promise<AccessKey | undefined> {
  const { client, keys, archive, bucket } = place;
  const found = await client.find({ apiVersion: 'v1', kind: 'Secret', ...ref });
  if (found && !isOwnSecret(found, archive)) return undefined;
  const wish = archive.metadata.annotations?.[ROTATE_BACKUP_KEYS];
  const isDue = isRotationDue(found, wish);
  const key = isDue ? newAccessKey(bucket, rights) : keyIn(found, newAccessKey(bucket, rights));
  const texts = { ...details, AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
  const labels = { [ARCHIVE_LABEL]: archive.metadata.name };
  const annotations = rotatedAnnotations(found?.metadata.annotations, isDue || !found ? wish : undefined, new Date());
  if (isDue) await keys.write(key);
  const secret = ownSecret(archive, { ...ref, labels, texts });
  if (!found && !(await created(client, { ...secret, metadata: { ...secret.metadata, annotations } })))
    return undefined;
  if (found && (isDue || !hasTexts(found, texts)))
    await client.update({ ...found, metadata: { ...found.metadata, annotations }, data: encodeTexts(texts) });
  await keys.write(key);
  return key;
}

function keyIn(secret: KubeObject | undefined, fresh: AccessKey): AccessKey {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = textsOf(secret);
  return accessKeyId && secretAccessKey ? { ...fresh, accessKeyId, secretAccessKey } : fresh;
}

/** False when somebody was quicker. */
async function created(client: Client, secret: KubeObject): Promise<boolean> {
  try {
    await client.create(secret);
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}
