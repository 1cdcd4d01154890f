/** Byte ranges, as HTTP and S3 have them. Pure. */
import { S3Error } from '../protocol/errors.ts';

/** Both ends are included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** `undefined`: all of it. Several ranges, and what is no range, count as none, as with S3. @throws S3Error `InvalidRange` */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '') return last === '' ? undefined : lastBytes(Number(last), size);
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw outside(header, size);
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

function lastBytes(count: number, size: number): ByteRange {
  if (count === 0 || size === 0) throw outside(`bytes=-${count}`, size);
  return { start: Math.max(0, size - count), end: size - 1 };
}

/** Of a part's copy: one whole range within the source. @throws S3Error `InvalidArgument` */
export function parseCopyRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  if (first === undefined || Number(last) < Number(first) || Number(last) >= size)
    throw new S3Error('InvalidArgument', 'x-amz-copy-source-range must be bytes=<first>-<last>, within the source');
  return { start: Number(first), end: Number(last) };
}

function outside(header: string | undefined, size: number): S3Error {
  return new S3Error('InvalidRange', undefined, { RangeRequested: String(header), ActualObjectSize: String(size) });
}
