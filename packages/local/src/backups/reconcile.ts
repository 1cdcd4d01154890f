/** The backups of one server, from whatever they are to what their object says. Runs as often as anybody likes. */
import { LOCAL_API_VERSION, type PostgresArchive, type PostgresServer } from '@larder/catalog';
import { addFinalizer, isConditionTrue, refOfKey, removeFinalizer, type ReconcileResult } from '@larder/controller';
import type { Destination } from '@larder/archive';
import { REGION } from '../buckets/credentials.ts';
import { UNFLUSHED_ANNOTATION } from '../servers/archiving.ts';
import { findRecord, placeOf, type InstanceRecord } from '../servers/index.ts';
import { findLogState, removeOrder, writeOrder, type LogOrder } from '../storage/archives.ts';
import { bucketOwnerKey, ensureBackupBucket, keepBackupBucket, type Identity } from './bucket.ts';
import { archiveFinding, notYet, type Finding } from './findings.ts';
import { ensureArchiveKey, ensureReadKey, readSecretName, removeKeys } from './keys.ts';
import type { ArchiveKeeper } from './options.ts';
import { planBackups, type BackupsPlan } from './plan.ts';
import { writeArchiveStatus } from './status.ts';

export const ARCHIVE_FINALIZER = 'local.larder.dev/postgres-archive';

const ARCHIVE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive' };
const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };

/** How soon to look again at what waits for something that nobody tells us of (ms). */
const SOON_MS = 2_000;

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
  return bring(keeper, archive, { server, record });
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
  archive: PostgresArchive,
  running: Running,
): Promise<ReconcileResult | undefined> {
  const { client, home, storage } = keeper;
  const { name } = archive.metadata;
  const identity = await identityOf(keeper, archive, running.record);
  await ensureBackupBucket(client, identity);
  const owner = await bucketOwnerKey(client, name);
  const endpoint = storage.endpoint();
  if (!owner || !endpoint) {
    const message = storage.problem() || 'The bucket is being made.';
    const state = archive.status?.archive ? archiveTrouble(message) : notYet('BucketNotReady', message);
    await writeArchiveStatus(keeper, archive, { findings: state });
    return { requeueAfterMs: SOON_MS };
  }
  const destination = await destinationOf(keeper, archive, { identity, url: endpoint.url });
  writeOrder(home, 'archives', orderFor(keeper, running, destination));
  const secretName = await publish(keeper, archive, destination);
  const plan = planBackups({ archive, runner: keeper.runner, now: keeper.clock(), isArchiving: isArchiving(running) });
  if (plan.request) keeper.runner.request(name, 'schedule');
  const state = findLogState(home, 'archives', name);
  const findings = [...plan.findings(keeper.runner.state(name)), archiveFinding(state, isArchiving(running))];
  await writeArchiveStatus(keeper, archive, {
    findings: [...findings, ...secretFindings(archive, secretName)],
    facts: { ...factsOf(archive, plan, state), backupStore: storeOf(destination, secretName) },
    state,
    run: keeper.runner.state(name),
  });
  return { requeueAfterMs: Math.min(LONGEST_WAIT_MS, Math.max(200, plan.waitMs)) };
}

function isArchiving({ server, record }: Running): boolean {
  return record.archiving === true && server.status?.archiving === true;
}

function archiveTrouble(message: string): Finding[] {
  return [{ type: 'ArchiveHealthy', status: 'False', reason: 'StoreNotServing', message }];
}

/** A server that is restored or upgraded gets another: an archive has one history. */
async function identityOf(
  { client }: ArchiveKeeper,
  { metadata, spec }: PostgresArchive,
  record: InstanceRecord,
): Promise<Identity> {
  const major = record.binaries?.version.split('.')[0] ?? '0';
  const serverName = `${metadata.name}-${major}-1`;
  if (!spec.claim) return { server: metadata.name, serverName };
  const namespace = await client.find({ apiVersion: 'v1', kind: 'Namespace', name: spec.claim.namespace });
  return {
    server: metadata.name,
    serverName,
    claim: { ...spec.claim, namespaceUid: namespace?.metadata.uid ?? '' },
  };
}

async function destinationOf(
  { client, keys, pki }: ArchiveKeeper,
  archive: PostgresArchive,
  { identity, url }: { identity: Identity; url: string },
): Promise<Destination> {
  const { accessKeyId, secretAccessKey } = await ensureArchiveKey({ client, keys, archive });
  return {
    endpoint: url,
    region: REGION,
    bucket: identity.server,
    prefix: '',
    serverName: identity.serverName,
    accessKeyId,
    secretAccessKey,
    ca: pki.caCertificate,
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

async function publish(
  { client, keys }: ArchiveKeeper,
  archive: PostgresArchive,
  { endpoint, region, bucket, serverName, ca = '' }: Destination,
): Promise<string | undefined> {
  const store = { endpoint, region, destinationPath: `s3://${bucket}`, serverName, ca };
  return ensureReadKey({ client, keys, archive }, store);
}

function secretFindings({ spec }: PostgresArchive, secretName: string | undefined): Finding[] {
  if (!spec.claim || secretName !== undefined) return [];
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
  secretName: string | undefined,
): NonNullable<PostgresArchive['status']>['backupStore'] {
  const store = { endpoint, destinationPath: `s3://${bucket}`, serverName };
  return secretName === undefined ? store : { ...store, secretName };
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
  const { client, clock, home, keys, runner } = keeper;
  const { name, deletionTimestamp, annotations } = archive.metadata;
  runner.forget(name);
  removeOrder(home, 'archives', name);
  await removeKeys({ client, keys, archive });
  const deletedAt = new Date(deletionTimestamp ?? clock());
  const until = new Date(deletedAt.getTime() + archive.spec.keepAfterDeletionSeconds * 1_000);
  const unflushed = annotations?.[UNFLUSHED_ANNOTATION];
  await keepBackupBucket(client, name, { deletedAt, until, ...(unflushed === undefined ? {} : { unflushed }) });
  await removeFinalizer(client, archive, ARCHIVE_FINALIZER);
  return undefined;
}
