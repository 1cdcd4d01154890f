/** What is said of a server's backups and its archive, in words for the claim's owner. Pure. */
import { OWN_STORE, type PostgresArchive } from '@larder/catalog';
import type { Condition } from '@larder/kube';
import type { LogState } from '../storage/archives.ts';
import type { Outcome, RunState } from './runner.ts';

export type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const SAME_DISK =
  'The backups are on the same disk as the data: copy them elsewhere if losing this machine must not lose them.';

/** What is said of the place where the backups lie, while nothing else is to be said. */
export function whereText(at: { store: string; hasOwnKeys: boolean; wanted: string | undefined }): string | undefined {
  const moved =
    at.wanted === undefined || at.wanted === at.store
      ? []
      : [
          `The backups stay in the store "${at.store}", where they began: restore into a new claim to have them elsewhere.`,
        ];
  if (at.store === OWN_STORE) return [...moved, SAME_DISK].join(' ');
  const keyless = `The store "${at.store}" has one key for all of its buckets, so there is no secret with one that only reads this one.`;
  const told = [...moved, ...(at.hasOwnKeys ? [] : [keyless])];
  return told.length === 0 ? undefined : told.join(' ');
}

/** Nothing can be archived yet. */
export function notYet(reason: string, message: string): Finding[] {
  return [
    { type: 'BackupHealthy', status: 'Unknown', reason, message },
    { type: 'ArchiveHealthy', status: 'Unknown', reason, message },
  ];
}

export function archiveFinding(state: LogState | undefined, isArchiving: boolean): Finding {
  const type = 'ArchiveHealthy';
  if (state?.lastError !== undefined) {
    const stuck = state.lastFailedWal === undefined ? 'WAL' : `WAL file ${state.lastFailedWal}`;
    const last =
      state.lastArchivedWal === undefined
        ? 'none has been stored yet'
        : `the last one stored is ${state.lastArchivedWal} of ${state.lastArchivedTime ?? 'an unknown time'}`;
    const message = `${stuck} can not be stored: ${state.lastError}; ${last}. WAL is kept until it is stored, and takes room meanwhile.`;
    return { type, status: 'False', reason: 'ArchiveFailed', message };
  }
  if (!isArchiving) {
    return { type, status: 'Unknown', reason: 'Starting', message: 'The server is being told to archive its WAL.' };
  }
  return { type, status: 'True', reason: 'Archiving', message: '' };
}

export interface BackupFacts {
  has: boolean;
  state: RunState;
  last?: Outcome;
  /** When a failed one is tried again. */
  again?: Date;
  /** The first WAL file that lacks although the newest backup needs it. */
  missing?: string;
}

export function backupFinding({ has, state, last, again, missing }: BackupFacts): Finding {
  const type = 'BackupHealthy';
  if (last?.kind === 'failed' && state.kind !== 'running') {
    const when = again === undefined ? '' : `; it is tried again at ${again.toISOString()}`;
    const first = has ? 'The last backup failed' : 'The first backup failed: there is none yet';
    return { type, status: 'False', reason: 'BackupFailed', message: `${first}: ${last.message}${when}.` };
  }
  if (!has) {
    return { type, status: 'Unknown', reason: 'FirstBackup', message: 'The first backup is being made.' };
  }
  if (missing !== undefined) {
    const message = `WAL file ${missing} lacks in the bucket, so nothing after it can be had back: make a new backup (larder backup).`;
    return { type, status: 'False', reason: 'WalMissing', message };
  }
  return { type, status: 'True', reason: 'Available', message: '' };
}

/** What is being done now. */
export function progressText(state: RunState): string | undefined {
  if (state.kind === 'idle') return undefined;
  if (state.kind === 'inLine') return 'A backup waits for its turn: two are made at once.';
  const { phase, bytes = 0, total = 0 } = state.progress ?? {};
  if (phase === 'copying' && total > 0) {
    return `A backup is being made: ${megabytes(bytes)} of about ${megabytes(total)} MiB.`;
  }
  if (phase === 'waitingForWal') return 'A backup is being made: it waits for the WAL that it needs.';
  return 'A backup is being made.';
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

/** The conditions as they stand on the object, in a fixed order. */
export function isHealthy(archive: PostgresArchive, type: string): boolean {
  return archive.status?.conditions?.some(each => each.type === type && each.status === 'True') ?? false;
}
