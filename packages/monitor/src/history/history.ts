/**
 * Fifteen days of an instance in 280 kB: each point of the last two hours, and of before that one for five minutes, which says the worst
 * of them where only the worst is of interest.
 */
import { join } from 'node:path';
import { coarse, fine, readRing, Ring, type TimedPoint } from './ring.ts';
import { series, type Point, type SeriesName } from './series.ts';

/** What is told of five minutes; the mean of the others. */
const WORST: Partial<Record<SeriesName, 'highest' | 'lowest'>> = {
  up: 'lowest',
  connections: 'highest',
  oldestTransaction: 'highest',
  archiveAge: 'highest',
  storageUsed: 'highest',
};

export class History {
  readonly #folder: string;
  readonly #fine: Ring;
  readonly #coarse: Ring;
  #stepWritten: number | undefined;

  /** `folder` must be there. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#fine = new Ring(join(folder, FINE), fine);
    this.#coarse = new Ring(join(folder, COARSE), coarse);
  }

  /** @param at seconds since 1970 */
  async write(at: number, point: Point): Promise<void> {
    await this.#fine.write(at, point);
    const step = Math.floor(at / coarse.step);
    if (this.#stepWritten === step) return;
    // The step before is over, also if another process wrote its points.
    await this.#summarise(step - 1);
    this.#stepWritten = step;
  }

  async close(): Promise<void> {
    await Promise.all([this.#fine.close(), this.#coarse.close()]);
  }

  async #summarise(step: number): Promise<void> {
    const from = step * coarse.step;
    const points = await readRing(join(this.#folder, FINE), fine, { from, to: from + coarse.step - 1 });
    if (points.length > 0) await this.#coarse.write(from, summary(points));
  }
}

const FINE = 'fine.ring';
const COARSE = 'coarse.ring';

/** Points of `folder` from `from` until `to`: the fine ones if they reach back that far, else the coarse ones. */
export async function readHistory(folder: string, span: { from: number; to: number }): Promise<TimedPoint[]> {
  const isRecent = span.to - span.from <= fine.step * fine.points;
  const exact = isRecent ? await readRing(join(folder, FINE), fine, span) : [];
  return exact.length > 0 ? exact : readRing(join(folder, COARSE), coarse, span);
}

export function summary(points: readonly TimedPoint[]): Point {
  const whole: Point = {};
  for (const name of series) {
    const values = points.flatMap(({ values }) => values[name] ?? []);
    if (values.length === 0) continue;
    const worst = WORST[name];
    if (worst === 'highest') whole[name] = Math.max(...values);
    else if (worst === 'lowest') whole[name] = Math.min(...values);
    else whole[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  return whole;
}
