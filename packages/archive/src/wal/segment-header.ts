/** The first page of a segment: whose log it is, and how large. Pure. */
import { isSegmentSize, segmentStart } from '../layout/lsn.ts';
import { parseWalName } from '../layout/wal-name.ts';

export const HEADER_BYTES = 40;

/** `XLP_LONG_HEADER`: the first page of a segment says more than the others. */
const LONG_HEADER = 2;

export interface SegmentFacts {
  /** As `pg_controldata` prints it. */
  systemIdentifier: string;
  segmentBytes: number;
  /** Of the page; the first of a new timeline still has the number of the one before. */
  timeline: number;
  /** Where in the log it begins. */
  start: bigint;
}

/** `undefined` when this is no beginning of a segment. */
export function readSegmentHeader(page: Buffer): SegmentFacts | undefined {
  if (page.length < HEADER_BYTES || page.readUInt16LE(0) === 0 || (page.readUInt16LE(2) & LONG_HEADER) === 0)
    return undefined;
  const segmentBytes = page.readUInt32LE(32);
  if (!isSegmentSize(segmentBytes)) return undefined;
  return {
    systemIdentifier: page.readBigUInt64LE(24).toString(),
    segmentBytes,
    timeline: page.readUInt32LE(4),
    start: page.readBigUInt64LE(8),
  };
}

/** Why these are not the bytes of that segment of that server, in words; `undefined` when they are. */
export function whyNotSegment(
  name: string,
  { page, size, systemIdentifier }: { page: Buffer; size: number; systemIdentifier?: string },
): string | undefined {
  const parsed = parseWalName(name);
  if (parsed?.kind !== 'segment' && parsed?.kind !== 'partial') return 'its name is not that of a segment';
  const facts = readSegmentHeader(page);
  if (!facts) return 'it does not begin as a segment of the log does';
  if (systemIdentifier !== undefined && facts.systemIdentifier !== systemIdentifier)
    return `it is of the server with system identifier ${facts.systemIdentifier}, not ${systemIdentifier}`;
  if (facts.segmentBytes !== size) return `it has ${size} bytes, and a segment of its server has ${facts.segmentBytes}`;
  if (facts.start !== segmentStart(parsed, size)) return 'it is of another place in the log than its name says';
  if (facts.timeline > parsed.timeline) return `it is of timeline ${facts.timeline}, which its name is before`;
  return undefined;
}
