/**
 * The keys of an instance's bucket beside its owner's: one that archives, which can neither overwrite nor delete, and one that reads,
 * for whoever has the claim. The Secret is the truth: it is written before the key is good.
 */
import type { PostgresArchive } from '@larder/catalog';
import { isAlreadyExists, type Client, type KubeObject } from '@larder/kube';
import { newAccessKey, type AccessKey, type KeyFolder, type Rights } from '@larder/objectstore';
import { SYSTEM_NAMESPACE } from '../plane/system-objects.ts';
import { encodeTexts, hasTexts, isOwnSecret, ownSecret, textsOf } from '../secrets/own-secret.ts';

/** On both Secrets: the archive that they belong to. */
export const ARCHIVE_LABEL = 'local.larder.dev/postgres-archive';

/** On the Secret of a restore: the bucket that it reads. */
export const LENT_LABEL = 'local.larder.dev/reads-backups-of';

interface Place {
  client: Client;
  keys: KeyFolder;
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
export async function ensureReadKey(place: Place, store: StoreDetails): Promise<string | undefined> {
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
  return (await ensureKey(place, { ref, rights: 'read', details })) && ref.name;
}

/** Where the read-only key of a claim lies. */
export function readSecretName(claim: string): string {
  return `${claim}-backup`;
}

/** Takes both keys back. May run twice. */
export async function removeKeys({ client, keys, archive }: Place): Promise<void> {
  const { name } = archive.metadata;
  const { claim } = archive.spec;
  const refs = [
    { namespace: SYSTEM_NAMESPACE, name: `${name}-archive` },
    ...(claim ? [{ namespace: claim.namespace, name: readSecretName(claim.name) }] : []),
  ];
  await removeUnlent(
    { client, keys, archive },
    (await keys.ofBucket(name)).filter(({ rights }) => rights !== 'owner'),
  );
  for (const ref of refs) {
    const found = await client.find({ apiVersion: 'v1', kind: 'Secret', ...ref });
    if (found && isOwnSecret(found, archive)) await client.delete({ apiVersion: 'v1', kind: 'Secret', ...ref });
  }
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
  const { client, keys, archive } = place;
  const { name: bucket } = archive.metadata;
  const found = await client.find({ apiVersion: 'v1', kind: 'Secret', ...ref });
  if (found && !isOwnSecret(found, archive)) return undefined;
  const known = textsOf(found);
  const fresh = newAccessKey(bucket, rights);
  const key = {
    ...fresh,
    accessKeyId: known.AWS_ACCESS_KEY_ID ?? fresh.accessKeyId,
    secretAccessKey: known.AWS_SECRET_ACCESS_KEY ?? fresh.secretAccessKey,
  };
  const texts = { ...details, AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
  const labels = { [ARCHIVE_LABEL]: bucket };
  if (!found && !(await created(client, ownSecret(archive, { ...ref, labels, texts })))) return undefined;
  if (found && !hasTexts(found, texts)) await client.update({ ...found, data: encodeTexts(texts) });
  await keys.write(key);
  const others = (await keys.ofBucket(bucket)).filter(
    old => old.rights === rights && old.accessKeyId !== key.accessKeyId,
  );
  await removeUnlent(place, others);
  return key;
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
