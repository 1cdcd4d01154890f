/** The names of files of the write-ahead log, as PostgreSQL gives them and as buckets hold them. Pure. */
import { segmentAt, type SegmentPosition } from './lsn.ts';

export type WalName =
  | ({ kind: 'segment' } & SegmentPosition)
  /** The last one of a timeline that ended within it. */
  | ({ kind: 'partial' } & SegmentPosition)
  /** Says where a base backup began, by the byte within its segment. */
  | ({ kind: 'backup'; offset: number } & SegmentPosition)
  | { kind: 'history'; timeline: number };

const GRAMMAR = /^([0-9A-F]{8})(?:([0-9A-F]{8})([0-9A-F]{8})(?:\.([0-9A-F]{8})\.backup|(\.partial))?|(\.history))$/;

/** What a name says; `undefined` for anything that PostgreSQL doesn't archive. */
export function parseWalName(name: string): WalName | undefined {
  const match = GRAMMAR.exec(name);
  if (!match || match[0] !== name) return undefined;
  const [timeline, log, segment, offset] = match.slice(1, 5).map(hex => Number.parseInt(hex ?? '0', 16)) as Four;
  if (timeline === 0) return undefined;
  if (match[6] !== undefined) return { kind: 'history', timeline };
  const position = { timeline, log, segment };
  if (match[4] !== undefined) return { kind: 'backup', ...position, offset };
  return { kind: match[5] === undefined ? 'segment' : 'partial', ...position };
}

type Four = [number, number, number, number];

export function printWalName(name: WalName): string {
  if (name.kind === 'history') return `${hex8(name.timeline)}.history`;
  const segment = printSegment(name);
  if (name.kind === 'backup') return `${segment}.${hex8(name.offset)}.backup`;
  return name.kind === 'partial' ? `${segment}.partial` : segment;
}

export function printSegment({ timeline, log, segment }: SegmentPosition): string {
  return hex8(timeline) + hex8(log) + hex8(segment);
}

/** The name of the segment that holds `lsn`; on a boundary the next one's, as barman has it. */
export function segmentNameAt(lsn: bigint, timeline: number, segmentBytes?: number): string {
  return printSegment(segmentAt(lsn, timeline, segmentBytes));
}

/** How a file in a bucket is compressed, by the end of its name. */
export const COMPRESSIONS = {
  none: '',
  gzip: '.gz',
  bzip2: '.bz2',
  xz: '.xz',
  snappy: '.snappy',
  zstd: '.zst',
  lz4: '.lz4',
} as const;

export type Compression = keyof typeof COMPRESSIONS;

/** Takes one suffix of compression from a name. */
export function splitCompression(name: string): { name: string; compression: Compression } {
  for (const [compression, suffix] of Object.entries(COMPRESSIONS) as [Compression, string][])
    if (suffix !== '' && name.endsWith(suffix)) return { name: name.slice(0, -suffix.length), compression };
  return { name, compression: 'none' };
}

/** What a file in a bucket's `wals/` is; `undefined` for what isn't of the layout. */
export function parseArchivedName(file: string): { name: string; wal: WalName; compression: Compression } | undefined {
  const { name, compression } = splitCompression(file);
  const wal = parseWalName(name);
  return wal && { name, wal, compression };
}

function hex8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
