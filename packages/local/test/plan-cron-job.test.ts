/** When a CronJob is due, as a table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobNameFor, planCronJob, type CronJob, type CronStep } from '../src/jobs/plan-cron-job.ts';
import type { Job } from '../src/jobs/types.ts';

const now = new Date('2026-01-01T12:00:20Z');

function cronJob(spec: Partial<CronJob['spec']> = {}, lastScheduleTime = '2026-01-01T11:59:00Z'): CronJob {
  const jobTemplate = { spec: { template: { spec: { containers: [] } } } };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'cron' },
    spec: { schedule: '* * * * *', jobTemplate, ...spec },
    status: { lastScheduleTime },
  };
}

function job(name: string, ended?: 'Complete' | 'Failed', startTime = '2026-01-01T00:00:00Z'): Job {
  const conditions = ended ? [{ type: ended, status: 'True' as const, reason: 'X' }] : [];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { template: { spec: { containers: [] } } },
    status: { startTime, conditions },
  };
}

const start: CronStep = { do: 'start', at: new Date('2026-01-01T12:00:00Z') };
const next: CronStep = { do: 'wait', ms: 40_000 };
const forbidden = 'the job before is still running, and concurrencyPolicy is Forbid';

const cases: { name: string; cronJob: CronJob; jobs?: Job[]; want: CronStep[] }[] = [
  { name: 'a moment that passed since the last one is due', cronJob: cronJob(), want: [start, next] },
  { name: 'the same moment is due once', cronJob: cronJob({}, '2026-01-01T12:00:00Z'), want: [next] },
  {
    name: 'of many missed moments the newest counts',
    cronJob: cronJob({}, '2025-12-01T00:00:00Z'),
    want: [start, next],
  },
  { name: 'too late is skipped', cronJob: cronJob({ startingDeadlineSeconds: 10 }), want: [next] },
  { name: 'a suspended one does nothing', cronJob: cronJob({ suspend: true }), want: [] },
  {
    name: 'Forbid leaves the running one alone',
    cronJob: cronJob({ concurrencyPolicy: 'Forbid' }),
    jobs: [job('a')],
    want: [{ do: 'skip', at: start.at, because: forbidden }, next],
  },
  {
    name: 'Replace ends the running one',
    cronJob: cronJob({ concurrencyPolicy: 'Replace' }),
    jobs: [job('a')],
    want: [{ do: 'delete', job: 'a' }, start, next],
  },
  { name: 'Allow runs both', cronJob: cronJob(), jobs: [job('a')], want: [start, next] },
  {
    name: 'the time zone counts',
    cronJob: cronJob({ schedule: '0 13 * * *', timeZone: 'Europe/Berlin' }),
    want: [start, { do: 'wait', ms: 86_380_000 }],
  },
  {
    name: 'old jobs go, the newest stay',
    cronJob: cronJob({ suspend: true, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 }),
    jobs: [job('old', 'Complete'), job('new', 'Complete', '2026-01-01T01:00:00Z'), job('bad', 'Failed')],
    want: [
      { do: 'delete', job: 'old' },
      { do: 'delete', job: 'bad' },
    ],
  },
];
for (const { name, cronJob, jobs = [], want } of cases)
  test(name, () => assert.deepEqual(planCronJob(cronJob, jobs, now), want));

test('a schedule that is none is said, not run', () => {
  const [step] = planCronJob(cronJob({ schedule: '61 * * * *' }), [], now);
  assert.equal(step?.do, 'invalid');
  assert.match(step.message, /invalid schedule "61 \* \* \* \*"/);
});

const never: { spec: unknown; want: RegExp }[] = [
  { spec: undefined, want: /spec\.jobTemplate\.spec is missing/ },
  { spec: { schedule: '* * * * *' }, want: /spec\.jobTemplate\.spec is missing/ },
  ...[
    undefined,
    5,
    '',
    '* * * *',
    '* * * * * *',
    '*/0 * * * *',
    'TZ=UTC * * * * *',
    '* * * * mon-x',
    '*'.repeat(10_000),
  ].map(schedule => ({ spec: { ...cronJob().spec, schedule }, want: /^invalid schedule .*: / })),
  { spec: { ...cronJob().spec, schedule: '0 0 30 2 *' }, want: /there is no such day/ },
  { spec: { ...cronJob().spec, schedule: '2026-02-01T00:00:00' }, want: /it is a moment/ },
  { spec: { ...cronJob().spec, schedule: '@every 5m' }, want: /@every is not supported; write five fields/ },
  ...['Local', 'Mars/Phobos', 'UTC+3', '../UTC'].map(timeZone => ({
    spec: { ...cronJob().spec, timeZone },
    want: /invalid schedule "\* \* \* \* \*" in time zone ".*": /,
  })),
  { spec: { ...cronJob().spec, timeZone: ' ' }, want: /the time zone has no name; leave it out for UTC/ },
];
for (const { spec, want } of never)
  test(`stored all the same, and never run: ${JSON.stringify(spec)?.slice(0, 80)}`, () => {
    const steps = planCronJob({ ...cronJob(), spec: spec as CronJob['spec'] }, [], now);
    assert.deepEqual(
      steps.map(step => step.do),
      ['invalid'],
    );
    const [step] = steps;
    assert.ok(step?.do === 'invalid' && want.test(step.message) && step.message.length < 600, JSON.stringify(step));
  });

test('one moment has one name', () => {
  assert.equal(jobNameFor(cronJob(), new Date('2026-01-01T12:00:00Z')), 'cron-29454480');
});
