/** Decides which backup a new server begins with, or says why there is none. Pure. */
import { findBackup, reachOf, recoverableRange, type ArchivedLog, type Backup, type Catalogue } from '@larder/archive';

/** An instance that has backups, now or from before it was deleted. */
export interface Candidate {
  /** The name of its composite, and of its bucket. */
  server: string;
  claim: string;
  serverName: string;
  /** RFC 3339; absent for one that is there. */
  deletedAt?: string;
}

export interface Wish {
  claimName?: string;
  compositeName?: string;
  backupName?: string;
  pointInTime?: string;
}

export interface Refusal {
  /** Below `spec.parameters.restore`. */
  field: string;
  value: string;
  /** Completes the sentence after the value: the cause, then the remedy. */
  because: string;
}

export type SourceChoice = { kind: 'source'; source: Candidate } | { kind: 'refused'; refusal: Refusal };

/** @param candidates of the namespace, by its uid */
export function chooseSource({ claimName, compositeName }: Wish, candidates: Candidate[]): SourceChoice {
  const [field, value] =
    compositeName === undefined ? ['claimName', claimName ?? ''] : ['compositeName', compositeName];
  const found = candidates.filter(
    ({ claim, server }) =>
      (claimName === undefined || claim === claimName) && (compositeName === undefined || server === compositeName),
  );
  const [source, ...more] = found;
  if (!source) {
    const others = candidates.map(described).join(', ');
    const there = others === '' ? 'this namespace has no backups' : `this namespace has those of ${others}`;
    return refused(field, value, `has no backups here: ${there}`);
  }
  if (more.length > 0) {
    const because = `has been the name of ${found.length} instances with backups: choose one with compositeName: ${found.map(described).join(', ')}`;
    return refused(field, value, because);
  }
  return { kind: 'source', source };
}

function described({ server, claim, deletedAt }: Candidate): string {
  return `${server} (claim ${claim}, ${deletedAt === undefined ? 'running' : `deleted at ${deletedAt}`})`;
}

export type BackupChoice =
  { kind: 'backup'; backup: Backup; targetTime?: string } | { kind: 'refused'; refusal: Refusal };

export function chooseBackup(
  { backupName, pointInTime }: Wish,
  held: { catalogue: Pick<Catalogue, 'backups' | 'unusable' | 'unfinished'>; log: ArchivedLog },
  now: Date,
): BackupChoice {
  const usable = held.catalogue.backups.filter(backup => reachOf(backup, held.log) !== undefined);
  const newest = usable.at(-1);
  const list = usable.map(({ id }) => id).join(', ') || 'none';
  if (backupName !== undefined) {
    const named = usable.find(({ id }) => id === backupName);
    return named
      ? { kind: 'backup', backup: named }
      : refused('backupName', backupName, `is no backup that can be restored: there are ${list}`);
  }
  if (pointInTime !== undefined) return atMoment(pointInTime, usable, { log: held.log, now });
  if (newest) return { kind: 'backup', backup: newest };
  return refused('claimName', '', 'has no backup that is complete yet: wait for the first, and make the claim again');
}

function atMoment(pointInTime: string, usable: Backup[], { log, now }: { log: ArchivedLog; now: Date }): BackupChoice {
  const moment = new Date(pointInTime);
  if (Number.isNaN(moment.getTime()))
    return refused('pointInTime', pointInTime, 'is no moment that there is: write it as 2026-11-23T10:15:00Z');
  const range = recoverableRange(usable, log);
  if (!range) return refused('pointInTime', pointInTime, 'can not be had: there is no backup that is complete yet');
  const span = `choose a moment from ${range.from.toISOString()} to ${range.to.toISOString()}`;
  if (moment > now) return refused('pointInTime', pointInTime, `is in the future: ${span}`);
  if (moment < range.from)
    return refused('pointInTime', pointInTime, `is before the first backup that is kept was complete: ${span}`);
  if (moment > range.to) {
    const gap = range.missing === undefined ? '' : `, since WAL file ${range.missing} lacks`;
    return refused('pointInTime', pointInTime, `is later than what is in the bucket${gap}: ${span}`);
  }
  const backup = findBackup({ backups: usable, unusable: [], unfinished: [] }, moment);
  if (!backup) return refused('pointInTime', pointInTime, `is before any backup: ${span}`);
  return { kind: 'backup', backup, targetTime: moment.toISOString() };
}

function refused(field: string, value: string, because: string): { kind: 'refused'; refusal: Refusal } {
  return { kind: 'refused', refusal: { field, value, because } };
}
