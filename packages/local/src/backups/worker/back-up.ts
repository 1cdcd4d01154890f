/** One base backup: cleans up after one that was cut short, copies, removes what nobody needs any more, and says what is there then. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  archiveKeys,
  openStore,
  planRetention,
  readArchivedLog,
  readCatalogue,
  recoverableRange,
  removeBackup,
  writeBackup,
  type Backup as StoredBackup,
  type Store,
} from '@larder/archive';
import type { Backup } from '@larder/catalog';
import { Quantity } from '@larder/kube';
import { connect, findImpostor, type Session } from '@larder/postgres';
import { tryLock, type FileLock } from '../../process/lock.ts';
import type { Holdings, WorkerOrder, WorkerProgress } from './protocol.ts';

export interface BackUpOptions {
  order: WorkerOrder;
  progress: (seen: WorkerProgress) => void;
  signal: AbortSignal;
}

/** @throws Error in words for the claim's owner; then there is no new backup */
export async function backUp({ order, progress, signal }: BackUpOptions): Promise<Holdings> {
  const lock = await lockFor(order.lock, { progress, signal });
  const archive = openStore(order.destination);
  const owner = openStore({ ...order.destination, ...order.owner });
  try {
    await prepare(owner, order, signal);
    const session = await logIn(order);
    let skipped: string[] = [];
    try {
      const { account, data } = order;
      const written = await writeBackup({ store: archive, session, account, data, progress, signal });
      skipped = written.skipped.map(({ path }) => path);
    } finally {
      await session.close().catch(() => undefined);
    }
    const retentionError = await applyRetention(owner, order, signal).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { ...(await holdings(owner, signal)), skipped, ...(retentionError === undefined ? {} : { retentionError }) };
  } finally {
    archive.close();
    owner.close();
    lock.release();
  }
}

/** A worker may outlive a plane that was killed by some moments. */
const LOCK_MS = 30_000;

async function lockFor(path: string, { progress, signal }: Omit<BackUpOptions, 'order'>): Promise<FileLock> {
  for (const deadline = performance.now() + LOCK_MS; performance.now() < deadline;) {
    const lock = tryLock(path);
    if (lock) return lock;
    progress({ phase: 'inLine', bytes: 0, total: 0 });
    await delay(250, undefined, { signal });
  }
  throw new Error(`another backup of this server is still at work and keeps "${path}" locked; end its process`);
}

/** Who has the lock is alone: what isn't finished now never will be. */
async function prepare(store: Store, { server }: WorkerOrder, signal: AbortSignal): Promise<void> {
  const { backups, unfinished } = await readCatalogue(store, signal);
  const other = backups.find(
    ({ info }) => (info.systemIdentifier ?? server.systemIdentifier) !== server.systemIdentifier,
  );
  if (other) {
    const { serverName, bucket } = store.destination;
    throw new Error(
      `"${serverName}" in bucket "${bucket}" is the archive of another server: its backup ${other.id} is of the system ` +
        `${other.info.systemIdentifier}, and this server is ${server.systemIdentifier}; archive under another name`,
    );
  }
  await store.abortUploads(archiveKeys(store.destination).base, { signal });
  for (const { keys } of unfinished) await store.remove(keys);
}

async function logIn({ session: at, server }: WorkerOrder): Promise<Session> {
  const { socketFolder, port, user, password } = at;
  const session = await connect({ socketFolder, port }, { user, password, database: 'postgres' });
  const impostor = await findImpostor(session, server);
  if (impostor === undefined) {
    // A backup begins with a checkpoint and copies for as long as it takes.
    await session.rows('SET statement_timeout = 0');
    await session.rows('SET idle_session_timeout = 0');
    return session;
  }
  await session.close();
  throw new Error(`another server answers in this one’s place: ${impostor}`);
}

async function applyRetention(store: Store, { retention, now }: WorkerOrder, signal: AbortSignal): Promise<void> {
  const catalogue = await readCatalogue(store, signal);
  const walKeys: string[] = [];
  for await (const entry of store.list(archiveKeys(store.destination).wals, { signal }))
    if (entry.kind === 'object') walKeys.push(entry.key);
  const plan = planRetention(catalogue, walKeys, retention, new Date(now));
  for (const id of plan.backups) await removeBackup(store, id);
  await store.remove(plan.wals);
}

async function holdings(
  store: Store,
  signal: AbortSignal,
): Promise<Pick<Holdings, 'backups' | 'range' | 'serverName'>> {
  const { backups } = await readCatalogue(store, signal);
  const range = recoverableRange(backups, await readArchivedLog(store, signal));
  return {
    serverName: store.destination.serverName,
    backups: backups.map(described).reverse(),
    ...(range ? { range: { ...range, from: range.from.toISOString(), to: range.to.toISOString() } } : {}),
  };
}

function described({ id, info, storedBytes }: StoredBackup): Backup {
  return {
    name: id,
    time: info.endTime.toISOString(),
    size: new Quantity(BigInt(Math.ceil(storedBytes / 1024)) * 1024n * 1_000_000_000n, 'BinarySI').format(),
    firstWal: info.beginWal,
    lastWal: info.endWal,
  };
}
