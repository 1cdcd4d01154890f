/** Runs Jobs: observes their pods, asks what is next, does it, and writes down how it stands. */
import {
  conditionsOf,
  kubeTime,
  mapToOwner,
  refOfKey,
  runController,
  setCondition,
  type Controller,
  type EventRecorder,
  type Logger,
} from '@larder/controller';
import { equalJson, isNotFound, type Client } from '@larder/kube';
import type { Home } from '../home/home.ts';
import { findRefusal } from './refusal.ts';
import { JobPods } from './job-pods.ts';
import { runCronJobs } from './run-cron-jobs.ts';
import { runPods } from './run-pods.ts';
import { countEnded, isActive, isFinished, planJob, type JobStep } from './plan-job.ts';
import type { Job, JobStatus, Pod } from './types.ts';

export interface JobsOptions {
  client: Client;
  home: Home;
  log: Logger;
  events: EventRecorder;
  signal: AbortSignal;
  /** The wall clock. */
  clock?: () => Date;
}

const JOB = { apiVersion: 'batch/v1', kind: 'Job' };
const POD = { apiVersion: 'v1', kind: 'Pod' };

/** A process that a plane before this one started tells nobody of its end: it is looked at so often. */
const LOOK_AGAIN_MS = 1_000;

/** Resolves when the signal has aborted and no work is under way. Processes of jobs go on, and are found again. */
export async function runJobs(options: JobsOptions): Promise<void> {
  const pods = new JobPods(options, (job: Job) => controller.enqueue(`${job.metadata.namespace}/${job.metadata.name}`));
  const controller: Controller = runController({
    ...options,
    name: 'jobs',
    watches: [{ kind: JOB }, { kind: POD, map: mapToOwner(JOB, { namespaced: true }) }],
    concurrency: 4,
    reconcile: key => reconcileJob(options, pods, key),
  });
  await Promise.all([controller.stopped, runPods(options), runCronJobs(options)]);
}

async function reconcileJob(
  options: JobsOptions,
  pods: JobPods,
  key: string,
): Promise<{ requeueAfterMs?: number } | undefined> {
  const { client, clock = () => new Date() } = options;
  const job = await client.find<Job>(refOfKey(JOB, key));
  if (!job || job.metadata.deletionTimestamp !== undefined) return undefined;
  const refusal = isFinished(job) ? undefined : findRefusal(job.spec);
  if (refusal) return finish(options, job, [], { do: 'finish', type: 'Failed', ...refusal });
  const seen = await pods.observe(job);
  const now = clock();
  const steps = planJob(job, seen, now);
  for (const step of steps) {
    if (step.do === 'start') await pods.start(job);
    if (step.do === 'stop') await pods.stop(job, step.pod, step.because);
    if (step.do === 'remove') await pods.remove(job, step.pod);
    if (step.do === 'delete') return remove(client, job);
  }
  const after = steps.some(step => ['start', 'stop', 'remove'].includes(step.do)) ? await pods.observe(job) : seen;
  const end = steps.find(step => step.do === 'finish');
  if (end) return finish(options, job, after, end);
  await writeStatus(
    client,
    job,
    statusOf(job, after, { now, suspended: steps.find(step => step.do === 'suspend')?.suspended }),
  );
  return { requeueAfterMs: nextLook(steps, after) };
}

function nextLook(steps: JobStep[], pods: Pod[]): number | undefined {
  const waits = steps.flatMap(step => (step.do === 'wait' ? [step.ms] : []));
  if (pods.some(isActive)) waits.push(LOOK_AGAIN_MS);
  return waits.length === 0 ? undefined : Math.max(10, Math.min(...waits));
}

async function finish(
  { client, events, log, clock = () => new Date() }: JobsOptions,
  job: Job,
  pods: Pod[],
  { type, reason, message }: JobStep & { do: 'finish' },
): Promise<{ requeueAfterMs?: number }> {
  const now = clock();
  const status = statusOf(job, pods, { now });
  status.conditions = setCondition(status.conditions ?? [], { type, status: 'True', reason, message }, now);
  if (type === 'Complete') status.completionTime = kubeTime(now);
  await writeStatus(client, job, status);
  const failed = type === 'Failed';
  events.record(job, {
    type: failed ? 'Warning' : 'Normal',
    reason: failed ? reason : 'Completed',
    message: failed ? message : 'Job completed',
  });
  log.info(failed ? 'job failed' : 'job completed', {
    job: job.metadata.name,
    namespace: job.metadata.namespace,
    reason,
  });
  // Its own change wakes it again: then the time it may stay counts.
  return {};
}

function statusOf(job: Job, pods: Pod[], { now, suspended }: { now: Date; suspended?: boolean }): JobStatus {
  const active = pods.filter(isActive).length;
  const before = job.status ?? {};
  let conditions = conditionsOf(job);
  if (suspended !== undefined) conditions = setCondition(conditions, suspension(suspended), now);
  return {
    ...before,
    // The time that it was suspended for doesn't count towards its deadline.
    startTime: suspended ? undefined : (before.startTime ?? kubeTime(now)),
    ...(conditions.length > 0 && { conditions }),
    active,
    ready: pods.filter(pod => pod.status?.phase === 'Running').length,
    succeeded: countEnded(job, pods, 'Succeeded'),
    failed: countEnded(job, pods, 'Failed'),
  };
}

function suspension(suspended: boolean): { type: string; status: 'True' | 'False'; reason: string; message: string } {
  return suspended
    ? { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
    : { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' };
}

async function writeStatus(client: Client, job: Job, status: JobStatus): Promise<void> {
  if (!equalJson(job.status ?? {}, status)) await client.updateStatus({ ...job, status });
}

async function remove(client: Client, { metadata }: Job): Promise<undefined> {
  const { name, namespace, uid } = metadata;
  await client
    .delete({ ...JOB, name, namespace }, { propagationPolicy: 'Background', preconditions: { uid } })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}
