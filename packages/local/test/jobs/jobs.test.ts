/** Jobs as processes, over the real API: what is refused, what is honoured, and what never shows. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Job, Pod } from '../../src/jobs/types.ts';
import {
  conditionOf,
  isFailed,
  job,
  JOB,
  namespace,
  POD,
  podsOf,
  processesBelow,
  procText,
  SECRET,
  startRig,
  until,
  untilGone,
  untilTrue,
  type Rig,
} from './rig.ts';
import { scratchFolder } from '../scratch.ts';

const refTo = (name: string) => ({ ...JOB, name, namespace });
const isRunning = ({ status }: Job): boolean => status?.active === 1 && status.ready === 1;

test('jobs that this plane can’t run are refused with a condition that says what would do, and start nothing', async t => {
  const { client, home } = await startRig(t);
  const container = { name: 'c', image: 'postgres:17' };
  const refused: [string, Job, string, RegExp][] = [
    [
      'image',
      job('image', {}, { containers: [container] }),
      'ImageNotSupported',
      /image "postgres:17".*larder\.dev\/tools/,
    ],
    [
      'look',
      job('look', {}, { containers: [{ ...container, image: 'larder.dev/tools.evil:1' }] }),
      'ImageNotSupported',
      /tools\.evil/,
    ],
    ['indexed', job('indexed', { completionMode: 'Indexed', completions: 2 }), 'FieldNotSupported', /Indexed/],
    [
      'shell',
      job('shell', {}, { containers: [{ ...container, image: 'larder.dev/tools', command: ['sh', '-c', 'id'] }] }),
      'CommandNotSupported',
      /"sh"/,
    ],
    [
      'host',
      job('host', {}, { volumes: [{ name: 'v', hostPath: { path: '/etc' } }] }),
      'FieldNotSupported',
      /volume "v"/,
    ],
  ];
  await Promise.all(
    refused.map(async ([name, made, reason, message]) => {
      await client.create(made);
      const failed = conditionOf(await until<Job>(client, refTo(name), isFailed), 'Failed');
      assert.equal(failed?.reason, reason, name);
      assert.match(failed?.message ?? '', message);
      assert.deepEqual(await podsOf(client, name), []);
    }),
  );
  assert.deepEqual(processesBelow(home), []);
  assert.equal(existsSync(join(home.folder, 'out')), false);
});

test('a job that fails says so; its log is there over HTTPS, whole and in parts', async t => {
  const { client, read } = await startRig(t);
  await client.create(job('fails', {}, {}, '0s'));
  const failed = await until<Job>(client, refTo('fails'), isFailed);
  assert.equal(conditionOf(failed, 'Failed')?.reason, 'BackoffLimitExceeded');
  assert.deepEqual([failed.status?.failed, failed.status?.active], [1, 0]);
  const [pod] = (await podsOf(client, 'fails')) as Pod[];
  assert.equal(pod?.status?.containerStatuses?.[0]?.state.terminated?.exitCode, 2);
  const log = async (query: string): Promise<string> => {
    const { status, body } = await read(`/api/v1/namespaces/${namespace}/pods/${pod?.metadata.name}/log?${query}`);
    assert.equal(status, 200, body);
    return body;
  };
  const whole = await log('');
  assert.match(whole, /^larder-sql: cannot connect to 127\.0\.0\.1:1: .*\n$/);
  assert.equal(await log('follow=true'), whole);
  assert.equal(await log('tailLines=1'), whole);
  assert.equal(await log('tailLines=0'), '');
  assert.equal(await log('limitBytes=10'), whole.slice(0, 10));
  assert.match(await log('timestamps=true'), /^\d{4}-\d\d-\d\dT[\d:.]+Z larder-sql: /);
  assert.equal(await log('sinceSeconds=99999'), whole);
  assert.equal(await log('sinceTime=2999-01-01T00:00:00Z'), '');
  const other = await read(`/api/v1/namespaces/${namespace}/pods/${pod?.metadata.name}/log?previous=true`);
  assert.equal(other.status, 400);
});

test('a secret in the environment or a volume shows nowhere else', async t => {
  const rig = await startRig(t);
  const { client, home, logged } = rig;
  const password = 'hunter2-not-to-be-seen';
  const [template] = job('hides').spec.template.spec.containers;
  const env = (template?.env ?? []).filter(({ name }) => name !== 'PGPASSWORD');
  const container = {
    ...template,
    ...{ name: 'sql', args: ['-c', 'select $(PGPASSWORD)', '--wait', '9m'] },
    env: [...env, { name: 'PGPASSWORD', valueFrom: { secretKeyRef: { name: 'late', key: 'password' } } }],
    volumeMounts: [{ name: 'secret', mountPath: '/secret' }],
  };
  const volumes = [{ name: 'secret', secret: { secretName: 'late' } }];
  await client.create(job('hides', {}, { containers: [container], volumes }));
  const [waits] = await eventually(
    () => podsOf(client, 'hides'),
    pods => pods.length === 1,
  );
  const waiting = await until<Pod>(
    client,
    { ...POD, name: waits?.metadata.name ?? '', namespace },
    ({ status }) => status?.phase === 'Pending',
  );
  assert.match(waiting.status?.containerStatuses?.[0]?.state.waiting?.message ?? '', /secret "late" not found/);
  await client.create({ ...SECRET, metadata: { name: 'late', namespace }, stringData: { password } });
  await until<Job>(client, refTo('hides'), isRunning);
  const pids = processesBelow(home);
  assert.ok(pids.length > 0);
  for (const pid of pids) assert.doesNotMatch(procText(pid, 'cmdline') + procText(pid, 'environ'), /hunter2/);
  const objects = await Promise.all([client.get(refTo('hides')), podsOf(client, 'hides')]);
  assert.doesNotMatch(JSON.stringify(objects), /hunter2/);
  const held = filesBelow(home.jobs).filter(file => readFileSync(file, 'utf8').includes('hunter2'));
  assert.deepEqual(
    held.map(file => file.split('/').slice(-3).join('/')),
    ['volumes/secret/password'],
  );
  for (const file of filesBelow(home.jobs)) assert.equal(statSync(file).mode & 0o077, 0, file);
  await endProcesses(rig);
  await until<Job>(client, refTo('hides'), isFailed);
  const events = await client.list({ apiVersion: 'v1', kind: 'Event' }, { namespace });
  assert.doesNotMatch(JSON.stringify(events) + logged(), /hunter2/);
});

test('a job that takes longer than it may is ended', async t => {
  const { client, home } = await startRig(t);
  await client.create(job('late', { activeDeadlineSeconds: 2 }));
  const failed = await until<Job>(client, refTo('late'), isFailed);
  assert.equal(conditionOf(failed, 'Failed')?.reason, 'DeadlineExceeded');
  assert.deepEqual(processesBelow(home), []);
});

test('a suspended job has no process, has not failed, and its deadline waits', async t => {
  const { client, home } = await startRig(t);
  await client.create(job('rests', { activeDeadlineSeconds: 100_000 }));
  const before = await until<Job>(client, refTo('rests'), isRunning);
  const suspend = (value: boolean): Promise<unknown> =>
    client.patch(refTo('rests'), { type: 'merge', body: { spec: { suspend: value } } });
  await suspend(true);
  const resting = await until<Job>(
    client,
    refTo('rests'),
    each => conditionOf(each, 'Suspended')?.status === 'True' && each.status?.active === 0,
  );
  assert.deepEqual([resting.status?.startTime, resting.status?.failed], [undefined, 0]);
  await untilTrue('its process is gone', () => processesBelow(home).length === 0);
  await suspend(false);
  const again = await until<Job>(client, refTo('rests'), isRunning);
  assert.equal(conditionOf(again, 'Suspended')?.status, 'False');
  assert.ok((again.status?.startTime ?? '') >= (before.status?.startTime ?? ''));
  assert.equal(isFailed(again), false);
});

test('a job that is deleted leaves no process, pod or file', async t => {
  const { client, home } = await startRig(t);
  await client.create(job('goes'));
  await until<Job>(client, refTo('goes'), isRunning);
  await client.delete(refTo('goes'), { propagationPolicy: 'Foreground' });
  await untilGone(client, refTo('goes'));
  await untilTrue(
    'its process and files are gone',
    () => processesBelow(home).length === 0 && filesBelow(home.jobs).length === 0,
  );
  assert.deepEqual(await podsOf(client, 'goes'), []);
});

test('a finished job goes when its time is over', async t => {
  const { client } = await startRig(t);
  await client.create(job('brief', { ttlSecondsAfterFinished: 1 }, {}, '0s'));
  await untilGone(client, refTo('brief'));
});

test('as many run at once as it says, also when it says so later', async t => {
  const { client, home } = await startRig(t);
  await client.create(job('many', { parallelism: 3, completions: 5, backoffLimit: 6 }));
  await until<Job>(client, refTo('many'), ({ status }) => status?.ready === 3);
  assert.equal(processesBelow(home).length, 3);
  await client.patch(refTo('many'), { type: 'merge', body: { spec: { parallelism: 1 } } });
  await until<Job>(client, refTo('many'), ({ status }) => status?.active === 1);
  await untilTrue('two processes are gone', () => processesBelow(home).length === 1);
  const now = await client.get<Job>(refTo('many'));
  assert.equal(now.status?.failed, 0);
});

test('a pod that is deleted by hand is replaced', async t => {
  const { client } = await startRig(t);
  await client.create(job('stubborn'));
  await until<Job>(client, refTo('stubborn'), isRunning);
  const [first] = await podsOf(client, 'stubborn');
  await client.delete({ ...POD, name: first?.metadata.name ?? '', namespace });
  await eventually(
    () => podsOf(client, 'stubborn'),
    pods => pods.length === 1 && pods[0]?.metadata.name !== first?.metadata.name,
  );
  await until<Job>(client, refTo('stubborn'), isRunning);
});

test('a job’s process outlives the plane, and the next plane takes it on; what ended meanwhile has failed once', async t => {
  const folder = scratchFolder();
  const first = await startRig(t, folder);
  await first.client.create(job('stays'));
  await first.client.create(job('dies'));
  await until<Job>(first.client, refTo('stays'), isRunning);
  await until<Job>(first.client, refTo('dies'), isRunning);
  const pids = processesBelow(first.home).sort();
  const [dying] = await podsOf(first.client, 'dies');
  await first.stop();
  assert.deepEqual(processesBelow(first.home).sort(), pids);
  const victim = pids.find(pid => readlinkSync(`/proc/${pid}/cwd`).endsWith(dying?.metadata.name ?? '-')) ?? 0;
  const began = (): boolean => readFileSync(`/proc/${victim}/cwd/progress`, 'utf8').startsWith('started');
  await untilTrue('it has begun', began);
  process.kill(victim, 'SIGKILL');
  await untilTrue('it is gone', () => processesBelow(first.home).length === 1);
  const second = await startRig(t, folder);
  const failed = await until<Job>(second.client, refTo('dies'), isFailed);
  assert.equal(failed.status?.failed, 1);
  const running = await until<Job>(second.client, refTo('stays'), isRunning);
  assert.equal(running.status?.failed, 0);
  assert.deepEqual(
    processesBelow(second.home),
    pids.filter(pid => pid !== victim),
  );
  assert.equal((await podsOf(second.client, 'stays')).length, 1);
});

async function eventually<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`cannot wait any longer: ${JSON.stringify(value)}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Ends processes that have begun; one that hadn't would simply be started again. */
async function endProcesses({ home }: Rig): Promise<void> {
  const began = (pid: number): boolean => readFileSync(`/proc/${pid}/cwd/progress`, 'utf8').startsWith('started');
  await untilTrue('processes have begun', () => processesBelow(home).every(began));
  for (const pid of processesBelow(home)) process.kill(pid, 'SIGKILL');
  await untilTrue('processes are gone', () => processesBelow(home).length === 0);
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}
