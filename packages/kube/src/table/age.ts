/** Ages as tables show them. */
import { humanDuration } from '../duration.ts';

/** How long ago an RFC 3339 time was; `<unknown>` without one. */
export function ageOf(time: string | undefined, now: Date): string {
  if (time === undefined || time === '') return '<unknown>';
  const then = Date.parse(time);
  return Number.isNaN(then) ? '<invalid>' : humanDuration(now.getTime() - then);
}
