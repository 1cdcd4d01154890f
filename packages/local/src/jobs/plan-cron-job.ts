/** Decides whether a CronJob is due, as Kubernetes' controller does: the newest missed time counts, older ones are skipped. Pure. */
import { Cron } from 'croner';
import type { KubeObject } from '@larder/kube';
import { isFinished } from './plan-job.ts';
import type { Job, JobSpec } from './types.ts';

export interface CronJob extends KubeObject {
  spec: {
    schedule: string;
    timeZone?: string;
    startingDeadlineSeconds?: number;
    concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
    suspend?: boolean;
    jobTemplate: {
      metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
      spec: JobSpec;
    };
    successfulJobsHistoryLimit?: number;
    failedJobsHistoryLimit?: number;
  };
  status?: { active?: unknown[]; lastScheduleTime?: string; lastSuccessfulTime?: string };
}

export type CronStep =
  | { do: 'start'; at: Date }
  | { do: 'delete'; job: string }
  | { do: 'skip'; at: Date; because: string }
  | { do: 'invalid'; message: string }
  | { do: 'wait'; ms: number };

/** The steps for now. Jobs that are too old are deleted first. Never throws: one that can't be run says why. */
export function planCronJob(cronJob: CronJob, jobs: Job[], now: Date): CronStep[] {
  // The API refuses most of what is wrong; what was stored by another release, or by other means, was never seen by it.
  const { spec } = cronJob as Partial<CronJob>;
  if (spec?.jobTemplate?.spec === undefined) return [{ do: 'invalid', message: 'spec.jobTemplate.spec is missing' }];
  const cleanup = planHistory(cronJob, jobs);
  if (spec.suspend) return cleanup;
  const schedule = parseSchedule(cronJob, now);
  if (typeof schedule === 'string') return [...cleanup, { do: 'invalid', message: schedule }];
  const next = schedule.nextRun(now);
  const wait: CronStep[] = next ? [{ do: 'wait', ms: Math.max(50, next.getTime() - now.getTime()) }] : [];
  const due = dueTime(cronJob, schedule, now);
  return [...cleanup, ...(due ? planDue(cronJob, jobs, due) : []), ...wait];
}

/** One name for one moment: a plane that was killed in between makes no second job. */
export function jobNameFor(cronJob: CronJob, at: Date): string {
  return `${cronJob.metadata.name}-${Math.floor(at.getTime() / 60_000)}`;
}

function parseSchedule({ spec }: CronJob, now: Date): Cron | string {
  const { schedule: text, timeZone } = spec;
  const zone = timeZone === undefined ? '' : ` in time zone ${shown(timeZone)}`;
  const invalid = (why: string): string => `invalid schedule ${shown(text)}${zone}: ${why}`;
  // The library knows more than cron: single moments, and the machine's own time zone.
  if (timeZone?.trim() === '')
    return invalid('the time zone has no name; leave it out for UTC, or write it as Europe/Zurich');
  if (/^\d{4}-/.test(text)) return invalid('it is a moment; write five fields, or use a Job');
  if (/^@every\b/.test(text)) return invalid('@every is not supported; write five fields, as */5 * * * *');
  try {
    const schedule = new Cron(text, { timezone: timeZone ?? 'Etc/UTC', mode: '5-part', paused: true });
    // A time zone that is none is only noticed when it is used.
    return schedule.nextRun(now) === null ? invalid('there is no such day') : schedule;
  } catch (error) {
    return invalid((error as Error).message.slice(0, 300));
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** The newest moment since the last one that isn't too late. */
function dueTime({ spec, status, metadata }: CronJob, schedule: Cron, now: Date): Date | undefined {
  const since = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? now.toISOString());
  const deadline = (spec.startingDeadlineSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
  const [newest] = schedule.previousRuns(1, new Date(now.getTime() + 1));
  if (!newest || newest.getTime() <= since || now.getTime() - newest.getTime() > deadline) return undefined;
  return newest;
}

function planDue({ spec }: CronJob, jobs: Job[], at: Date): CronStep[] {
  const active = jobs.filter(job => !isFinished(job));
  if (active.length === 0 || (spec.concurrencyPolicy ?? 'Allow') === 'Allow') return [{ do: 'start', at }];
  if (spec.concurrencyPolicy === 'Replace') return [...active.map(remove), { do: 'start', at }];
  return [{ do: 'skip', at, because: 'the job before is still running, and concurrencyPolicy is Forbid' }];
}

function planHistory({ spec }: CronJob, jobs: Job[]): CronStep[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = spec;
  const ended = (type: string): Job[] =>
    jobs
      .filter(job => job.status?.conditions?.some(condition => condition.type === type && condition.status === 'True'))
      .sort((a, b) => (b.status?.startTime ?? '').localeCompare(a.status?.startTime ?? ''));
  return [...ended('Complete').slice(successfulJobsHistoryLimit), ...ended('Failed').slice(failedJobsHistoryLimit)].map(
    remove,
  );
}

function remove(job: Job): CronStep {
  return { do: 'delete', job: job.metadata.name };
}
