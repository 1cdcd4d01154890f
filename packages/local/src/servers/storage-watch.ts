/** Measures what servers use, and keeps one that is all but full from writing on. Looks often only where space goes. */
import { statfs } from 'node:fs/promises';
import { run } from '@larder/postgres';
import type { Disk } from './disk.ts';
import { removeOldLogs } from './logs.ts';
import { planeSession } from './login.ts';
import { findRecord, writeRecord, type InstanceRecord } from './record.ts';
import { storageLevel } from './storage.ts';
import type { Memory, Work } from './work.ts';

/** A measurement is due after so long, or when the disk has lost as much as the instance may still take before its next limit. */
const DUE_MS = 60_000;

/** Whether what is known of this server's storage may be wrong by now. */
export function isMeasureDue({ storage }: Memory, disk: Disk): boolean {
  if (!storage || storage.readOnly) return true;
  if (performance.now() - storage.at >= DUE_MS) return true;
  const lost = storage.free - disk.free;
  if (disk.isScarce && lost > disk.floor / 16) return true;
  const limit = (storage.level === 'ok' ? 0.85 : 0.95) * storage.size;
  return lost > Math.max(1, limit - storage.used) / 2;
}

/** Measures, and notes in the record whether sessions may write: the reconcile that follows acts on it. */
export async function measureStorage(work: Work): Promise<void> {
  const { memory, object, place, plane } = work;
  const record = await findRecord(place);
  if (!record?.systemIdentifier) return;
  const { free } = plane.disk;
  await removeOldLogs(work, record).catch(() => undefined);
  // A folder that can't be counted is a matter of its own: the reconcile that follows says what is wrong with it.
  const used = await usedBytes(work, record).catch(() => undefined);
  if (used === undefined) return;
  const size = object.spec.storageBytes;
  const level = storageLevel(used, size);
  const readOnly = level === 'full' || plane.disk.holds(object.metadata.name);
  const usedBefore = plane.disk.isScarce ? Math.min(used, memory.storage?.usedBefore ?? used) : used;
  memory.storage = { used, usedBefore, size, level, readOnly, free, at: performance.now() };
  if (readOnly !== (record.readOnly ?? false)) await writeRecord(place, { ...record, readOnly });
}

/** Whether what is known says otherwise than the disk by now. */
export function isStorageStale({ memory, object, plane }: Work): boolean {
  const { storage } = memory;
  if (storage?.size !== object.spec.storageBytes || isMeasureDue(memory, plane.disk)) return true;
  return plane.disk.holds(object.metadata.name) && !storage.readOnly;
}

/** Counted by the server's own account: only that one can look, and only into what is its own. */
async function usedBytes({ place }: Work, { account }: InstanceRecord): Promise<number> {
  const said = await run('du', ['-sk', '-x', place.data, place.log], { account: account ?? undefined });
  return [...said.matchAll(/^(\d+)\s/gm)].reduce((sum, match) => sum + Number(match[1]) * 1024, 0);
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
