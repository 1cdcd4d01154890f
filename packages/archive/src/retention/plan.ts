/**
 * Which backups may go, and which of the log with them: barman's rules. What a kept backup needs stays, history files stay, other
 * timelines stay, and the newest backup stays whatever was asked for. Pure.
 */
import { parseArchivedName } from '../layout/wal-name.ts';
import type { Backup, Catalogue } from '../backup/catalogue.ts';

export type Retention =
  /** Every moment of the last so many milliseconds can be had back. */
  | { windowMs: number }
  /** So many backups, and every moment since the oldest of them. */
  | { count: number };

export interface RetentionPlan {
  /** The oldest first. */
  backups: string[];
  /** Keys in the bucket. */
  wals: string[];
}

/** @param walKeys all keys below `wals/` */
export function planRetention(
  catalogue: Pick<Catalogue, 'backups' | 'unusable'>,
  walKeys: string[],
  retention: Retention,
  now: Date,
): RetentionPlan {
  const { backups, unusable } = catalogue;
  // Nobody knows what the log is needed for by a backup that can't be read.
  if (unusable.length > 0 || backups.length === 0) return { backups: [], wals: [] };
  const going = new Set(obsolete(backups, retention, now).map(({ id }) => id));
  const staying = backups.filter(({ id }) => !going.has(id));
  return { backups: [...going], wals: walKeys.filter(key => mayGo(key, staying)) };
}

/** Backups that are neither kept nor needed. The oldest first. */
function obsolete(backups: Backup[], retention: Retention, now: Date): Backup[] {
  const first = 'count' in retention ? firstByCount(backups, retention.count) : firstByWindow(backups, retention, now);
  return backups.slice(0, first).filter(({ keep }) => keep === undefined);
}

function firstByCount(backups: Backup[], count: number): number {
  return Math.max(0, backups.length - Math.max(1, Math.floor(count)));
}

/** The newest one that had ended when the window begins is where the window's first moment comes from. */
function firstByWindow(backups: Backup[], { windowMs }: { windowMs: number }, now: Date): number {
  const begin = now.getTime() - windowMs;
  return Math.max(
    0,
    backups.findLastIndex(({ info }) => info.endTime.getTime() < begin),
  );
}

function mayGo(key: string, staying: Backup[]): boolean {
  const archived = parseArchivedName(key.slice(key.lastIndexOf('/') + 1));
  if (!archived || archived.wal.kind === 'history') return false;
  const segment = archived.name.slice(0, 24);
  const timeline = segment.slice(0, 8);
  const needing = staying.filter(({ keep }) => keep !== 'standalone').map(({ info }) => info.beginWal);
  const first = needing.filter(name => name.startsWith(timeline)).sort()[0];
  // A timeline on which nothing stays may still be what a later one came from.
  if (first === undefined || segment >= first) return false;
  // Another timeline's backup may have begun before this one's first.
  if (needing.some(name => name.slice(8) < first.slice(8) && name.slice(8) <= segment.slice(8))) return false;
  return !staying.some(({ keep, info }) => keep === 'standalone' && within(segment, info));
}

function within(segment: string, { beginWal, endWal }: Backup['info']): boolean {
  return segment >= beginWal && segment <= endWal;
}
