/** The bucket of an instance, once it can be used, and the name that the server archives under in it. */
import { nextServerName, openStore, parseServerName, serverName } from '@larder/archive';
import type { PostgresArchive } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import { findAccess, type BucketAccess } from '../buckets/access.ts';
import { ROTATE_BACKUP_KEYS } from '../buckets/rotation.ts';
import type { InstanceRecord } from '../servers/index.ts';
import { BUCKET_KIND, ensureBackupBucket, SERVER_NAME, type Identity } from './bucket.ts';
import type { ArchiveKeeper } from './options.ts';

export type Ready = { kind: 'ready'; access: BucketAccess; identity: Identity } | { kind: 'waiting'; message: string };

/** The bucket is made where it lacks. May run twice. @throws Error when it is another's */
export async function readyBucket(
  keeper: ArchiveKeeper,
  archive: PostgresArchive,
  record: InstanceRecord,
): Promise<Ready> {
  const { client } = keeper;
  const { name } = archive.metadata;
  const major = Number(record.binaries?.version.split('.')[0] ?? 0);
  const bucket = await client.find({ ...BUCKET_KIND, name });
  const known = bucket && knownName(bucket, { server: name, major });
  const identity = await identityOf(keeper, archive, known?.kind === 'same' ? known.name : serverName(name, major));
  await ensureBackupBucket(client, known?.kind === 'other' ? { ...identity, serverName: known.name } : identity);
  const found = await findAccess(keeper, name);
  if (found.kind === 'waiting') return found;
  const { access } = found;
  if (known?.kind !== 'other') return { kind: 'ready', access, identity };
  const store = openStore({ ...access.place, ...access.owner, prefix: '', serverName: known.name });
  try {
    const moved = { ...identity, serverName: await nextServerName(store, { server: name, major }) };
    await ensureBackupBucket(client, moved);
    return { kind: 'ready', access, identity: moved };
  } finally {
    store.close();
  }
}

/** Another major is another incarnation: an archive has one history. */
function knownName(
  { metadata }: KubeObject,
  { server, major }: { server: string; major: number },
): { kind: 'same' | 'other'; name: string } | undefined {
  const name = metadata.annotations?.[SERVER_NAME];
  const parsed = name === undefined ? undefined : parseServerName(name, server);
  return name === undefined || !parsed ? undefined : { kind: parsed.major === major ? 'same' : 'other', name };
}

async function identityOf(
  { client }: ArchiveKeeper,
  { metadata, spec }: PostgresArchive,
  archivesAs: string,
): Promise<Identity> {
  const rotate = metadata.annotations?.[ROTATE_BACKUP_KEYS];
  const identity = {
    server: metadata.name,
    serverName: archivesAs,
    ...(spec.store === undefined ? {} : { store: spec.store }),
    ...(rotate === undefined ? {} : { rotate }),
  };
  if (!spec.claim) return identity;
  const namespace = await client.find({ apiVersion: 'v1', kind: 'Namespace', name: spec.claim.namespace });
  return { ...identity, claim: { ...spec.claim, namespaceUid: namespace?.metadata.uid ?? '' } };
}
