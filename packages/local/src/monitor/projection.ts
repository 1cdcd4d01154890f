/** When a storage that goes on growing as it did is full. */
import type { TimedPoint } from '@larder/monitor';

/** How far back it looks. */
export const coarseDays = 7;

/** Less is no growth to speak of: a projection from it would be a guess (s). */
const LEAST_SPAN = 6 * 3_600;
/** Further off than this it isn't told (s): a year. */
const FURTHEST = 365 * 86_400;

/** Seconds since 1970; `undefined` when it doesn't grow, or too little is known. The line through all points that fits best. */
export function fullAt(points: readonly TimedPoint[], size: number | undefined): number | undefined {
  const known = points.flatMap(({ at, values }) =>
    values.storageUsed === undefined ? [] : [{ at, used: values.storageUsed }],
  );
  const [first, last] = [known[0], known.at(-1)];
  if (size === undefined || first === undefined || last === undefined || last.at - first.at < LEAST_SPAN)
    return undefined;
  const mean = (of: (point: { at: number; used: number }) => number): number =>
    known.reduce((sum, point) => sum + of(point), 0) / known.length;
  const [meanAt, meanUsed] = [mean(({ at }) => at), mean(({ used }) => used)];
  const spread = known.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  const together = known.reduce((sum, { at, used }) => sum + (at - meanAt) * (used - meanUsed), 0);
  const perSecond = together / spread;
  if (!(perSecond > 0)) return undefined;
  const full = last.at + Math.max(0, size - last.used) / perSecond;
  return full - last.at > FURTHEST ? undefined : full;
}
