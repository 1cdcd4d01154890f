/** When the next scheduled backup is due. Pure. */
import { Cron } from 'croner';

export interface ScheduleInput {
  /** Cron, in UTC. */
  schedule: string;
  now: Date;
  /** When the newest backup was complete. */
  last: Date;
}

/** Those that were missed are due all together, once. */
export function nextBackup({ schedule, now, last }: ScheduleInput): Date {
  // A clock that was set back would put the next one off by as much.
  const from = last > now ? now : last;
  return new Cron(schedule, { timezone: 'Etc/UTC', mode: '5-part', paused: true }).nextRun(from) ?? new Date(8.64e15);
}

/** How long to wait after so many failures in a row (ms). */
export function pauseAfter(failures: number): number {
  return Math.min(3_600_000, 15_000 * 2 ** Math.max(0, failures - 1));
}
