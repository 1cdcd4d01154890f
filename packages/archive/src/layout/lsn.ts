/** Positions in the write-ahead log, and the segments that hold them. Pure. */

/** What PostgreSQL has unless it is built or initialised otherwise. */
export const DEFAULT_SEGMENT_BYTES = 16 * 2 ** 20;

const LOW = 2n ** 32n;

/** `16/B374D848` as a number. @throws Error for anything else */
export function parseLsn(text: string): bigint {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  if (!match) throw new Error(`cannot read ${JSON.stringify(text)} as a position in the log: it is like "16/B374D848"`);
  return BigInt(`0x${match[1]}`) * LOW + BigInt(`0x${match[2]}`);
}

/** As PostgreSQL prints it: no leading zeros. */
export function printLsn(lsn: bigint): string {
  return `${(lsn / LOW).toString(16)}/${(lsn % LOW).toString(16)}`.toUpperCase();
}

/** A power of two from 1 MB to 1 GB: what PostgreSQL takes. */
export function isSegmentSize(bytes: number): boolean {
  return Number.isInteger(Math.log2(bytes)) && bytes >= 2 ** 20 && bytes <= 2 ** 30;
}

/** A place in the log by timeline and number, as segments are named. */
export interface SegmentPosition {
  timeline: number;
  /** The upper 32 bits of the position. */
  log: number;
  /** Within `log`. */
  segment: number;
}

/** The segment that holds `lsn`; a position on the boundary is the first of the next one, as barman has it. */
export function segmentAt(lsn: bigint, timeline: number, segmentBytes = DEFAULT_SEGMENT_BYTES): SegmentPosition {
  return { timeline, log: Number(lsn / LOW), segment: Number((lsn % LOW) / BigInt(segmentBytes)) };
}

/** The first position in a segment. */
export function segmentStart(position: SegmentPosition, segmentBytes = DEFAULT_SEGMENT_BYTES): bigint {
  return BigInt(position.log) * LOW + BigInt(position.segment) * BigInt(segmentBytes);
}

/** The segment `by` further on the same timeline; `undefined` before the first and after the last. */
export function segmentAfter(
  position: SegmentPosition,
  by = 1,
  segmentBytes = DEFAULT_SEGMENT_BYTES,
): SegmentPosition | undefined {
  const start = segmentStart(position, segmentBytes) + BigInt(by) * BigInt(segmentBytes);
  return start < 0n || start >= LOW * LOW ? undefined : segmentAt(start, position.timeline, segmentBytes);
}
