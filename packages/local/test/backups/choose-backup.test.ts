/** What can be restored is chosen as asked for, or refused with what there is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArchivedLog, Backup } from '@larder/archive';
import { chooseBackup, chooseSource, type Candidate, type Wish } from '../../src/backups/choose-backup.ts';

const running: Candidate = { server: 'shop-aaaaa', claim: 'shop', serverName: 'shop-aaaaa-17-1' };
const deleted: Candidate = { ...running, server: 'shop-bbbbb', deletedAt: '2026-11-20T10:00:00.000Z' };

test('a claim with one instance is found by its name, with several by the name of the instance alone', () => {
  assert.deepEqual(chooseSource({ claimName: 'shop' }, [running]), { kind: 'source', source: running });
  assert.deepEqual(chooseSource({ compositeName: 'shop-bbbbb' }, [running, deleted]), {
    kind: 'source',
    source: deleted,
  });
  const several = chooseSource({ claimName: 'shop' }, [running, deleted]);
  assert.equal(several.kind, 'refused');
  assert.match(
    JSON.stringify(several),
    /shop-aaaaa \(claim shop, running\), shop-bbbbb \(claim shop, deleted at 2026-11-20/,
  );
});

test('a claim without backups is refused with those there are', () => {
  const none = chooseSource({ claimName: 'other' }, [running]);
  assert.match(JSON.stringify(none), /has no backups here: this namespace has those of shop-aaaaa/);
  assert.match(JSON.stringify(chooseSource({ claimName: 'other' }, [])), /this namespace has no backups/);
});

const segment = (n: number): string => `0000000100000000${n.toString(16).toUpperCase().padStart(8, '0')}`;

function backup(id: string, wal: number, endTime: string): Backup {
  const info = {
    beginTime: new Date(endTime),
    endTime: new Date(endTime),
    beginWal: segment(wal),
    endWal: segment(wal),
    timeline: 1,
    version: 170_010,
    segmentSize: 16 * 2 ** 20,
  };
  return { id, info: info as unknown as Backup['info'], storedBytes: 1 };
}

const older = backup('20261121T000000', 3, '2026-11-21T00:00:00Z');
const newer = backup('20261122T000000', 5, '2026-11-22T00:00:00Z');
const log: ArchivedLog = {
  segments: new Map([3, 4, 5, 6].map(n => [segment(n), new Date(`2026-11-2${n - 2}T12:00:00Z`)])),
  histories: new Set(),
};
const held = { catalogue: { backups: [older, newer], unusable: [], unfinished: [] }, log };
const now = new Date('2026-11-25T00:00:00Z');

const cases: [string, Wish, RegExp][] = [
  ['the newest state begins with the newest backup', {}, /"id":"20261122T000000"/],
  ['a named backup is that one', { backupName: '20261121T000000' }, /"id":"20261121T000000"/],
  [
    'a name that is none is refused with the list',
    { backupName: '20200101T000000' },
    /there are 20261121T000000, 20261122T000000/,
  ],
  [
    'a moment begins with the backup before it',
    { pointInTime: '2026-11-21T18:00:00+00:00' },
    /"id":"20261121T000000".*"targetTime":"2026-11-21T18:00:00.000Z"/,
  ],
  [
    'a moment before the first backup is refused with the range',
    { pointInTime: '2026-11-20T00:00:00Z' },
    /before the first backup .* from 2026-11-21T00:00:00.000Z to 2026-11-24T12:00:00.000Z/,
  ],
  [
    'a moment in the future is refused',
    { pointInTime: '2027-01-01T00:00:00Z' },
    /is in the future: choose a moment from/,
  ],
  [
    'a moment after the last WAL is refused',
    { pointInTime: '2026-11-24T18:00:00Z' },
    /is later than what is in the bucket: choose/,
  ],
  ['a day that no month has is refused', { pointInTime: '2026-13-01T00:00:00Z' }, /is no moment that there is/],
];
for (const [sentence, wish, expected] of cases)
  test(sentence, () => assert.match(JSON.stringify(chooseBackup(wish, held, now)), expected));

test('without any backup nothing can be chosen', () => {
  const empty = { catalogue: { ...held.catalogue, backups: [] }, log };
  assert.match(JSON.stringify(chooseBackup({}, empty, now)), /has no backup that is complete yet/);
});
