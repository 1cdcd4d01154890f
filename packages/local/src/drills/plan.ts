/** When the next drill is due, and what the last one leads to. Pure. */
import type { DrillReport, DrillStatus } from '@larder/catalog';
import { Cron } from 'croner';

export interface DrillPlan {
  /** Whether one is due now. */
  isDue: boolean;
  next?: Date;
}

export interface DrillPlanInput {
  /** Cron, in UTC; absent: on demand only. */
  schedule: string | undefined;
  status: DrillStatus | undefined;
  now: Date;
  /** The drill that has just ended. */
  ended?: Pick<DrillReport, 'result'>;
}

/** One that was missed while the plane was down is held once; one that could not be held is tried again after a pause that grows. */
export function planDrill({ schedule, status, now, ended }: DrillPlanInput): DrillPlan {
  if (schedule === undefined) return { isDue: false };
  const scheduled = nextOf(schedule, now);
  if (ended)
    return { isDue: false, next: ended.result === 'NotDone' ? earlier(scheduled, again(now, status)) : scheduled };
  if (status?.schedule !== schedule || status.next === undefined) return { isDue: false, next: scheduled };
  // A clock that was set back would put it off by as much.
  const next = earlier(new Date(status.next), scheduled);
  return { isDue: next <= now, next };
}

function nextOf(schedule: string, after: Date): Date {
  return new Cron(schedule, { timezone: 'Etc/UTC', mode: '5-part', paused: true }).nextRun(after) ?? new Date(8.64e15);
}

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** Twice as long after each that could not be held. */
function again(now: Date, { last, next }: DrillStatus = {}): Date {
  const waited = last?.result === 'NotDone' && next !== undefined ? Date.parse(next) - Date.parse(last.completedAt) : 0;
  return new Date(now.getTime() + Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * waited)));
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
