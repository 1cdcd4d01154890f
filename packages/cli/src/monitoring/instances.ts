/** What the monitor of this home knows of its instances, read from its files: also while neither it nor the plane runs. */
import { join } from 'node:path';
import { findTarget, listTargets, monitorPlace, type Home, type Target } from '@larder/local';
import { readHistory, type Point, type TimedPoint } from '@larder/monitor';

export interface MeasuredInstance {
  target: Target;
  /** Of the last hour, in the order of time. */
  points: TimedPoint[];
  /** The last one, unless that is too old to say how it is now. */
  now?: Point;
}

/** Older than this, a point is no news (s). */
const FRESH_S = 60;
export const HOUR = 3_600;

/** @param at seconds since 1970 */
export async function readInstances(home: Home, at: number): Promise<MeasuredInstance[]> {
  const place = monitorPlace(home);
  const targets = listTargets(place).flatMap(server => findTarget(place, server) ?? []);
  const read = targets.map(async (target): Promise<MeasuredInstance> => {
    const points = await readHistory(join(place.history, target.server), { from: at - HOUR, to: at });
    const last = points.at(-1);
    return { target, points, ...(last && at - last.at < FRESH_S ? { now: last.values } : {}) };
  });
  const known = await Promise.all(read);
  return known.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** Of one composite, for as long as is asked. */
export async function readInstanceHistory(
  home: Home,
  composite: string,
  span: { from: number; to: number },
): Promise<TimedPoint[]> {
  return readHistory(join(monitorPlace(home).history, composite), span);
}

function nameOf({ target }: MeasuredInstance): string {
  return `${target.namespace}/${target.claim}`;
}
