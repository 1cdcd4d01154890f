/**
 * One restore drill: as if the server were lost at this moment, its newest backup is restored aside, looked at from all sides, and thrown
 * away. What it can't find out is told apart from what it finds wrong.
 */
import { statfs } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  openStore,
  reachOf,
  readArchivedLog,
  readCatalogue,
  recoverableRange,
  verifyPages,
  type Backup,
  type Store,
} from '@larder/archive';
import { chooseBackup } from '../../backups/choose-backup.ts';
import { findRestoreState, type RestoreOrder, type RestoreProgress } from '../../servers/restore/order.ts';
import { performRestore, serving, type Performing } from '../../servers/restore/perform.ts';
import { examine } from './examine.ts';
import { lossOf } from './loss.ts';
import { STAGING, type DrillFindings, type DrillOrder } from './protocol.ts';
import { askSource, reachesBucket, type Asked } from './source.ts';
import { isOfTheWorld, NotDoneError } from './verdict.ts';
import { counted, durationText, mebibytes } from './words.ts';

export interface Drill {
  order: DrillOrder;
  tell: (progress: string) => void;
  signal: AbortSignal;
  /** What the side server's process must go through before it becomes one. */
  admit?: (pid: number) => Promise<void>;
}

/** What was found, whatever it is. @throws Error only when it was cut short */
export async function holdDrill(drill: Drill): Promise<DrillFindings> {
  const store = openStore(drill.order.destination);
  const facts: Partial<DrillFindings> = {};
  try {
    const checks = await hold(drill, store, facts);
    return { result: 'Passed', ...facts, checks };
  } catch (error) {
    drill.signal.throwIfAborted();
    return await judge(store, facts, error as Error);
  } finally {
    store.close();
  }
}

async function hold(drill: Drill, store: Store, facts: Partial<DrillFindings>): Promise<string[]> {
  const { order, tell } = drill;
  tell('the bucket is read');
  const held = { catalogue: await readCatalogue(store), log: await readArchivedLog(store) };
  const chosen = chooseBackup({}, held, new Date());
  if (chosen.kind === 'refused') throw new NotDoneError('there is no backup that is complete yet');
  const { backup } = chosen;
  Object.assign(facts, { backupName: backup.id, backupTime: backup.info.endTime.toISOString() });
  await checkRoom(order, backup);
  const now = new Date();
  const asked = await ask(drill);
  const { to: upTo } = recoverableRange([backup], held.log)!;
  const { lastWal } = reachOf(backup, held.log)!;
  const position = 'point' in asked ? asked.position : undefined;
  facts.dataLoss = durationText(lossOf({ now, upTo, lastWal, position }));
  const point = 'point' in asked ? await awaited(drill, store, asked) : undefined;
  const unknown = 'point' in asked ? LATE : asked.unknown;
  return restoreAndExamine(drill, backup, facts, point ? { ...point } : { catalogue: { unknown } });
}

const LATE = 'the WAL that it wrote last did not reach the bucket in time';

/** The server that the backup is of; why it couldn't be asked is no fault of the backup. */
async function ask({ order, tell }: Drill): Promise<Asked | { unknown: string }> {
  if (!order.source) return { unknown: 'it was not running' };
  tell('the server is asked what the restored one must be like');
  return askSource(order.source).catch((error: Error) => ({ unknown: `it could not be asked: ${error.message}` }));
}

const WAL_MS = 60_000;

async function awaited(
  { tell, signal }: Drill,
  store: Store,
  { point, catalogue }: Asked,
): Promise<{ name: string; catalogue: Asked['catalogue'] } | undefined> {
  tell(`the WAL up to now is awaited in the bucket: ${point.wal}`);
  const came = await reachesBucket(store, point.wal, { timeoutMs: WAL_MS, signal });
  return came ? { name: point.name, catalogue } : undefined;
}

/** What it will take, with its log replayed: no more than the server itself may have. */
async function checkRoom({ folder, storageBytes, floorBytes }: DrillOrder, { info }: Backup): Promise<void> {
  const needed = Math.min(storageBytes, Math.ceil((info.size ?? storageBytes) * 1.2) + SPARE_BYTES);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize - floorBytes;
  if (free >= needed) return;
  throw new NotDoneError(
    `there is not enough room on the disk: a drill takes about ${mebibytes(needed)} MiB, and ${mebibytes(Math.max(0, free))} MiB may be used; free some`,
  );
}

/** For the log that is replayed. */
const SPARE_BYTES = 192 * 2 ** 20;

