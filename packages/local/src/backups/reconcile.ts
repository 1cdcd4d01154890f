/** The backups of one server, from whatever they are to what their object says. Runs as often as anybody likes. */
import { LOCAL_API_VERSION, type PostgresArchive, type PostgresServer } from '@larder/catalog';
import { addFinalizer, isConditionTrue, refOfKey, removeFinalizer, type ReconcileResult } from '@larder/controller';
import { StoreError, type Destination } from '@larder/archive';
import { findAccess, type BucketAccess } from '../buckets/access.ts';
import { UNFLUSHED_ANNOTATION } from '../servers/archiving.ts';
import { findRecord, placeOf, type InstanceRecord } from '../servers/index.ts';
import { findLogState, removeOrder, writeOrder, type LogOrder } from '../storage/archives.ts';
import { keepBackupBucket, type Identity } from './bucket.ts';
import { archiveFinding, notYet, whereText, type Finding } from './findings.ts';
import { ensureArchiveKey, ensureReadKey, readSecretName, removeKeys } from './keys.ts';
import type { ArchiveKeeper } from './options.ts';
import { planBackups, type BackupsPlan } from './plan.ts';
import { readyBucket } from './ready-bucket.ts';
import { writeArchiveStatus } from './status.ts';
import { endTurn } from './turn.ts';

export const ARCHIVE_FINALIZER = 'local.larder.dev/postgres-archive';

const ARCHIVE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive' };
const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };

/** How soon to look again at what waits for something that nobody tells us of (ms). */
const SOON_MS = 2_000;
const TROUBLE_MS = 15_000;

/** Timers hold 24 days at most, and the clock may be set meanwhile. */
const LONGEST_WAIT_MS = 3_600_000;

export async function reconcileArchive(keeper: ArchiveKeeper, key: string): Promise<ReconcileResult | undefined> {
  const { client } = keeper;
  const found = await client.find<PostgresArchive>(refOfKey(ARCHIVE, key));
  if (!found) return undefined;
  if (found.metadata.deletionTimestamp !== undefined) return remove(keeper, found);
  const archive = await addFinalizer<PostgresArchive>(client, found, ARCHIVE_FINALIZER);
  const server = await client.find<PostgresServer>({ ...SERVER, name: archive.metadata.name });
  const record = server && (await findRecord(placeOf(keeper.home, archive.metadata.name)));
  // What the claim waits for comes first: its server.
  if (!server || !record?.systemIdentifier || !hasRun(server)) {
    await writeArchiveStatus(keeper, archive, {
      findings: notYet('Starting', 'The first backup is made as soon as the server runs.'),
    });
    return undefined;
  }
  return bring(keeper, archive, { server, record }).catch(async (error: unknown) => {
    if (!(error instanceof StoreError)) throw error;
    await writeArchiveStatus(keeper, archive, { findings: archiveTrouble(error.message) });
    return { requeueAfterMs: TROUBLE_MS };
  });
}

function hasRun({ status }: PostgresServer): boolean {
  return status?.archiving === true || isConditionTrue(status?.conditions ?? [], 'Ready');
}

interface Running {
  server: PostgresServer;
  record: InstanceRecord;
}

/** Bucket, keys, order; then WAL is archived, and backups are made. */
async function bring(
  keeper: ArchiveKeeper,
  seen: PostgresArchive,
  running: Running,
): Promise<ReconcileResult | undefined> {
  const { home, runner } = keeper;
  const { name } = seen.metadata;
  const ready = await readyBucket(keeper, seen, running.record);
  const archive = ready.kind === 'ready' ? ofIncarnation(seen, ready.identity.serverName) : seen;
  if (ready.kind === 'waiting') {
    const state = archive.status?.archive ? archiveTrouble(ready.message) : notYet('BucketNotReady', ready.message);
    await writeArchiveStatus(keeper, archive, { findings: state });
    return { requeueAfterMs: SOON_MS };
  }
  const { access, identity } = ready;
  const destination = await destinationOf(keeper, archive, { identity, access });
  writeOrder(home, 'archives', orderFor(keeper, running, destination));
  const published = await publish(keeper, archive, { access, destination });
  const { serverName } = identity;
  const plan = planBackups({ archive, runner, now: keeper.clock(), isArchiving: isArchiving(running), serverName });
  if (plan.request) runner.request(name, 'schedule');
  const state = findLogState(home, 'archives', name);
  const findings = [...plan.findings(runner.state(name)), archiveFinding(state, isArchiving(running))];
  await writeArchiveStatus(keeper, archive, {
    findings: [...findings, ...secretFindings(archive, published)],
    facts: { ...factsOf(archive, plan, state), backupStore: storeOf(destination, published) },
    state,
    run: runner.state(name),
    where: whereText({ store: access.store, hasOwnKeys: access.keys !== undefined, wanted: archive.spec.store }),
  });
  const inUse = [destination.accessKeyId, ...(published.kind === 'written' ? [published.accessKeyId] : [])];
  const turning = await endTurn(keeper, archive, { access, inUse });
  return { requeueAfterMs: Math.min(turning, LONGEST_WAIT_MS, Math.max(200, plan.waitMs)) };
}

