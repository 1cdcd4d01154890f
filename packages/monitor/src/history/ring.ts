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
  const found: TimedPoint[] = [];
  for (let slot = 0; slot < shape.points && (slot + 1) * RECORD <= content.length; slot++) {
    const point = parse(content.subarray(slot * RECORD, (slot + 1) * RECORD));
    const isOfSlot =
      point !== undefined && point.at % shape.step === 0 && (point.at / shape.step) % shape.points === slot;
    if (isOfSlot && point.at >= from && point.at <= to) found.push(point);
  }
  return found.sort((a, b) => a.at - b.at);
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

function parse(buffer: Buffer): TimedPoint | undefined {
  const at = buffer.readUInt32LE(0);
  if (at === 0 || at !== buffer.readUInt32LE(RECORD - 4)) return undefined;
  const values: Partial<Record<SeriesName, number>> = {};
  for (const [index, name] of series.entries()) {
    const value = buffer.readFloatLE(4 + index * 4);
    if (!Number.isNaN(value)) values[name] = value;
  }
  return { at, values };
}