async function restoreAndExamine(
  drill: Drill,
  backup: Backup,
  facts: Partial<DrillFindings>,
  point: { name?: string; catalogue: Asked['catalogue'] },
): Promise<string[]> {
  const { order, tell, signal, admit } = drill;
  const work: Performing = {
    order: restoreOrder(order, backup.id, point.name),
    tell: progress => tell(wordsOf(progress, backup.id)),
    ...{ signal, admit },
  };
  const begun = performance.now();
  await performRestore(work);
  const restoredMs = performance.now() - begun;
  const missed = point.name !== undefined && (await hadNoPoint(order));
  const pages = await checkPages(drill);
  const starting = performance.now();
  const { socketFolder, port, planePassword: password } = work.order;
  let checks: string[] = [];
  await serving({ ...work, letsOwnerIn: true }, {}, async () => {
    facts.recoveryTime = durationText(restoredMs + performance.now() - starting);
    const { database, owner, query } = order;
    const catalogue = missed ? { unknown: LATE } : point.catalogue;
    const endpoint = { socketFolder, port };
    checks = await examine({ endpoint, password, database, owner, query, catalogue, tell, signal });
  });
  return [pages, ...checks];
}

/** The log ended before the restore point, so that all of it was replayed. */
async function hadNoPoint({ folder }: DrillOrder): Promise<boolean> {
  return (await findRestoreState(folder))?.missing !== undefined;
}

/** Nothing listens on it: it only names the socket. */
const PORT = 5432;

const MOST_BUFFERS = 128 * 2 ** 20;

function restoreOrder(order: DrillOrder, backupId: string, targetName: string | undefined): RestoreOrder {
  const { folder, bin, major, account, socketFolder, destination, database, owner } = order;
  return {
    ...{ folder, bin, major, account, socketFolder, destination, database, owner, backupId },
    ...(targetName === undefined ? {} : { targetName }),
    staging: join(folder, STAGING),
    port: PORT,
    settings: { ...order.settings, ...modest(order.settings), cluster_name: 'drill', 'larder.incarnation': 'drill' },
    planePassword: randomBytes(24).toString('base64url'),
  };
}

/** Memory that the servers on this machine were promised is theirs. */
function modest({ shared_buffers: buffers = '' }: Record<string, string>): Record<string, string> {
  const [, amount = '', unit = ''] = /^(\d+)\s*(kB|MB|GB|TB)$/.exec(buffers) ?? [];
  const bytes = Number(amount) * ({ kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }[unit] ?? Infinity);
  return bytes <= MOST_BUFFERS && amount !== '' ? {} : { shared_buffers: `${MOST_BUFFERS / 2 ** 20}MB` };
}

async function checkPages({ order, tell, signal }: Drill): Promise<string> {
  tell('the checksums of all pages are checked');
  const data = join(order.folder, STAGING);
  const { pages, files, damaged } = await verifyPages({ data, account: order.account ?? undefined, signal });
  const [first] = damaged;
  if (!first) return `pages: all ${counted(pages, 'page')} in ${counted(files, 'file')} have the right checksum`;
  const more = damaged.length > 1 ? `, and ${counted(damaged.length - 1, 'more file')}` : '';
  throw new Error(
    `the file ${first.path} has ${counted(first.count, 'damaged page')} (block ${first.blocks.join(', ')})${more}`,
  );
}

async function judge(store: Store, facts: Partial<DrillFindings>, error: Error): Promise<DrillFindings> {
  const trouble = await store.check().then(
    () => undefined,
    (unavailable: Error) => unavailable,
  );
  if (trouble || isOfTheWorld(error)) {
    const why = trouble && !isOfTheWorld(error) ? trouble.message : error.message;
    return { result: 'NotDone', ...facts, message: `The drill could not be held: ${why}.` };
  }
  return { result: 'Failed', ...facts, message: `${error.message}.`.replace(/\.\.$/, '.') };
}

function wordsOf(progress: RestoreProgress, backup: string): string {
  switch (progress.phase) {
    case 'fetching':
      return `backup ${backup} is fetched: ${mebibytes(progress.bytes)} of ${mebibytes(progress.total)} MiB`;
    case 'recovering': {
      const { wal, trouble } = progress;
      const at = wal === undefined ? '' : `: ${wal} was fetched last`;
      return `the WAL since backup ${backup} is replayed${at}${trouble === undefined ? '' : `; ${trouble}`}`;
    }
    case 'securing':
      return 'the WAL is replayed, and the restored server is opened';
  }
}
