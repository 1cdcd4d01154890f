/** Makes one backup of a server, in a worker process of its own. */
import { join } from 'node:path';
import { LOCAL_API_VERSION, type PostgresArchive } from '@larder/catalog';
import { PLANE_ROLE } from '@larder/postgres';
import { findRecord, placeOf, socketFolder, socketRoot } from '../servers/index.ts';
import { findOrder } from '../storage/archives.ts';
import { findAccess } from '../buckets/access.ts';
import type { ArchiveKeeper } from './options.ts';
import type { Holdings, WorkerOrder, WorkerProgress } from './worker/protocol.ts';
import { runWorker } from './worker/run-worker.ts';

type Keeper = Omit<ArchiveKeeper, 'runner'>;

/** @throws Error in words for the claim's owner */
export async function makeBackup(
  options: Keeper,
  server: string,
  { progress, signal }: { progress: (seen: WorkerProgress) => void; signal: AbortSignal },
): Promise<Holdings> {
  return runWorker(await orderFor(options, server), { progress, signal });
}

async function orderFor(keeper: Keeper, server: string): Promise<WorkerOrder> {
  const { client, clock, home } = keeper;
  const archive = await client.get<PostgresArchive>({
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresArchive',
    name: server,
  });
  const place = placeOf(home, server);
  const record = await findRecord(place);
  const order = findOrder(home, 'archives', server);
  const found = await findAccess(keeper, server);
  if (found.kind === 'waiting') throw new Error(found.message);
  if (!order) throw new Error('the bucket isn’t served yet');
  const { owner } = found.access;
  if (!record?.systemIdentifier || record.firstPassword !== undefined) throw new Error('the server isn’t ready yet');
  const { keepLast, retentionSeconds = 604_800 } = archive.spec;
  return {
    destination: order.destination,
    owner,
    session: {
      socketFolder: socketFolder(socketRoot(home.folder), record.port),
      port: record.port,
      user: PLANE_ROLE,
      password: record.planePassword,
    },
    server: { systemIdentifier: record.systemIdentifier, incarnation: record.incarnation },
    ...(record.account ? { account: { uid: record.account.uid, gid: record.account.gid } } : {}),
    data: place.data,
    lock: join(place.folder, 'backup.lock'),
    retention: keepLast === undefined ? { windowMs: retentionSeconds * 1_000 } : { count: keepLast },
    now: clock().toISOString(),
  };
}
