/** Measures what servers use, and keeps one that is all but full from writing on. Looks often only where space goes. */
import { statfs } from 'node:fs/promises';
import { run } from '@larder/postgres';
import { planeSession } from './login.ts';
import { findRecord, writeRecord, type InstanceRecord } from './record.ts';
import { storageLevel } from './storage.ts';
import type { Memory, Work } from './work.ts';

/** A measurement is due after so long, or when the disk has lost as much as the instance may still take before its next limit. */
const DUE_MS = 60_000;

/** Free bytes of the disk that holds `folder`. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Whether what is known of this server's storage may be wrong by now. */
export function isMeasureDue({ storage }: Memory, free: number): boolean {
  if (!storage || storage.level === 'full') return true;
  if (performance.now() - storage.at >= DUE_MS) return true;
  const limit = (storage.level === 'ok' ? 0.85 : 0.95) * storage.size;
  return storage.free - free > Math.max(1, limit - storage.used) / 2;
}

/** Measures, and notes when a limit is crossed: the reconcile that follows acts on the record. */
export async function measureStorage(work: Work, free: number): Promise<void> {
  const { memory, object, place } = work;
  const record = await findRecord(place);
  if (!record?.systemIdentifier) return;
  // A folder that can't be counted is a matter of its own: the reconcile that follows says what is wrong with it.
  const used = await usedBytes(work, record).catch(() => undefined);
  if (used === undefined) return;
  const size = object.spec.storageBytes;
  const level = storageLevel(used, size);
  memory.storage = { used, size, level, free, at: performance.now() };
  const readOnly = level === 'full';
  if (readOnly !== (record.readOnly ?? false)) await writeRecord(place, { ...record, readOnly });
  else if (readOnly) await endWriters(work, record);
}

/** Counted by the server's own account: only that one can look, and only into what is its own. */
async function usedBytes({ place }: Work, { account }: InstanceRecord): Promise<number> {
  const said = await run('du', ['-sk', '-x', place.data, place.log], { account: account ?? undefined });
  return [...said.matchAll(/^(\d+)\s/gm)].reduce((sum, match) => sum + Number(match[1]) * 1024, 0);
}

/** Ends sessions that have written in a transaction, but for those whose owner has switched writing on again to free space. */
export async function endWriters(work: Work, record: InstanceRecord): Promise<void> {
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
