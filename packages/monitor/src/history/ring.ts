/**
 * A file of fixed size that keeps points for a while: one record for each step of time, which the next round of the ring overwrites. A
 * record says when it is of, so that one of an earlier round, or half of one, isn't taken for a point. Written in place and never synced:
 * what a power cut takes is some minutes of a chart.
 */
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { series, type Point, type SeriesName } from './series.ts';

export interface RingShape {
  /** Seconds from one point to the next. */
  step: number;
  /** How many points are kept. */
  points: number;
}

/** Two hours in full. */
export const fine: RingShape = { step: 15, points: 480 };
/** Fifteen days. */
export const coarse: RingShape = { step: 300, points: 4_320 };

export interface TimedPoint {
  /** Seconds since 1970: the beginning of its step. */
  at: number;
  values: Point;
}

/** The time twice, around the values: a record that was half written disagrees with itself. */
const RECORD = 4 + series.length * 4 + 4;

export class Ring {
  readonly #path: string;
  readonly #shape: RingShape;
  #file: FileHandle | undefined;

  constructor(path: string, shape: RingShape) {
    this.#path = path;
    this.#shape = shape;
  }

  /** Replaces a point of the same step. */
  async write(at: number, values: Point): Promise<void> {
    const { step, points } = this.#shape;
    const slot = Math.floor(at / step);
    this.#file ??= await openFile(this.#path);
    await this.#file.write(record(slot * step, values), 0, RECORD, (slot % points) * RECORD);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** The points from `from` until `to` (seconds since 1970) in the order of time; none for a file that isn't there. */
export async function readRing(
  path: string,
  shape: RingShape,
  { from, to }: { from: number; to: number },
): Promise<TimedPoint[]> {
  const content = await readFile(path).catch(() => Buffer.alloc(0));
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const found: TimedPoint[] = [];
  const last = Math.floor(to / shape.step);
  // A slot has one of all the moments that fall on it: those that are asked for, if they are there, and no others.
  for (let slot = Math.max(1, Math.ceil(from / shape.step), last - shape.points + 1); slot <= last; slot++) {
    const offset = (slot % shape.points) * RECORD;
    if (offset + RECORD > content.length) continue;
    const point = parse(view, offset);
    if (point?.at === slot * shape.step) found.push(point);
  }
  return found;
}

async function openFile(path: string): Promise<FileHandle> {
  // Neither truncated nor made anew: what it holds is the point of it.
  return open(path, 'r+', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return open(path, 'wx+', 0o600);
  });
}

function record(at: number, values: Point): Buffer {
  const buffer = Buffer.alloc(RECORD);
  buffer.writeUInt32LE(at, 0);
  for (const [index, name] of series.entries()) buffer.writeFloatLE(values[name] ?? NaN, 4 + index * 4);
  buffer.writeUInt32LE(at, RECORD - 4);
  return buffer;
}

function parse(view: DataView, offset: number): TimedPoint | undefined {
  const at = view.getUint32(offset, true);
  if (at === 0 || at !== view.getUint32(offset + RECORD - 4, true)) return undefined;
  const values: Partial<Record<SeriesName, number>> = {};
  for (let index = 0; index < series.length; index++) {
    const value = view.getFloat32(offset + 4 + index * 4, true);
    if (!Number.isNaN(value)) values[series[index]!] = value;
  }
  return { at, values };
}
