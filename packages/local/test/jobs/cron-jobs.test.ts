/** CronJobs over the real API, with a clock of the test's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import type { CronJob } from '../../src/jobs/plan-cron-job.ts';
import type { Job } from '../../src/jobs/types.ts';
import {
  CRON_JOB,
  isFailed,
  job,
  JOB,
  namespace,
  startRig,
  until,
  untilGone,
  untilTold,
  untilTrue,
  type Rig,
} from './rig.ts';

const ref = { ...CRON_JOB, name: 'cron', namespace };

function cronJob(spec: Partial<CronJob['spec']> = {}, wait = '9m'): CronJob {
  return {
    ...CRON_JOB,
    metadata: { name: 'cron', namespace },
    spec: { schedule: '0 * * * *', jobTemplate: { spec: job('x', {}, {}, wait).spec }, ...spec },
  };
}

/** The API stamps creations with the real time: the clock begins there. */
async function make(rig: Rig, made: CronJob): Promise<(minutes: number) => Promise<void>> {
  const { metadata } = await rig.client.create(made);
  const hour = 3_600_000;
  const start = Math.ceil(Date.parse(metadata.creationTimestamp ?? '') / hour) * hour;
  let turn = 0;
  return async minutes => {
    rig.clock.now = new Date(start + minutes * 60_000);
    // What its timer would do.
    const body = { metadata: { annotations: { turn: String(++turn) } } };
    await rig.client.patch(ref, { type: 'merge', body });
  };
}

const jobsOf = async ({ client }: Rig): Promise<Job[]> =>
  (await client.list<Job>(JOB, { namespace })).items.filter(
    each => each.metadata.ownerReferences?.[0]?.kind === 'CronJob',
  );

async function untilJobs(rig: Rig, count: number): Promise<Job[]> {
  let jobs: Job[] = [];
  let looking = false;
  await untilTrue(`there are ${count} jobs`, () => {
    if (!looking) {
      looking = true;
      void jobsOf(rig).then(found => {
        jobs = found;
        looking = false;
      });
    }
    return jobs.length === count;
  });
  return jobs;
}

const activeCount = (object: KubeObject): number => (object as CronJob).status?.active?.length ?? 0;

test('a job is made when it is due, once, owned, and named for its moment', async t => {
  const rig = await startRig(t);
  const at = await make(rig, cronJob());
  await at(1);
  const [made] = await untilJobs(rig, 1);
  assert.match(made?.metadata.name ?? '', /^cron-\d+$/);
  assert.match(JSON.stringify(made?.metadata.annotations), /cronjob-scheduled-timestamp/);
  const seen = await until<CronJob>(rig.client, ref, each => activeCount(each) === 1);
  assert.ok(seen.status?.lastScheduleTime);
  await at(2);
  await at(59);
  assert.equal((await untilJobs(rig, 1)).length, 1);
});

test('after a long sleep one run makes up for all that were missed', async t => {
  const rig = await startRig(t);
  const at = await make(rig, cronJob());
  await at(10 * 60 + 5);
  await until<CronJob>(rig.client, ref, each => activeCount(each) === 1);
  assert.equal((await jobsOf(rig)).length, 1);
});

test('Forbid waits for the run before, then makes up for the one it skipped', async t => {
  const rig = await startRig(t);
  const at = await make(rig, cronJob({ concurrencyPolicy: 'Forbid' }));
  await at(1);
  const [first] = await untilJobs(rig, 1);
  const before = (await until<CronJob>(rig.client, ref, each => activeCount(each) === 1)).status?.lastScheduleTime;
  await at(61);
  await untilTold(rig.client, 'JobAlreadyActive');
  assert.equal((await jobsOf(rig)).length, 1);
  assert.equal((await rig.client.get<CronJob>(ref)).status?.lastScheduleTime, before);
  await rig.client.delete({ ...JOB, name: first?.metadata.name ?? '', namespace }, { propagationPolicy: 'Background' });
  const after = await until<CronJob>(rig.client, ref, each => each.status?.lastScheduleTime !== before);
  assert.ok(after.status?.lastScheduleTime);
  assert.notEqual((await untilJobs(rig, 1))[0]?.metadata.name, first?.metadata.name);
});

test('Replace ends the run before', async t => {
  const rig = await startRig(t);
  const at = await make(rig, cronJob({ concurrencyPolicy: 'Replace' }));
  await at(1);
  const [first] = await untilJobs(rig, 1);
  await at(61);
  await untilGone(rig.client, { ...JOB, name: first?.metadata.name ?? '', namespace });
  await untilJobs(rig, 1);
});

test('a suspended one makes none, nor one that is too late; what was missed while suspended comes once', async t => {
  const rig = await startRig(t);
  const at = await make(rig, cronJob({ suspend: true }));
  await at(61);
  await rig.client.patch(ref, { type: 'merge', body: { spec: { suspend: false, startingDeadlineSeconds: 30 } } });
  await at(62);
  // The next moment is due: whatever an earlier turn had made would be there beside it.
  await at(120);
  assert.equal((await untilJobs(rig, 1)).length, 1);
});

test('of those that failed the last is kept', async t => {
  const rig = await startRig(t);
  const at = await make(rig, cronJob({}, '0s'));
  for (let hour = 0; hour < 3; hour++) {
    await at(hour * 60 + 1);
    const name =
      (await until<CronJob>(
        rig.client,
        ref,
        each => (each.status?.lastScheduleTime ?? '') >= rig.clock.now.toISOString().slice(0, 13),
      ),
      `cron-${Math.floor((rig.clock.now.getTime() - 60_000) / 60_000)}`);
    await until<Job>(rig.client, { ...JOB, name, namespace }, isFailed);
  }
  await untilJobs(rig, 1);
});

test('a schedule or time zone that is none is told, and nothing is made', async t => {
  const rig = await startRig(t);
  for (const [name, spec] of [
    ['bad', { schedule: 'never' }],
    ['zone', { timeZone: 'Europe/Atlantis' }],
  ] as const) {
    const made = cronJob(spec);
    const refused = await rig.client.create({ ...made, metadata: { name, namespace } }).then(
      () => undefined,
      (error: unknown) => error,
    );
    // Refused at once, or told as an event.
    if (refused !== undefined) continue;
    await untilTold(rig.client, 'UnparseableSchedule', name);
  }
  assert.deepEqual(await jobsOf(rig), []);
});
