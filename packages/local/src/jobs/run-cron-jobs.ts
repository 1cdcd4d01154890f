/** Makes the Jobs of CronJobs when they are due. */
import { kubeTime, mapToOwner, refOfKey, runController } from '@larder/controller';
import { equalJson, isAlreadyExists, isNotFound, type Client } from '@larder/kube';
import { isFinished } from './plan-job.ts';
import { jobNameFor, planCronJob, type CronJob, type CronStep } from './plan-cron-job.ts';
import type { JobsOptions } from './run-jobs.ts';
import type { Job } from './types.ts';

const CRON_JOB = { apiVersion: 'batch/v1', kind: 'CronJob' };
const JOB = { apiVersion: 'batch/v1', kind: 'Job' };

/** Timers hold 24 days at most, and the clock may be set meanwhile. */
const LONGEST_WAIT_MS = 3_600_000;

/** Resolves when the signal has aborted and no work is under way. */
export async function runCronJobs(options: JobsOptions): Promise<void> {
  const controller = runController({
    ...options,
    name: 'cronjobs',
    watches: [{ kind: CRON_JOB }, { kind: JOB, map: mapToOwner(CRON_JOB, { namespaced: true }) }],
    reconcile: key => reconcileCronJob(options, key),
  });
  await controller.stopped;
}

async function reconcileCronJob(options: JobsOptions, key: string): Promise<{ requeueAfterMs?: number } | undefined> {
  const { client, clock = () => new Date() } = options;
  const cronJob = await client.find<CronJob>(refOfKey(CRON_JOB, key));
  if (!cronJob || cronJob.metadata.deletionTimestamp !== undefined) return undefined;
  const { items } = await client.list<Job>(JOB, { namespace: cronJob.metadata.namespace });
  const jobs = items.filter(job => job.metadata.ownerReferences?.some(owner => owner.uid === cronJob.metadata.uid));
  const steps = planCronJob(cronJob, jobs, clock());
  for (const step of steps) await carryOut(options, cronJob, step);
  await writeStatus(client, cronJob, jobs, steps);
  const wait = steps.find(step => step.do === 'wait');
  return { requeueAfterMs: wait && Math.min(wait.ms, LONGEST_WAIT_MS) };
}

async function carryOut({ client, events }: JobsOptions, cronJob: CronJob, step: CronStep): Promise<void> {
  const { namespace } = cronJob.metadata;
  if (step.do === 'start') await makeJob(client, cronJob, step.at);
  if (step.do === 'delete')
    await client
      .delete({ ...JOB, name: step.job, namespace }, { propagationPolicy: 'Background' })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  if (step.do === 'skip') events.record(cronJob, { type: 'Normal', reason: 'JobAlreadyActive', message: step.because });
  if (step.do === 'invalid')
    events.record(cronJob, { type: 'Warning', reason: 'UnparseableSchedule', message: step.message });
}

async function makeJob(client: Client, cronJob: CronJob, at: Date): Promise<void> {
  const { name, namespace, uid } = cronJob.metadata;
  const { metadata = {}, spec } = cronJob.spec.jobTemplate;
  const owner = { ...CRON_JOB, name, uid: uid!, controller: true, blockOwnerDeletion: true };
  const annotations = { ...metadata.annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': kubeTime(at) };
  const job: Job = {
    ...JOB,
    metadata: { ...metadata, annotations, name: jobNameFor(cronJob, at), namespace, ownerReferences: [owner] },
    spec,
  };
  await client.create(job).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

async function writeStatus(client: Client, cronJob: CronJob, jobs: Job[], steps: CronStep[]): Promise<void> {
  // A run that was skipped is still due: when the one before it ends, it may begin.
  const last = steps.find(step => step.do === 'start')?.at;
  const active = jobs.filter(job => !isFinished(job));
  const succeeded = jobs
    .map(job => job.status?.completionTime ?? '')
    .sort()
    .at(-1);
  const before = cronJob.status ?? {};
  const status: NonNullable<CronJob['status']> = { ...before, active: active.map(refTo) };
  if (last) status.lastScheduleTime = kubeTime(last);
  if (succeeded && succeeded > (before.lastSuccessfulTime ?? '')) status.lastSuccessfulTime = succeeded;
  if (active.length === 0) delete status.active;
  if (!equalJson(before, status)) await client.updateStatus<CronJob>({ ...cronJob, status });
}

function refTo({ metadata: { name, namespace, uid, resourceVersion } }: Job): object {
  return { ...JOB, name, namespace, uid, resourceVersion };
}
