/** What a job needs next, as a table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planJob, type JobStep } from '../src/jobs/plan-job.ts';
import type { Job, JobSpec, JobStatus, Pod } from '../src/jobs/types.ts';

const now = new Date('2026-01-01T12:00:00Z');
const secondsAgo = (seconds: number): string => new Date(now.getTime() - seconds * 1_000).toISOString();

function job(spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job {
  const template = { spec: { containers: [{ name: 'sql' }] } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' }, spec: { template, ...spec }, status };
}

function pod(name: string, phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed', endedAgo = 0): Pod {
  const terminated = { exitCode: 1, reason: 'Error', finishedAt: secondsAgo(endedAgo) };
  const container = {
    name: 'sql',
    ready: false,
    started: false,
    restartCount: 0,
    image: '',
    imageID: '',
    state: { terminated },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [] },
    status: { phase, containerStatuses: [container] },
  };
}

const made = (name: string, creationTimestamp: string): Pod => {
  const one = pod(name, 'Running');
  return { ...one, metadata: { ...one.metadata, creationTimestamp } };
};
const start: JobStep = { do: 'start' };
const failed = (reason: string, message: string): JobStep => ({ do: 'finish', type: 'Failed', reason, message });
const backoffExceeded = failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
const deadlineExceeded = failed('DeadlineExceeded', 'Job was active longer than specified deadline');
const complete: JobStep = {
  do: 'finish',
  type: 'Complete',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};
const finished = (type: string, ago: number): JobStatus => ({
  conditions: [{ type, status: 'True', reason: 'X', lastTransitionTime: secondsAgo(ago) }],
});

const cases: { name: string; job: Job; pods: Pod[]; want: JobStep[] }[] = [
  { name: 'a new job starts one pod', job: job(), pods: [], want: [start] },
  { name: 'a job whose pod runs waits', job: job(), pods: [pod('a', 'Running')], want: [] },
  { name: 'a pod that waits for its secret counts as active', job: job(), pods: [pod('a', 'Pending')], want: [] },
  { name: 'a success completes it', job: job(), pods: [pod('a', 'Succeeded')], want: [complete] },
  {
    name: 'parallelism starts several at once',
    job: job({ parallelism: 2, completions: 3 }),
    pods: [],
    want: [start, start],
  },
  {
    name: 'no more pods than completions that lack',
    job: job({ parallelism: 5, completions: 3 }),
    pods: [pod('a', 'Succeeded'), pod('b', 'Running')],
    want: [start],
  },
  { name: 'parallelism 0 pauses', job: job({ parallelism: 0 }), pods: [], want: [] },
  {
    name: 'a failure is tried again after 10 s',
    job: job(),
    pods: [pod('a', 'Failed', 4)],
    want: [{ do: 'wait', ms: 6_000 }],
  },
  {
    name: 'the second failure after 20 s',
    job: job(),
    pods: [pod('a', 'Failed', 40), pod('b', 'Failed', 5)],
    want: [{ do: 'wait', ms: 15_000 }],
  },
  { name: 'then it starts again', job: job(), pods: [pod('a', 'Failed', 11)], want: [start] },
  {
    name: 'backoffLimit 0 allows no second try',
    job: job({ backoffLimit: 0 }),
    pods: [pod('a', 'Failed')],
    want: [backoffExceeded],
  },
  {
    name: 'what fails for good stops what still runs',
    job: job({ backoffLimit: 0, parallelism: 2, completions: 2 }),
    pods: [pod('a', 'Failed'), pod('b', 'Running')],
    want: [{ do: 'stop', pod: 'b', because: 'Job has reached the specified backoff limit' }, backoffExceeded],
  },
  {
    name: 'the deadline counts from the start of the job',
    job: job({ activeDeadlineSeconds: 30 }, { startTime: secondsAgo(31) }),
    pods: [pod('a', 'Running')],
    want: [{ do: 'stop', pod: 'a', because: 'Job was active longer than specified deadline' }, deadlineExceeded],
  },
  {
    name: 'before the deadline it is looked at again in time',
    job: job({ activeDeadlineSeconds: 30 }, { startTime: secondsAgo(10) }),
    pods: [pod('a', 'Running')],
    want: [{ do: 'wait', ms: 20_000 }],
  },
  {
    name: 'suspending removes the pods: they have not failed',
    job: job({ suspend: true }),
    pods: [pod('a', 'Running')],
    want: [
      { do: 'remove', pod: 'a' },
      { do: 'suspend', suspended: true },
    ],
  },
  {
    name: 'a lower parallelism removes the youngest',
    job: job({ parallelism: 1, completions: 3 }),
    pods: [made('old', '2026-01-01T10:00:00Z'), made('young', '2026-01-01T11:00:00Z')],
    want: [{ do: 'remove', pod: 'young' }],
  },
  { name: 'without completions as many run as may', job: job({ parallelism: 2 }), pods: [], want: [start, start] },
  {
    name: 'without completions a success starts no more, and the rest may end',
    job: job({ parallelism: 3 }),
    pods: [pod('a', 'Succeeded'), pod('b', 'Running')],
    want: [],
  },
  {
    name: 'without completions it is complete when all have ended',
    job: job({ parallelism: 3 }),
    pods: [pod('a', 'Succeeded'), pod('b', 'Failed')],
    want: [complete],
  },
  {
    name: 'failures whose pods were deleted stay counted',
    job: job({ backoffLimit: 1 }, { failed: 2 }),
    pods: [],
    want: [backoffExceeded],
  },
  {
    name: 'a success whose pod was deleted stays one',
    job: job({ completions: 1 }, { succeeded: 1 }),
    pods: [],
    want: [complete],
  },
  {
    name: 'resuming starts them again',
    job: job({}, { conditions: [{ type: 'Suspended', status: 'True', reason: 'JobSuspended' }] }),
    pods: [],
    want: [{ do: 'suspend', suspended: false }, start],
  },
  {
    name: 'a finished job does nothing',
    job: job({}, finished('Complete', 5)),
    pods: [pod('a', 'Succeeded')],
    want: [],
  },
  {
    name: 'ttlSecondsAfterFinished counts from its end',
    job: job({ ttlSecondsAfterFinished: 60 }, finished('Failed', 50)),
    pods: [],
    want: [{ do: 'wait', ms: 10_000 }],
  },
  {
    name: 'then it is deleted',
    job: job({ ttlSecondsAfterFinished: 60 }, finished('Complete', 61)),
    pods: [],
    want: [{ do: 'delete' }],
  },
];
for (const { name, job, pods, want } of cases) test(name, () => assert.deepEqual(planJob(job, pods, now), want));
