/** What an archiver does next, from what it sees. Pure. */
import { segmentAfter } from '../layout/lsn.ts';
import { parseWalName, printSegment } from '../layout/wal-name.ts';

export interface Seen {
  /** Names that the server wants archived, in any order. */
  ready: string[];
  /** Acknowledged: their markers are there. */
  marked: ReadonlySet<string>;
  /** In the bucket for certain. */
  durable: ReadonlySet<string>;
  /** Under way. */
  busy: ReadonlySet<string>;
  /** How many may be under way or durable without being acknowledged. */
  lookAhead: number;
}

export interface Plan {
  /** In this order. */
  acknowledge: string[];
  begin: string[];
  /** Markers that nobody asks for any more. */
  forget: string[];
  /** How many are wanted and not acknowledged, after this plan. */
  waiting: number;
}

/** Nothing is acknowledged before all that is older is durable. */
export function planArchiving({ ready, marked, durable, busy, lookAhead }: Seen): Plan {
  const wanted = new Set(ready);
  const open = inOrder(ready).filter(name => !marked.has(name));
  const gap = open.findIndex(name => !durable.has(name));
  const acknowledge = gap === -1 ? open : open.slice(0, gap);
  const rest = open.slice(acknowledge.length);
  return {
    acknowledge,
    begin: rest.slice(0, lookAhead).filter(name => !durable.has(name) && !busy.has(name)),
    forget: [...marked].filter(name => !wanted.has(name)),
    waiting: rest.length,
  };
}

/** As PostgreSQL takes them: timelines' histories first, then by name. */
export function inOrder(names: string[]): string[] {
  const rank = (name: string): string => `${name.endsWith('.history') ? 0 : 1}${name}`;
  return [...names].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

const READY = '.ready';

/** The file that a name in `archive_status` asks for; `undefined` for all else. */
export function readyName(entry: string): string | undefined {
  if (!entry.endsWith(READY)) return undefined;
  const name = entry.slice(0, -READY.length);
  return parseWalName(name) && name;
}

/** A segment and those that a recovery asks for after it, up to so many bytes of them; nothing for what isn't a segment. */
export function segmentsAhead(name: string, segmentBytes: number, aheadBytes: number): string[] {
  const position = parseWalName(name);
  if (position?.kind !== 'segment') return [];
  const ahead = [name];
  for (let by = 1; by <= Math.max(1, Math.floor(aheadBytes / segmentBytes)); by++) {
    const next = segmentAfter(position, by, segmentBytes);
    if (next) ahead.push(printSegment(next));
  }
  return ahead;
}
