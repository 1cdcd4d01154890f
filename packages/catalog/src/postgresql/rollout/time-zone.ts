/** Whether a time zone is known to the machine that decides. */
import type { Refused } from '../refused.ts';

export function refuseTimeZone(timeZone: string): Refused[] {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return [];
  } catch {
    const because = 'is no time zone that is known here: write an IANA name such as Europe/Zurich or UTC';
    return [{ reason: 'TimeZoneUnknown', field: 'updatePolicy.timeZone', value: timeZone, because }];
  }
}
