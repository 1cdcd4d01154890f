/** What a claim's owner decides of backups, and what they see of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '@larder/kube';
import type { PostgresArchive } from '@larder/catalog';
import { composeIn, running, wellArchived, wellKnown, type Situation } from './local-requests.ts';

function archiveIn(situation: Situation): PostgresArchive | undefined {
  return composeIn({ server: running(), ...situation }).composed.archive?.resource as PostgresArchive | undefined;
}

function withBackup(backup: Record<string, unknown>): Situation {
  return { parameters: { ...wellKnown, backup } };
}

test('a claim that says nothing is backed up daily, and any moment of seven days can be had', () => {
  const archive = archiveIn({});
  assert.equal(archive?.metadata.name, 'postgres1-abcde');
  assert.match(archive.spec.schedule, /^[0-9]{1,2} 1 [*] [*] [*]$/);
  assert.deepEqual(
    { ...archive.spec, schedule: '' },
    { schedule: '', retentionSeconds: 604_800, keepAfterDeletionSeconds: 604_800 },
  );
});

test('instances are not all backed up in the same minute', () => {
  const minutes = Array.from({ length: 40 }, (_, index) => {
    const schedule = archiveIn({ metadata: { name: `db${index}-abcde` } })?.spec.schedule;
    return schedule?.split(' ')[0];
  });
  assert.ok(new Set(minutes).size > 20, String(minutes));
});

test('what the owner wrote is what applies, and is shown', () => {
  const backup = { schedule: '5 4 * * sun', keepLast: 3, keepAfterDeletion: '2d' };
  assert.deepEqual(archiveIn(withBackup(backup))?.spec, {
    schedule: '5 4 * * sun',
    keepLast: 3,
    keepAfterDeletionSeconds: 172_800,
  });
  assert.deepEqual(composeIn({ server: running(), ...withBackup(backup) }).status.backup, {
    enabled: true,
    schedule: '5 4 * * sun',
    keeps: 'the last 3',
    keepAfterDeletion: '2d',
  });
});

test('backups that are switched off are not composed, and the claim says so without being unwell', () => {
  const response = composeIn({ server: running(), ...withBackup({ enabled: false }) });
  assert.deepEqual(Object.keys(response.composed), ['monitor', 'server']);
  assert.deepEqual(response.status.backup, {
    enabled: false,
    message: 'No backups are made: backup.enabled is false.',
  });
  assert.deepEqual(
    response.conditions.filter(({ type }) => /Healthy/.test(type)),
    [],
  );
});

test('the archive is composed before its server, so that it is deleted after it', () => {
  assert.deepEqual(Object.keys(composeIn({ server: running() }).composed), ['archive', 'monitor', 'server']);
});

test('a wish that is refused leaves the backups as they are', () => {
  const parameters = { ...wellKnown, instances: 2, backup: { schedule: '1 2 3 4 5' } };
  assert.equal(archiveIn({ parameters, archive: wellArchived })?.spec.schedule, '7 1 * * *');
});

test('the first backup does not keep a claim from being ready', () => {
  const response = composeIn({ server: running() });
  assert.equal(response.composed.archive?.ready, true);
});

test('what is wrong with backups goes up to the claim, what is well does not', () => {
  const failed: Condition = {
    type: 'BackupHealthy',
    status: 'False',
    reason: 'BackupFailed',
    message: 'the disk is full',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const archive = { ...wellArchived, conditions: [failed, wellArchived.conditions![1]!] };
  const seen = composeIn({ server: running(), archive }).conditions.filter(({ type }) => /Healthy/.test(type));
  assert.deepEqual(
    seen.map(({ type, status, target }) => [type, status, target]),
    [
      ['BackupHealthy', 'False', 'CompositeAndClaim'],
      ['ArchiveHealthy', 'True', 'Composite'],
    ],
  );
});

test('a secret of the key’s name that is somebody else’s is told on the claim as long as it is there', () => {
  const taken: Condition = {
    type: 'BackupSecretWritten',
    status: 'False',
    reason: 'SecretTaken',
    message: 'the secret my-app/postgres1-backup exists and isn’t of these backups',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const told = (conditions: Condition[]): unknown =>
    composeIn({ server: running(), archive: { ...wellArchived, conditions } }).conditions.find(
      ({ type }) => type === 'BackupSecretWritten',
    )?.target;
  assert.equal(told([...wellArchived.conditions!, taken]), 'CompositeAndClaim');
  assert.equal(told(wellArchived.conditions!), undefined);
});

test('restore drills are off until the owner asks for them; what came of the last one is shown on the claim', () => {
  assert.equal(archiveIn({})?.spec.drill, undefined);
  const drill = { schedule: '30 4 * * sun', query: 'SELECT true' };
  assert.deepEqual(archiveIn(withBackup({ drill }))?.spec.drill, drill);
  assert.deepEqual(composeIn({ server: running(), ...withBackup({ drill }) }).status.drill, {
    schedule: '30 4 * * sun',
  });
  const last = {
    result: 'Passed' as const,
    startedAt: '2026-11-23T04:30:00Z',
    completedAt: '2026-11-23T04:30:41Z',
    backupName: '20261123T010700',
    recoveryTime: '12s',
    dataLoss: '2m10s',
  };
  const shown = composeIn({ server: running(), archive: { ...wellArchived, drill: { last } } });
  assert.deepEqual(shown.status.drill, { last });
});

test('a drill that failed is a condition of the claim, one that passed of the composite alone', () => {
  const targets = (['True', 'False'] as const).map(status => {
    const drilled: Condition = {
      type: 'DrillHealthy',
      status,
      reason: status === 'True' ? 'Passed' : 'Failed',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const archive = { ...wellArchived, conditions: [...wellArchived.conditions!, drilled] };
    const { conditions } = composeIn({ server: running(), archive });
    return conditions.find(({ type }) => type === 'DrillHealthy')?.target;
  });
  assert.deepEqual(targets, ['Composite', 'CompositeAndClaim']);
  const silent = composeIn({ server: running(), archive: wellArchived }).conditions;
  assert.ok(!silent.some(({ type }) => type === 'DrillHealthy'));
});
