/** Holds one drill of a server's backups, in a process of its own. */
import { chmod, chown, mkdir, rm, statfs } from 'node:fs/promises';
import { LOCAL_API_VERSION, type PostgresArchive, type PostgresServer } from '@larder/catalog';
import { isConditionTrue } from '@larder/controller';
import { ensureBinaries, listVersions, parseVersion, type Binaries } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import {
  claimAccount,
  findRecord,
  placeOf,
  reserveOf,
  socketFolder,
  socketRoot,
  type InstanceRecord,
} from '../servers/index.ts';
import { findOrder } from '../storage/archives.ts';
import type { DrillsOptions } from './options.ts';
import { clearDrills, drillSocketFolder, makeDrillFolder } from './place.ts';
import type { DrillFindings, DrillOrder, DrillSource } from './worker/protocol.ts';
import { runDrill } from './worker/start.ts';

/** @throws Error in words for the claim's owner: nothing was found out then */
export async function holdDrill(
  options: DrillsOptions,
  server: string,
  { progress, signal }: { progress: (seen: string) => void; signal: AbortSignal },
): Promise<DrillFindings> {
  const { home, accounts } = options;
  progress('it is prepared');
  // Before as well: the last one may have been killed.
  await clearDrills(home, accounts);
  try {
    return await runDrill(await orderFor(options, server), { progress, signal });
  } finally {
    await clearDrills(home, accounts);
  }
}

async function orderFor(options: DrillsOptions, server: string): Promise<DrillOrder> {
  const { client, home } = options;
  const ref = { apiVersion: LOCAL_API_VERSION, name: server };
  const archive = await client.get<PostgresArchive>({ ...ref, kind: 'PostgresArchive' });
  const object = await client.find<PostgresServer>({ ...ref, kind: 'PostgresServer' });
  const record = await findRecord(placeOf(home, server));
  const order = findOrder(home, 'archives', server);
  if (!object || !record?.binaries || !record.settings || !order) throw new Error('the server has no backups yet');
  const { bin, version } = await binariesOf(home, record, options.signal);
  const folder = await makeDrillFolder(home);
  const account = record.account ? ((await claimAccount({ holder: folder, folder: options.accounts })) ?? null) : null;
  const { memoryBytes, milliCpu, storageBytes, database, owner } = object.spec;
  const query = archive.spec.drill?.query;
  const source = sourceOf(home, object, record);
  return {
    ...{ home: home.folder, folder, account, bin, storageBytes, database, owner },
    socketFolder: await makeSocketFolder(home, account),
    major: parseVersion(version)?.major ?? 0,
    settings: record.settings,
    limits: { memoryBytes, milliCpu },
    floorBytes: await floorOf(home),
    destination: order.destination,
    ...(query === undefined ? {} : { query }),
    ...(source ? { source } : {}),
  };
}

/** Those that the server runs on. */
async function binariesOf({ versions }: Home, { binaries }: InstanceRecord, signal: AbortSignal): Promise<Binaries> {
  const offers = (await listVersions({ folder: versions })).filter(({ version }) => version === binaries?.version);
  const offer = offers.find(({ source }) => source === binaries?.source) ?? offers[0];
  if (!offer) throw new Error(`PostgreSQL ${binaries?.version} is not on offer any more`);
  return ensureBinaries({ folder: versions }, offer, { signal });
}

function sourceOf(home: Home, { status }: PostgresServer, record: InstanceRecord): DrillSource | undefined {
  const { port, planePassword: password, systemIdentifier, incarnation, firstPassword } = record;
  const isReady = isConditionTrue(status?.conditions ?? [], 'Ready');
  if (!isReady || systemIdentifier === undefined || firstPassword !== undefined) return undefined;
  return { socketFolder: socketFolder(socketRoot(home.folder), port), port, password, systemIdentifier, incarnation };
}

async function makeSocketFolder(home: Home, account: DrillOrder['account']): Promise<string> {
  const root = socketRoot(home.folder);
  const folder = drillSocketFolder(home);
  await mkdir(root, { recursive: true, mode: 0o711 });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  await chmod(folder, 0o700);
  if (account) await chown(folder, account.uid, account.gid);
  return folder;
}

/** A drill makes no server stop writing. */
async function floorOf({ folder }: Home): Promise<number> {
  const { blocks, bsize } = await statfs(folder);
  const { floor, ballast } = reserveOf(blocks * bsize);
  return floor * 2 + ballast;
}
