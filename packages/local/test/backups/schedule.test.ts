/** When backups are made, and in which order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PostgresArchive } from '@larder/catalog';
import { noLog } from '@larder/controller';
import { planBackups, type BackupsPlan } from '../../src/backups/plan.ts';
import { BackupRunner, type BackupRunnerOptions } from '../../src/backups/runner.ts';
import { nextBackup, pauseAfter } from '../../src/backups/schedule.ts';
import type { Holdings } from '../../src/backups/worker/protocol.ts';

const at = (text: string): Date => new Date(text);

test('the first backup is due at once, and no moment of it is told that would move as time goes by', () => {
  const archive = { metadata: { name: 'pg' }, spec: { schedule: '7 1 * * *' } } as PostgresArchive;
  const runner = { take: () => undefined, last: () => ({ failures: 0 }) };
  const plan = (isArchiving: boolean): BackupsPlan =>
    planBackups({ archive, runner, now: new Date(), isArchiving, serverName: 'pg-17-1' });
  assert.deepEqual([plan(true).request, plan(true).next], [true, undefined]);
  assert.equal(plan(false).request, false, 'it would lack the WAL that it needs');
});

test('a backup that was made under another name is none of this incarnation, and its first is due at once', () => {
  const archive = { metadata: { name: 'pg' }, spec: { schedule: '7 1 * * *' } } as PostgresArchive;
  const backup = { name: '20261123T100000', time: '2026-11-23T10:00:00Z', size: '1Ki', firstWal: '', lastWal: '' };
  const made = { kind: 'made' as const, startedAt: at(backup.time), endedAt: at(backup.time) };
  const outcome = { ...made, holdings: { serverName: 'pg-17-1', backups: [backup], skipped: [] } };
  const runner = { take: () => undefined, last: () => ({ outcome, failures: 0 }) };
  const input = { archive, runner, now: at('2026-11-23T10:01:00Z'), isArchiving: true };
  const same = planBackups({ ...input, serverName: 'pg-17-1' });
  assert.deepEqual([same.request, same.holdings?.backups, same.next], [false, [backup], at('2026-11-24T01:07:00Z')]);
  const next = planBackups({ ...input, serverName: 'pg-18-1' });
  assert.deepEqual([next.request, next.holdings, next.next], [true, undefined, undefined]);
});

test('the next one is due at its time in UTC, and those that were missed are due once', () => {
  const schedule = '7 1 * * *';
  const last = at('2026-11-20T01:08:00Z');
  assert.deepEqual(nextBackup({ schedule, now: at('2026-11-20T10:00:00Z'), last }), at('2026-11-21T01:07:00Z'));
  assert.ok(nextBackup({ schedule, now: at('2026-11-23T10:00:00Z'), last }) <= at('2026-11-23T10:00:00Z'));
  const now = at('2026-11-23T10:05:00Z');
  assert.deepEqual(nextBackup({ schedule, now, last: at('2026-11-23T10:01:00Z') }), at('2026-11-24T01:07:00Z'));
});

test('a clock that was set back does not put the next one off', () => {
  const now = at('2026-11-23T10:00:00Z');
  assert.deepEqual(
    nextBackup({ schedule: '7 1 * * *', now, last: at('2027-06-01T00:00:00Z') }),
    at('2026-11-24T01:07:00Z'),
  );
});

test('failures are tried again later each time, within the hour', () => {
  assert.deepEqual([1, 2, 3].map(pauseAfter), [15_000, 30_000, 60_000]);
  assert.equal(pauseAfter(50), 3_600_000);
});

const holdings: Holdings = { serverName: 'pg-17-1', backups: [], skipped: [] };

interface Run {
  server: string;
  end: () => void;
}

function runnerOf(options: Partial<BackupRunnerOptions> = {}): {
  runner: BackupRunner;
  runs: Run[];
  changed: string[];
} {
  const runs: Run[] = [];
  const changed: string[] = [];
  const runner = new BackupRunner({
    make: server => new Promise(resolve => runs.push({ server, end: () => resolve(holdings) })),
    changed: server => changed.push(server),
    clock: () => at('2026-11-23T10:00:00Z'),
    log: noLog,
    signal: new AbortController().signal,
    ...options,
  });
  return { runner, runs, changed };
}

test('two are made at once, the others in line', async () => {
  const { runner, runs } = runnerOf();
  for (const server of ['a', 'b', 'c']) runner.request(server, 'schedule');
  assert.deepEqual(
    runs.map(({ server }) => server),
    ['a', 'b'],
  );
  assert.equal(runner.state('c').kind, 'inLine');
  runs[0]?.end();
  while (runs.length < 3) await new Promise(resolve => setImmediate(resolve));
  assert.equal(runs[2]?.server, 'c');
  for (const { end } of runs) end();
  await runner.settled();
});

test('who asks while one is made gets the next one, and each outcome once', async () => {
  const { runner, runs } = runnerOf();
  runner.request('a', 'schedule');
  runner.request('a', 'backup/now');
  runs[0]?.end();
  while (runs.length < 2) await new Promise(resolve => setImmediate(resolve));
  assert.equal(runner.take('a', 'schedule')?.kind, 'made');
  assert.equal(runner.take('a', 'schedule'), undefined);
  assert.equal(runner.take('a', 'backup/now'), undefined);
  runs[1]?.end();
  await runner.settled();
  assert.equal(runner.take('a', 'backup/now')?.kind, 'made');
});

test('a failure is told to who asked, and counted', async () => {
  const { runner } = runnerOf({ make: () => Promise.reject(new Error('the disk is full')) });
  runner.request('a', 'schedule');
  await runner.settled();
  const outcome = runner.take('a', 'schedule');
  assert.equal(outcome?.kind === 'failed' && outcome.message, 'the disk is full');
  assert.equal(runner.last('a').failures, 1);
});
