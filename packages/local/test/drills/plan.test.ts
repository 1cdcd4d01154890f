/** What is decided about drills: when, how much would have been lost, what is alarming, and what is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@larder/archive';
import type { DrillReport, DrillStatus, PostgresArchive } from '@larder/catalog';
import { advise, drillEvent, drillFinding } from '../../src/drills/findings.ts';
import { planDrill } from '../../src/drills/plan.ts';
import { differences } from '../../src/drills/worker/catalogue.ts';
import { judgeAnswer } from '../../src/drills/worker/examine.ts';
import { lossOf } from '../../src/drills/worker/loss.ts';
import { isOfTheWorld, NotDoneError } from '../../src/drills/worker/verdict.ts';
import { durationText } from '../../src/drills/worker/words.ts';

const now = new Date('2026-11-23T12:00:00Z');
const schedule = '30 4 * * *';
const undone = { ended: { result: 'NotDone' as const } };
const waited = (completedAt: string, next: string): DrillStatus => ({
  ...{ schedule, next },
  last: { result: 'NotDone', startedAt: completedAt, completedAt },
});
const tomorrow = '2026-11-24T04:30:00.000Z';

for (const { name, input, want } of [
  { name: 'nothing is wanted', input: { schedule: undefined, status: undefined }, want: [false, undefined] },
  { name: 'just asked for: the next time', input: { schedule, status: undefined }, want: [false, tomorrow] },
  {
    name: 'another schedule than before',
    input: { schedule, status: { schedule: '@daily', next: '2026-11-23T00:00:00.000Z' } },
    want: [false, tomorrow],
  },
  {
    name: 'missed while the plane was down: once',
    input: { schedule, status: { schedule, next: '2026-11-20T04:30:00.000Z' } },
    want: [true, '2026-11-20T04:30:00.000Z'],
  },
  {
    name: 'the clock was set back by a year meanwhile',
    input: { schedule, status: { schedule, next: '2027-11-24T04:30:00.000Z' } },
    want: [false, tomorrow],
  },
  {
    name: 'one has just passed',
    input: { schedule, status: { schedule, next: '2026-11-23T11:59:00.000Z' }, ended: { result: 'Passed' as const } },
    want: [false, tomorrow],
  },
  {
    name: 'one that failed is not held again and again',
    input: { schedule, status: undefined, ended: { result: 'Failed' as const } },
    want: [false, tomorrow],
  },
  {
    name: 'one that could not be held is tried again soon',
    input: { schedule, status: undefined, ended: { result: 'NotDone' as const } },
    want: [false, '2026-11-23T12:01:00.000Z'],
  },
  {
    name: 'and twice as late each time',
    input: { schedule, status: waited('2026-11-23T11:48:00.000Z', '2026-11-23T11:58:00.000Z'), ...undone },
    want: [false, '2026-11-23T12:20:00.000Z'],
  },
  {
    name: 'but within the hour',
    input: { schedule, status: waited('2026-11-23T10:58:00.000Z', '2026-11-23T11:58:00.000Z'), ...undone },
    want: [false, '2026-11-23T13:00:00.000Z'],
  },
])
  test(`when: ${name}`, () => {
    const { isDue, next } = planDrill({ ...input, now });
    assert.deepEqual([isDue, next?.toISOString()], want);
  });

const upTo = new Date('2026-11-23T11:00:00Z');
const lastWal = '000000010000000000000007';
const quiet = { wal: '000000010000000000000008', offset: 9000, waiting: 0, switchMs: 300_000 };
for (const { name, input, want } of [
  { name: 'the server does not answer: all since', input: {}, want: 3_600_000 },
  { name: 'nothing was written since', input: { position: { ...quiet, offset: 40 } }, want: 0 },
  { name: 'just at the end of the last file', input: { position: { ...quiet, wal: lastWal, offset: 0 } }, want: 0 },
  { name: 'what is written is completed after five minutes', input: { position: quiet }, want: 300_000 },
  { name: 'unless files wait for the bucket', input: { position: { ...quiet, waiting: 3 } }, want: 3_600_000 },
  { name: 'less than five minutes', input: { upTo: new Date(now.getTime() - 9_000), position: quiet }, want: 9_000 },
  { name: 'a clock that goes wrong', input: { upTo: new Date(now.getTime() + 9_000) }, want: 0 },
])
  test(`lost: ${name}`, () => assert.equal(lossOf({ now, upTo, lastWal, ...input }), want));

for (const [ms, want] of [
  [0, '0s'],
  [1, '1s'],
  [59_001, '1m'],
  [130_000, '2m10s'],
  [3_600_000, '1h'],
  [11_100_000, '3h5m'],
  [200_000_000, '2d7h'],
] as const)
  test(`${ms} ms are ${want}`, () => assert.equal(durationText(ms), want));

test('the owner’s query must give a single row that begins with true', () => {
  assert.match(judgeAnswer([{ fine: true }]), /gave true/);
  for (const [rows, words] of [
    [[{ fine: false }], /gave false/],
    [[], /gave 0 rows/],
    [[{ a: true }, { a: true }], /gave 2 rows/],
    [[{ count: '42' }], /neither true nor false: compare/],
    [[{ fine: null }], /neither true nor false/],
    [[{}], /neither true nor false/],
  ] as const)
    assert.throws(() => judgeAnswer([...rows]), words);
});

test('only a backup that can’t be had back alarms: an outage, a full disk or a killed server does not', () => {
  const coded = (code: string): Error => Object.assign(new Error('x'), { code });
  for (const error of [
    new NotDoneError('no room'),
    new StoreError('transient', 'the store is away', { code: 'x' }),
    coded('ENOSPC'),
    coded('53200'),
    coded('57P03'),
    new Error('the server was ended by SIGKILL while it recovered: it said nothing'),
    new Error('cannot read it', { cause: coded('ECONNRESET') }),
  ])
    assert.ok(isOfTheWorld(error), error.message);
  for (const error of [
    new Error('the file base/1/2 has 1 damaged page (block 3)'),
    coded('XX001'),
    coded('XX002'),
    coded('57014'),
    new Error('incorrect data check'),
  ])
    assert.ok(!isOfTheWorld(error), error.message);
});

test('catalogues that differ are told by what there is more or less of', () => {
  const there = { roles: { count: 2, sum: 'a' }, 'tables of "app"': { count: 3, sum: 'b' } };
  assert.deepEqual(differences(there, structuredClone(there)), []);
  assert.deepEqual(differences(there, { ...there, roles: { count: 2, sum: 'x' } }), ['the roles differ']);
  assert.deepEqual(differences(there, { roles: there.roles }), ['there are 0 tables of "app" where the server had 3']);
});

const archive = (drill?: object): PostgresArchive => ({
  apiVersion: 'local.larder.dev/v1alpha1',
  kind: 'PostgresArchive',
  metadata: { name: 'postgres1-abcde' },
  spec: {
    schedule: '@daily',
    keepAfterDeletionSeconds: 0,
    claim: { namespace: 'my-app', name: 'postgres1' },
    ...(drill ? { drill: { schedule } } : {}),
  },
});

const report = (result: DrillReport['result'], message?: string): DrillReport => ({
  ...{ result, startedAt: '', completedAt: '', backupName: '20261123T010700', recoveryTime: '12s', dataLoss: '0s' },
  ...(message === undefined ? {} : { message }),
});

test('who reads of a drill that did not pass reads what to do', () => {
  const damaged = advise(report('Failed', 'the index public.a is damaged.'), archive());
  assert.match(
    damaged.message ?? '',
    /larder backup postgres1 -n my-app\), and drill it \(larder drill postgres1 -n my-app/,
  );
  const asked = advise(report('Failed', 'your query gave false.'), archive());
  assert.match(asked.message ?? '', /larder clone postgres1 look -n my-app; then correct the data, or the query/);
  assert.match(
    advise(report('NotDone', 'No room.'), archive()).message ?? '',
    /Try again: larder drill postgres1 -n my-app\.$/,
  );
  assert.match(advise(report('NotDone', 'No room.'), archive({})).message ?? '', /It is tried again\.$/);
  assert.equal(advise(report('Passed'), archive()).message, undefined);
});

test('a drill that was not held takes no alarm back, and raises none where none was scheduled', () => {
  const undone = report('NotDone', 'No room.');
  assert.equal(drillFinding(undone, { isScheduled: false }), undefined);
  assert.equal(drillFinding(undone, { isScheduled: true, before: { status: 'False' } }), undefined);
  assert.equal(drillFinding(undone, { isScheduled: true })?.status, 'Unknown');
  assert.equal(drillFinding(report('Passed'), { isScheduled: true, before: { status: 'False' } })?.status, 'True');
});

test('events say what came of it', () => {
  assert.deepEqual(drillEvent(report('Passed')), {
    type: 'Normal',
    reason: 'DrillPassed',
    message: 'Backup 20261123T010700 passed its restore drill: it was back after 12s, and nothing would have been lost',
  });
  assert.equal(drillEvent(report('Failed', 'x')).type, 'Warning');
});
