/**
 * Finds the backup that a new server begins with: once, and before anything starts. What was found stands; what was refused is looked
 * at again only while nothing has been made of it. The server reads the bucket with a key of its own, which goes when it runs.
 */
import { openStore, readArchivedLog, readCatalogue } from '@larder/archive';
import {
  LOCAL_API_VERSION,
  type PostgresRestore,
  type PostgresRestoreStatus,
  type PostgresServer,
} from '@larder/catalog';
import { addFinalizer, isConditionTrue, refOfKey, removeFinalizer, type ReconcileResult } from '@larder/controller';
import { equalJson, type Client } from '@larder/kube';
import { findAccess } from '../buckets/access.ts';
import { BACKUPS_LABEL, BUCKET_KIND, CLAIM_LABELS, DELETED_AT, NAMESPACE_UID, SERVER_NAME } from './bucket.ts';
import { chooseBackup, chooseSource, type Candidate } from './choose-backup.ts';
import type { ArchiveKeeper } from './options.ts';
import { ensureRestoreKey, lentOf, removeRestoreKey } from './restore-key.ts';

const RESTORE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresRestore' };
const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };
const RESTORE_FINALIZER = 'local.larder.dev/postgres-restore';

/** How soon to look again at what isn't there yet (ms). */
const SOON_MS = 2_000;
const REFUSED_MS = 60_000;

export async function reconcileRestore(keeper: ArchiveKeeper, key: string): Promise<ReconcileResult | undefined> {
  const { client } = keeper;
  const found = await client.find<PostgresRestore>(refOfKey(RESTORE, key));
  if (!found) return undefined;
  if (found.metadata.deletionTimestamp !== undefined) {
    await takeBack(keeper, found);
    await removeFinalizer(client, found, RESTORE_FINALIZER);
    return undefined;
  }
  const restore = await addFinalizer<PostgresRestore>(client, found, RESTORE_FINALIZER);
  if (restore.status?.chosen) return lend(keeper, restore, restore.status.chosen);
  const status = await decide(keeper, restore).catch((error: Error): PostgresRestoreStatus => ({
    message: `The backups can not be read: ${error.message}`,
  }));
  if (!equalJson(JSON.parse(JSON.stringify(status)), restore.status ?? {}))
    await client.updateStatus<PostgresRestore>({ ...restore, status });
  return status.chosen ? undefined : { requeueAfterMs: status.refused ? REFUSED_MS : SOON_MS };
}

/** What was chosen stands. The key is good, also after the store's was turned, until the server runs. */
async function lend(
  keeper: ArchiveKeeper,
  restore: PostgresRestore,
  { serverName }: NonNullable<PostgresRestoreStatus['chosen']>,
): Promise<ReconcileResult | undefined> {
  const { client } = keeper;
  const server = await client.find<PostgresServer>({ ...SERVER, name: restore.metadata.name });
  if (server && isConditionTrue(server.status?.conditions ?? [], 'Ready')) {
    await takeBack(keeper, restore);
    return undefined;
  }
  const lent = await lentOf(client, restore);
  const found = lent === undefined ? undefined : await findAccess(keeper, lent);
  if (lent !== undefined && found?.kind === 'access')
    await ensureRestoreKey(client, restore, { access: found.access, server: lent, serverName });
  return undefined;
}

async function takeBack(keeper: ArchiveKeeper, restore: PostgresRestore): Promise<void> {
  const lent = await lentOf(keeper.client, restore);
  if (lent === undefined) return;
  const found = await findAccess(keeper, lent);
  // A key of a bucket that is gone went with it.
  await removeRestoreKey(keeper.client, found.kind === 'access' ? found.access.keys : undefined, restore);
}

async function decide(keeper: ArchiveKeeper, restore: PostgresRestore): Promise<PostgresRestoreStatus> {
  const { client, clock } = keeper;
  const { spec } = restore;
  const candidates = await candidatesIn(client, spec.namespace);
  const choice = chooseSource(spec, candidates);
  if (choice.kind === 'refused') return { refused: choice.refusal };
  const { server, serverName } = choice.source;
  const found = await findAccess(keeper, server);
  if (found.kind === 'waiting') return { message: `The bucket of ${server} can not be used now: ${found.message}` };
  const { access } = found;
  const store = openStore({ ...access.place, ...access.owner, prefix: '', serverName });
  try {
    const held = { catalogue: await readCatalogue(store), log: await readArchivedLog(store) };
    const chosen = chooseBackup(spec, held, clock());
    if (chosen.kind === 'refused') {
      const { field, value } = chosen.refusal;
      return {
        refused: {
          ...chosen.refusal,
          value: value === '' && field === 'claimName' ? (spec.claimName ?? server) : value,
        },
      };
    }
    const storeSecretRef = await ensureRestoreKey(client, restore, { access, server, serverName });
    const { backup, targetTime } = chosen;
    const major = Math.floor(backup.info.version / 10_000);
    return {
      chosen: {
        storeSecretRef,
        serverName,
        backupId: backup.id,
        ...(targetTime === undefined ? {} : { targetTime }),
        major,
      },
    };
  } finally {
    store.close();
  }
}

/** Instances of this very namespace: one of the same name that was deleted is another. */
async function candidatesIn(client: Client, namespace: string): Promise<Candidate[]> {
  const there = await client.find({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  const labelSelector = `${CLAIM_LABELS.namespace}=${namespace}`;
  const { items } = await client.list(BUCKET_KIND, { labelSelector });
  return items
    .filter(({ metadata }) => metadata.annotations?.[NAMESPACE_UID] === there?.metadata.uid)
    .filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined && metadata.labels?.[BACKUPS_LABEL] === metadata.name,
    )
    .map(({ metadata: { name, labels = {}, annotations = {} } }) => ({
      server: name,
      claim: labels[CLAIM_LABELS.name] ?? '',
      serverName: annotations[SERVER_NAME] ?? '',
      ...(annotations[DELETED_AT] === undefined ? {} : { deletedAt: annotations[DELETED_AT] }),
    }));
}
