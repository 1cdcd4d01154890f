/** What `larder drill`, `larder backups` and `larder describe` say of restore drills. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillReport } from '@larder/catalog';
import { drillFacts, drillReport } from '../src/output/drill.ts';

const passed: DrillReport = {
  result: 'Passed',
  startedAt: '2026-11-23T04:30:00Z',
  completedAt: '2026-11-23T04:30:41Z',
  backupName: '20261123T010700',
  backupTime: '2026-11-23T01:30:00Z',
  recoveryTime: '12s',
  dataLoss: '2m10s',
  checks: ['pages: all are well', 'your query: it gave true'],
};
const failed: DrillReport = {
  ...passed,
  result: 'Failed',
  checks: undefined,
  message: 'your query gave false. Look into it.',
};

test('a drill that passed: first that the data can be had back, then how fast, what would be lost, and what was looked at', () => {
  assert.equal(
    drillReport('postgres1', passed),
    [
      'postgres1 can be had back: the restore drill passed.',
      '',
      'Restored:                     backup 20261123T010700, complete 3h before',
      'Time to restore (RTO):        12s',
      'Would have been lost (RPO):   at most 2m10s of commits',
      'Checked:                      pages: all are well',
      '                              your query: it gave true',
    ].join('\n'),
  );
});

test('a drill that failed says so loudly, and what to do', () => {
  const text = drillReport('postgres1', failed);
  assert.match(
    text,
    /^postgres1 can NOT be had back as it should: the restore drill failed\.\nyour query gave false\. Look into it\.\n/,
  );
  assert.doesNotMatch(text, /Checked/);
});

test('a drill that was not held says that nothing is known', () => {
  const { startedAt, completedAt } = passed;
  const text = drillReport('postgres1', { result: 'NotDone', startedAt, completedAt, message: 'The disk is full.' });
  assert.equal(text, 'Nothing is known: the restore drill of postgres1 was not held.\nThe disk is full.');
});

test('beside other facts a drill is one line', () => {
  const lines = drillFacts({
    schedule: '30 4 * * 0',
    next: '2026-11-30T04:30:00Z',
    last: { ...passed, dataLoss: '0s' },
  });
  assert.deepEqual(lines, [
    ['Last drill:', 'passed at 2026-11-23T04:30:41Z: backup 20261123T010700 was back in 12s, nothing lost'],
    ['Drills:', '30 4 * * 0 (UTC), next 2026-11-30T04:30:00Z'],
  ]);
  assert.deepEqual(drillFacts({ last: failed }), [
    ['Last drill:', 'FAILED at 2026-11-23T04:30:41Z, backup 20261123T010700: your query gave false. Look into it.'],
    ['Last drill passed:', 'never'],
  ]);
  assert.deepEqual(drillFacts({}), []);
});
