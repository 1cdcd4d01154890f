/** Decides what a job needs next, as Kubernetes' job controller does. Pure: the caller brings the time and carries the steps out. */
import { conditionsOf, isConditionTrue } from '@larder/controller';
import type { Job, Pod } from './types.ts';

export type JobStep =
  | { do: 'start' }
  | { do: 'stop'; pod: string; because: string }
  /** Ends a pod without a trace: one that was asked to go has not failed. */
  | { do: 'remove'; pod: string }
  | { do: 'finish'; type: 'Complete' | 'Failed'; reason: string; message: string }
  | { do: 'suspend'; suspended: boolean }
  | { do: 'delete' }
  /** Nothing to do before so long has passed. */
  | { do: 'wait'; ms: number };

/** After the first failure; doubled with each further one, as Kubernetes. */
const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 360_000;

/** The steps towards what the job asks for; empty when there is nothing to do but to wait for its pods. */
export function planJob(job: Job, pods: Pod[], now: Date): JobStep[] {
  const active = pods.filter(isActive);
  if (isFinished(job)) return [...stopAll(active, 'the job is over'), ...planCleanup(job, active.length, now)];
  const ended = planEnd(job, pods, now);
  if (ended) return [...stopAll(active, ended.message), ended];
  if (job.spec.suspend) return [...active.map(remove), { do: 'suspend', suspended: true }];
  const resumed: JobStep[] = isSuspended(job) ? [{ do: 'suspend', suspended: false }] : [];
  return [...resumed, ...planParallel(job, pods, now), ...planDeadline(job, now)];
}

export function isFinished(job: Job): boolean {
  const conditions = conditionsOf(job);
  return isConditionTrue(conditions, 'Complete') || isConditionTrue(conditions, 'Failed');
}

export function isActive({ status, metadata }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && metadata.deletionTimestamp === undefined;
}

function isSuspended(job: Job): boolean {
  return isConditionTrue(conditionsOf(job), 'Suspended');
}

function stopAll(active: Pod[], because: string): JobStep[] {
  return active.map(pod => ({ do: 'stop', pod: pod.metadata.name, because }));
}

function planEnd(job: Job, pods: Pod[], now: Date): (JobStep & { do: 'finish' }) | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds } = job.spec;
  const failed = countEnded(job, pods, 'Failed');
  if (isDone(job, pods))
    return {
      do: 'finish',
      type: 'Complete',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    };
  if (failed > backoffLimit)
    return {
      do: 'finish',
      type: 'Failed',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  if (activeDeadlineSeconds !== undefined && deadlineIn(job, now) <= 0)
    return {
      do: 'finish',
      type: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    };
  return undefined;
}

/** As many pods at once as it asks for: more are started, too many removed, the youngest first. */
function planParallel(job: Job, pods: Pod[], now: Date): JobStep[] {
  const active = pods.filter(isActive);
  const missing = wantedNow(job, pods) - active.length;
  if (missing < 0) return youngestFirst(active).slice(0, -missing).map(remove);
  if (missing === 0) return [];
  const pause = backoffLeft(pods, now);
  if (pause > 0) return [{ do: 'wait', ms: pause }];
  return Array.from({ length: missing }, () => ({ do: 'start' }));
}

/** Without `completions` its pods share one work: once one has succeeded, no more are started, and those that run may end. */
function wantedNow(job: Job, pods: Pod[]): number {
  const { parallelism = 1, completions } = job.spec;
  const succeeded = countEnded(job, pods, 'Succeeded');
  if (completions !== undefined) return Math.min(parallelism, completions - succeeded);
  return succeeded > 0 ? Math.min(parallelism, pods.filter(isActive).length) : parallelism;
}

function isDone(job: Job, pods: Pod[]): boolean {
  const succeeded = countEnded(job, pods, 'Succeeded');
  if (job.spec.completions !== undefined) return succeeded >= job.spec.completions;
  return succeeded > 0 && !pods.some(isActive);
}

function youngestFirst(pods: Pod[]): Pod[] {
  const age = ({ metadata }: Pod): string => metadata.creationTimestamp ?? '';
  return [...pods].sort((one, other) => age(other).localeCompare(age(one)));
}

function remove(pod: Pod): JobStep {
  return { do: 'remove', pod: pod.metadata.name };
}

function planDeadline(job: Job, now: Date): JobStep[] {
  return job.spec.activeDeadlineSeconds === undefined ? [] : [{ do: 'wait', ms: deadlineIn(job, now) }];
}

/** The end of `ttlSecondsAfterFinished`. */
function planCleanup({ spec, status }: Job, active: number, now: Date): JobStep[] {
  if (spec.ttlSecondsAfterFinished === undefined || active > 0) return [];
  const ended = status?.conditions?.find(
    ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  const left = Date.parse(ended?.lastTransitionTime ?? '') + spec.ttlSecondsAfterFinished * 1_000 - now.getTime();
  return left > 0 ? [{ do: 'wait', ms: left }] : [{ do: 'delete' }];
}

function backoffLeft(pods: Pod[], now: Date): number {
  const failures = pods.filter(pod => pod.status?.phase === 'Failed').map(endOf);
  if (failures.length === 0) return 0;
  const pause = Math.min(FIRST_BACKOFF_MS * 2 ** (failures.length - 1), LONGEST_BACKOFF_MS);
  return Math.max(...failures) + pause - now.getTime();
}

function endOf({ status }: Pod): number {
  return Date.parse(status?.containerStatuses?.[0]?.state.terminated?.finishedAt ?? '') || 0;
}

function deadlineIn({ spec, status }: Job, now: Date): number {
  const start = status?.startTime === undefined ? now.getTime() : Date.parse(status.startTime);
  return start + (spec.activeDeadlineSeconds ?? 0) * 1_000 - now.getTime();
}

/** Pods that somebody deleted after they ended stay counted. */
export function countEnded({ status = {} }: Job, pods: Pod[], phase: 'Succeeded' | 'Failed'): number {
  const before = (phase === 'Succeeded' ? status.succeeded : status.failed) ?? 0;
  return Math.max(before, pods.filter(pod => pod.status?.phase === phase).length);
}
