/** How long things took the last time: nothing begins in a window that would not end in it. Pure. */
import type { PostgresArchive, PostgresServer } from '@larder/catalog';

/** Where nothing was measured yet (ms). */
const UNKNOWN_BACKUP_MS = 60_000;
const UNKNOWN_RESTART_MS = 10_000;

/** For the checkpoint before, and for a quiet moment. */
const BESIDE_RESTART_MS = 30_000;

/** The newest backup, from its name, which is when it began, to its end. */
export function backupMs(archive: PostgresArchive | undefined): number {
  const [newest] = archive?.status?.backups ?? [];
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/.exec(newest?.name ?? '') ?? [];
  if (!newest || year === undefined) return UNKNOWN_BACKUP_MS;
  const began = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const took = Date.parse(newest.time) - began;
  return Number.isFinite(took) ? Math.max(1_000, took) : UNKNOWN_BACKUP_MS;
}

export function restartMs({ status }: PostgresServer): number {
  const { startedAt = '', completedAt = '' } = status?.lastRestart ?? {};
  const took = Date.parse(completedAt) - Date.parse(startedAt);
  return BESIDE_RESTART_MS + (Number.isFinite(took) && took > 0 ? took : UNKNOWN_RESTART_MS);
}

/** With half as much again: disks are slower on some days. */
export function fitsIn(until: string, now: Date, needMs: number): boolean {
  return now.getTime() + needMs * 1.5 <= Date.parse(until);
}