/** What was said of an earlier incarnation's backups doesn't hold: this one can't go back to them, and begins with one of its own. */
function ofIncarnation(archive: PostgresArchive, serverName: string): PostgresArchive {
  const { status } = archive;
  const said = status?.backupStore?.serverName;
  if (said === undefined || said === serverName) return archive;
  return { ...archive, status: { ...status, backups: [], recoverable: undefined, nextBackup: undefined } };
}

function isArchiving({ server, record }: Running): boolean {
  return record.archiving === true && server.status?.archiving === true;
}

function archiveTrouble(message: string): Finding[] {
  return [{ type: 'ArchiveHealthy', status: 'False', reason: 'StoreNotServing', message }];
}

/** With the key that archives; where a store has one for all, with that. */
async function destinationOf(
  { client }: ArchiveKeeper,
  archive: PostgresArchive,
  { identity, access }: { identity: Identity; access: BucketAccess },
): Promise<Destination> {
  const { keys, owner, place } = access;
  const key = keys ? await ensureArchiveKey({ client, keys, bucket: place.bucket, archive }) : owner;
  const { endpoint, region, bucket, ca, addressing } = place;
  return {
    ...{ endpoint, region, bucket, prefix: '', serverName: identity.serverName },
    ...{ accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey },
    ...(ca === undefined ? {} : { ca }),
    ...(addressing === undefined ? {} : { addressing }),
  };
}

function orderFor({ home }: ArchiveKeeper, { server, record }: Running, destination: Destination): LogOrder {
  const { name } = server.metadata;
  return {
    server: name,
    folder: placeOf(home, name).folder,
    uid: record.account?.uid ?? process.geteuid?.() ?? 0,
    gid: record.account?.gid ?? process.getegid?.() ?? 0,
    systemIdentifier: record.systemIdentifier ?? '',
    destination,
  };
}

/** `none`: there is no claim, or no key that is good for this bucket alone. */
type Published = { kind: 'written'; secretName: string; accessKeyId: string } | { kind: 'none' } | { kind: 'taken' };

async function publish(
  { client }: ArchiveKeeper,
  archive: PostgresArchive,
  { access: { keys }, destination }: { access: BucketAccess; destination: Destination },
): Promise<Published> {
  if (!keys || !archive.spec.claim) return { kind: 'none' };
  const { endpoint, region, bucket, serverName, ca = '' } = destination;
  const store = { endpoint, region, destinationPath: `s3://${bucket}`, serverName, ca };
  const written = await ensureReadKey({ client, keys, bucket, archive }, store);
  return written ? { kind: 'written', ...written } : { kind: 'taken' };
}

function secretFindings({ spec }: PostgresArchive, published: Published): Finding[] {
  if (!spec.claim || published.kind !== 'taken') return [];
  const { namespace, name } = spec.claim;
  const message = `the secret ${namespace}/${readSecretName(name)} exists and isn’t of these backups: remove it, and it is written with the key that reads them`;
  return [{ type: 'BackupSecretWritten', status: 'False', reason: 'SecretTaken', message }];
}

function factsOf(
  { status }: PostgresArchive,
  { holdings, next }: BackupsPlan,
  state: ReturnType<typeof findLogState>,
): Partial<NonNullable<PostgresArchive['status']>> {
  return {
    backups: holdings?.backups ?? status?.backups ?? [],
    recoverable: reachable(holdings?.range ?? status?.recoverable, state?.archivedUpTo),
    nextBackup: next?.toISOString(),
  };
}

function storeOf(
  { endpoint, bucket, serverName }: Destination,
  published: Published,
): NonNullable<PostgresArchive['status']>['backupStore'] {
  const store = { endpoint, destinationPath: `s3://${bucket}`, serverName };
  return published.kind === 'written' ? { ...store, secretName: published.secretName } : store;
}

/** The range grows with each WAL file that is stored, unless one lacks. */
function reachable(
  range: { from: string; to: string; missing?: string } | undefined,
  stored: string | undefined,
): { from: string; to: string } | undefined {
  if (!range) return undefined;
  const { from, to, missing } = range;
  return { from, to: missing === undefined && stored !== undefined && stored > to ? stored : to };
}

/** The server is gone, or shall not be backed up any more: what is in the bucket stays for its time. */
async function remove(keeper: ArchiveKeeper, archive: PostgresArchive): Promise<undefined> {
  const { client, clock, home, runner } = keeper;
  const { name, deletionTimestamp, annotations } = archive.metadata;
  runner.forget(name);
  removeOrder(home, 'archives', name);
  const found = await findAccess(keeper, name);
  // Those of a bucket that can't be reached now go with the bucket.
  const of =
    found.kind === 'access' ? { keys: found.access.keys, bucket: found.access.place.bucket } : { bucket: name };
  await removeKeys({ client, archive, ...of });
  const deletedAt = new Date(deletionTimestamp ?? clock());
  const until = new Date(deletedAt.getTime() + archive.spec.keepAfterDeletionSeconds * 1_000);
  const unflushed = annotations?.[UNFLUSHED_ANNOTATION];
  await keepBackupBucket(client, name, { deletedAt, until, ...(unflushed === undefined ? {} : { unflushed }) });
  await removeFinalizer(client, archive, ARCHIVE_FINALIZER);
  return undefined;
}
