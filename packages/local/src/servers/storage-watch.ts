/** Measures what servers use, and keeps one that is all but full from writing on. Looks often only where space goes. */
import { statfs } from 'node:fs/promises';
import type { Disk } from './disk.ts';
import { removeOldLogs } from './logs.ts';
import { planeSession } from './login.ts';
import { placeOf } from './place.ts';
import { findRecord, writeRecord, type InstanceRecord } from './record.ts';
import { inMebibytes, storageLevel } from './storage.ts';
import { usedByMany, usedBytes, type Countable } from './usage.ts';
import type { MeasuredStorage, Memory, Plane, Work } from './work.ts';

/** A measurement is due after so long, or when the disk has lost as much as the instance may still take before its next limit. */
const DUE_MS = 60_000;

/** Whether what is known of this server's storage may be badly wrong by now, so that it can't wait for the others. */
export function isMeasureUrgent({ storage }: Memory, disk: Disk): boolean {
  if (!storage || storage.readOnly) return true;
  const lost = storage.free - disk.free;
  if (disk.isScarce && lost > disk.floor / 16) return true;
  const limit = (storage.level === 'ok' ? 0.85 : 0.95) * storage.size;
  return lost > Math.max(1, limit - storage.used) / 2;
}

/** Whether it is time to measure all. */
export function isMeasureDue({ storage }: Memory): boolean {
  return storage !== undefined && performance.now() - storage.at >= DUE_MS;
}

/** Measures, and notes in the record whether sessions may write: the reconcile that follows acts on it. */
export async function measureStorage(work: Work): Promise<void> {
  const { memory, object, place, plane } = work;
  const record = await findRecord(place);
  if (!record?.systemIdentifier) return;
  const { free } = plane.disk;
  await removeOldLogs(work, record).catch(() => undefined);
  // A folder that can't be counted is a matter of its own: the reconcile that follows says what is wrong with it.
  const used = await usedBytes({ place, account: record.account }).catch(() => undefined);
  if (used === undefined) return;
  memory.storage = judged(plane, object.metadata.name, { used, free, size: object.spec.storageBytes }, memory.storage);
  const { readOnly } = memory.storage;
  if (readOnly !== (record.readOnly ?? false)) await writeRecord(place, { ...record, readOnly });
}

function judged(
  { disk }: Pick<Plane, 'disk'>,
  server: string,
  { used, free, size }: Pick<MeasuredStorage, 'used' | 'free' | 'size'>,
  before: MeasuredStorage | undefined,
): MeasuredStorage {
  const level = storageLevel(used, size);
  const readOnly = level === 'full' || disk.holds(server);
  const usedBefore = disk.isScarce ? Math.min(used, before?.usedBefore ?? used) : used;
  return { used, usedBefore, size, level, readOnly, free, at: performance.now() };
}

/**
 * Measures all these servers at once. Returns those of which something else has to be said or done than before: for a reconcile, which
 * measures those again that may not go on as they did.
 */
export async function measureAll(
  plane: Pick<Plane, 'disk' | 'home'>,
  memories: ReadonlyMap<string, Memory>,
): Promise<string[]> {
  const { free } = plane.disk;
  const found = await Promise.all([...memories.keys()].map(name => countable(plane.home, name)));
  const used = await usedByMany(found.filter(each => each !== undefined));
  return [...memories].flatMap(([name, memory]) => {
    const { storage } = memory;
    if (!storage) return [];
    const now = used.get(name);
    // One that can't be counted isn't tried again at once; the reconcile says what is wrong with it.
    memory.storage = { ...storage, at: performance.now() };
    if (now === undefined) return [name];
    const fresh = judged(plane, name, { used: now, free, size: storage.size }, storage);
    if (fresh.level !== storage.level || fresh.readOnly !== storage.readOnly) {
      memory.storage.isDoubted = true;
      return [name];
    }
    memory.storage = fresh;
    return inMebibytes(fresh.used) === inMebibytes(storage.used) ? [] : [name];
  });
}

/** With the logs cleared away that are too many: they count. */
async function countable(home: Plane['home'], name: string): Promise<Countable | undefined> {
  const place = placeOf(home, name);
  const record = await findRecord(place).catch(() => undefined);
  if (!record?.systemIdentifier) return undefined;
  await removeOldLogs({ place }, record).catch(() => undefined);
  return { name, place, account: record.account };
}

/** Whether what is known says otherwise than the disk by now. Those that are well are measured with all others, in time. */
export function isStorageStale({ memory, object, plane }: Work): boolean {
  const { storage } = memory;
  if (storage?.size !== object.spec.storageBytes || isMeasureUrgent(memory, plane.disk)) return true;
  if (storage.isDoubted || performance.now() - storage.at >= 2 * DUE_MS) return true;
  return plane.disk.holds(object.metadata.name) && !storage.readOnly;
}

/**
 * Ends sessions that have written in a transaction while the server is read-only, but for those whose owner has switched writing on
 * again to free space. Call it for a server that takes connections.
 */
export async function endWriters(work: Work, record: InstanceRecord): Promise<void> {
  if (!record.readOnly) return;
  const session = await planeSession(work, record);
  try {
    await session.rows(
      `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE backend_xid IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
          AND query !~* '^\\s*(delete|truncate|drop|vacuum|reindex|cluster)'`,
    );
  } finally {
    await session.close();
  }
}

/** Free bytes of the disk that holds `folder`. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
