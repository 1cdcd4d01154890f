/** When maintenance windows are: by cron, in a time zone with its daylight saving. Pure: what time it is comes in. */
import type { PostgresServerSpec, Window } from '@larder/catalog';
import { Cron } from 'croner';

export type Updates = NonNullable<PostgresServerSpec['updates']>;

/** The window that is open, else the next; nothing where none will ever be. */
export function windowAt({ schedule, window, timeZone }: Updates, now: Date): Window | undefined {
  const length = lengthOf(window);
  const cron = new Cron(schedule, { timezone: timeZone, mode: '5-part', paused: true });
  // The last that opened less than its length ago; where windows overlap, the newer.
  let opens = cron.nextRun(new Date(now.getTime() - length));
  for (let after = opens; after !== null && after <= now; after = cron.nextRun(after)) opens = after;
  if (!opens) return undefined;
  return { opens: opens.toISOString(), closes: new Date(opens.getTime() + length).toISOString() };
}

/** Milliseconds of `90m` or `2h`. */
export function lengthOf(window: string): number {
  return parseInt(window) * (window.endsWith('h') ? 3_600_000 : 60_000);
}

export function isOpen({ opens, closes }: Window, now: Date): boolean {
  const moment = now.toISOString();
  return opens <= moment && moment < closes;
}
