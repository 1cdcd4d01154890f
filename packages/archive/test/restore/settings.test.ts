/** The settings that a restored server recovers and first starts with. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  atLeast,
  endedBeforeTarget,
  firstStartAccess,
  firstStartSettings,
  lastReplayedCommit,
  recoverySettings,
} from '@larder/archive';

const control = {
  ...{ max_connections: 300, max_worker_processes: 8, max_wal_senders: 20 },
  ...{ max_prepared_transactions: 5, max_locks_per_transaction: 64 },
};

describe('recovery', () => {
  it('goes to the newest state of the newest timeline, and takes connections then', () => {
    assert.deepEqual(recoverySettings({ restoreCommand: 'r %f %p', target: { kind: 'newest' } }), {
      restore_command: 'r %f %p',
      recovery_target_timeline: 'latest',
      recovery_target_action: 'promote',
    });
  });

  it('stops at a moment that no zone of the server can shift', () => {
    const target = { kind: 'time', time: new Date('2026-11-23T00:14:28.338Z') } as const;
    const { recovery_target_time: time } = recoverySettings({ restoreCommand: 'r', target, timeline: 3 });
    assert.equal(time, '2026-11-23 00:14:28.338+00');
  });

  it('knows when the log ended before the moment', () => {
    assert.ok(endedBeforeTarget('FATAL:  recovery ended before configured recovery target was reached'));
    assert.ok(!endedBeforeTarget('FATAL:  could not open file'));
  });

  it('knows of when the last transaction is that was replayed', () => {
    const line = (time: string): string =>
      `2026-11-23 18:14:52.871 UTC [17555] LOG:  last completed transaction was at log time ${time}+00\n`;
    const log = `${line('2026-11-23 18:14:46.447666')}${line('2026-11-23 18:14:47')}after\n`;
    assert.equal(lastReplayedCommit(log)?.toISOString(), '2026-11-23T18:14:47.000Z');
    assert.equal(lastReplayedCommit('LOG:  redo done at 0/3004098\n'), undefined);
  });

  it('refuses a position that is none', () => {
    assert.throws(() => recoverySettings({ restoreCommand: 'r', target: { kind: 'lsn', lsn: "0/1'" } }), /position/);
  });
});

describe('the first start', () => {
  const first = (more: object = {}): Record<string, string> =>
    firstStartSettings({
      settings: {
        max_connections: '100',
        archive_mode: 'on',
        listen_addresses: '127.0.0.1',
        work_mem: '8MB',
        session_preload_libraries: 'x',
      },
      control,
      version: 170010,
      recovery: { restore_command: 'r' },
      ...more,
    });

  it('acts on nobody: no network, no archive, no logical workers, nothing loaded into sessions', () => {
    const {
      listen_addresses,
      archive_mode,
      max_logical_replication_workers,
      session_preload_libraries,
      event_triggers,
    } = first();
    assert.deepEqual([listen_addresses, archive_mode, max_logical_replication_workers], ['', 'off', '0']);
    assert.deepEqual([session_preload_libraries, event_triggers], ['', 'off']);
    assert.equal(first({ version: 160_000 }).event_triggers, undefined);
  });

  it('keeps what the owner set, and raises the five that recovery compares', () => {
    const settings = first();
    assert.equal(settings.work_mem, '8MB');
    assert.deepEqual(
      [settings.max_connections, settings.max_wal_senders, settings.max_prepared_transactions],
      ['300', '20', '5'],
    );
    assert.equal(settings.max_worker_processes, undefined);
  });

  it('lowers none of the five', () => {
    assert.equal(atLeast({ max_connections: '500' }, control).max_connections, '500');
    assert.deepEqual(atLeast({ a: 'b' }, undefined), { a: 'b' });
  });

  it('lets in one role, by its password', () => {
    assert.match(
      firstStartAccess('larder'),
      /^local {3}all {2}larder {2}scram-sha-256\nlocal {3}all {2}all {2}reject\n/,
    );
    assert.doesNotMatch(firstStartAccess('larder'), /trust|peer/);
    assert.throws(() => firstStartAccess('a\nlocal all all trust'), /plain name/);
  });
});
