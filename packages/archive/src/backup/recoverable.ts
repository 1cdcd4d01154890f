/** Which moments can be had back: where the log in the bucket goes on without a gap. Decides by names; pure but for the listing. */
import { archiveKeys, WRITTEN } from '../layout/keys.ts';
import { printSegment, parseArchivedName } from '../layout/wal-name.ts';
import { segmentAfter, type SegmentPosition } from '../layout/lsn.ts';
import type { Store } from '../store/store.ts';
import type { Backup } from './catalogue.ts';

/** The log in a bucket by the names of its segments, whatever their compression. */
export interface ArchivedLog {
  /** Up to when what was committed is in each segment, or in those before it. */
  segments: Map<string, Date>;
  /** Timelines with a history file. */
  histories: Set<number>;
}

export async function readArchivedLog(store: Store, signal?: AbortSignal): Promise<ArchivedLog> {
  const log: ArchivedLog = { segments: new Map(), histories: new Set() };
  const keys = new Map<string, string>();
  for await (const entry of store.list(archiveKeys(store.destination).wals, { signal })) {
    if (entry.kind !== 'object') continue;
    const archived = parseArchivedName(entry.key.slice(entry.key.lastIndexOf('/') + 1));
    if (archived?.wal.kind === 'history') log.histories.add(archived.wal.timeline);
    if (archived?.wal.kind !== 'segment') continue;
    log.segments.set(archived.name, entry.modified);
    keys.set(archived.name, entry.key);
  }
  for (const name of endsOf(log.segments)) {
    const written = (await store.head(keys.get(name) ?? '', { signal }))?.metadata?.[WRITTEN];
    if (written !== undefined) log.segments.set(name, new Date(written));
  }
  return log;
}

/** How many ends are looked at: a log has one, and one more for each gap and timeline. */
const MOST_ENDS = 16;

/**
 * The segments that nothing follows. A segment is stored some time after the server has finished it; what was committed in between is in
 * the next one. So for these the time at which they were stored, which is all that a listing tells, is too late.
 */
function endsOf(segments: ArchivedLog['segments']): string[] {
  const names = [...segments.keys()].sort();
  return names.filter((name, at) => names[at + 1] !== successor(name)).slice(-MOST_ENDS);
}

function successor(name: string): string | undefined {
  const next = segmentAfter(positionOf(name), 1);
  return next && printSegment(next);
}

export interface Reach {
  /** The last segment in a row from the backup's first one on. */
  lastWal: string;
  /** What was committed before is in the log. */
  lastTime: Date;
  /** The first segment that lacks although later ones are there. */
  missing?: string;
}

/** How far the log reaches from a backup on; undefined when not even what the backup needs is there. Follows one timeline to the next. */
export function reachOf({ info }: Pick<Backup, 'info'>, { segments, histories }: ArchivedLog): Reach | undefined {
  let at = positionOf(info.beginWal);
  let reach: Reach | undefined;
  for (let next: SegmentPosition | undefined = at; next; next = segmentAfter(at, 1, info.segmentSize)) {
    const found = onNewestTimeline(next, segments, histories);
    if (!found) break;
    at = found;
    const name = printSegment(found);
    reach = { lastWal: name, lastTime: segments.get(name)! };
  }
  if (!reach || reach.lastWal.slice(8) < info.endWal.slice(8)) return undefined;
  const missing = gapAfter(at, info.segmentSize, segments);
  return missing === undefined ? reach : { ...reach, missing };
}

/** From when to when a moment can be had back; undefined when no backup can be restored. */
export function recoverableRange(
  backups: Pick<Backup, 'info'>[],
  log: ArchivedLog,
): { from: Date; to: Date; missing?: string } | undefined {
  const reaches = backups.flatMap(backup => {
    const reach = reachOf(backup, log);
    return reach ? [{ from: backup.info.endTime, ...reach }] : [];
  });
  const newest = reaches.at(-1);
  if (!newest) return undefined;
  // What an older backup reaches before a gap is not one range with what the newest reaches.
  const oldest = reaches.find(({ lastWal }) => lastWal.slice(8) >= newest.lastWal.slice(8)) ?? newest;
  const to = newest.lastTime > newest.from ? newest.lastTime : newest.from;
  return { from: oldest.from, to, ...(newest.missing === undefined ? {} : { missing: newest.missing }) };
}

/** The same segment on the highest timeline that has it: recovery follows the newest history. */
function onNewestTimeline(
  { timeline, log, segment }: SegmentPosition,
  segments: Map<string, Date>,
  histories: Set<number>,
): SegmentPosition | undefined {
  const later = [...histories].filter(each => each > timeline).sort((a, b) => b - a);
  return [...later, timeline]
    .map(each => ({ timeline: each, log, segment }))
    .find(position => segments.has(printSegment(position)));
}

function gapAfter(last: SegmentPosition, size: number, segments: Map<string, Date>): string | undefined {
  const name = printSegment(last);
  const beyond = [...segments.keys()].some(each => each.startsWith(name.slice(0, 8)) && each > name);
  const next = segmentAfter(last, 1, size);
  return beyond && next ? printSegment(next) : undefined;
}

function positionOf(name: string): SegmentPosition {
  const number = (from: number): number => Number.parseInt(name.slice(from, from + 8), 16);
  return { timeline: number(0), log: number(8), segment: number(16) };
}
