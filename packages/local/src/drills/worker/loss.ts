/** How much would have been lost with the server, had it been lost when the drill began. Pure. */
import { segmentAfter, printSegment } from '@larder/archive';
import type { LogPosition } from './source.ts';

export interface LossInput {
  now: Date;
  /** What was committed before is in the bucket. */
  upTo: Date;
  /** The newest WAL file there. */
  lastWal: string;
  /** Absent: the server doesn't answer. */
  position?: LogPosition;
}

/** The header of a WAL file, and nothing yet. */
const HEADER_BYTES = 40;

/** Of how much time the commits would have been lost, at most (ms). */
export function lossOf({ now, upTo, lastWal, position }: LossInput): number {
  const age = Math.max(0, now.getTime() - upTo.getTime());
  if (!position) return age;
  const { wal, offset, waiting, switchMs } = position;
  const sinceLast = wal.slice(8) <= lastWal.slice(8) || (wal.slice(8) === after(lastWal) && offset <= HEADER_BYTES);
  if (sinceLast) return 0;
  // A file with anything of worth in it is completed after a while: what is older is in the bucket, if none waits.
  return waiting === 0 && switchMs > 0 ? Math.min(age, switchMs) : age;
}

/** The next file's name without its timeline. */
function after(name: string): string | undefined {
  const number = (from: number): number => Number.parseInt(name.slice(from, from + 8), 16);
  const next = segmentAfter({ timeline: number(0), log: number(8), segment: number(16) }, 1);
  return next && printSegment(next).slice(8);
}
