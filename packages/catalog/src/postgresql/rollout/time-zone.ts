/** Whether a time zone is known to the machine that decides. */
import type { Refused } from '../refused.ts';

/** Asking costs as much as the rest of a composition. There are some hundreds of them. */
const known = new Set<string>();

export function refuseTimeZone(timeZone: string): Refused[] {
  if (known.has(timeZone)) return [];
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    known.add(timeZone);
    return [];
  } catch {
    const because = 'is no time zone that is known here: write an IANA name such as Europe/Zurich or UTC';
    return [{ reason: 'TimeZoneUnknown', field: 'updatePolicy.timeZone', value: timeZone, because }];
  }
}
