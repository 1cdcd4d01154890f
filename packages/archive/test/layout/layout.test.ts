/** Names and keys, also those that somebody wants to lead elsewhere. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  archiveKeys,
  backupIdAt,
  hashFolder,
  isBackupId,
  isSegmentSize,
  parseArchivedName,
  parseLsn,
  parseWalName,
  printLsn,
  printSegment,
  printWalName,
  segmentAfter,
  segmentAt,
  segmentNameAt,
  segmentStart,
} from '@larder/archive';

describe('names of files of the log', () => {
  const good = [
    ['000000010000000000000001', { kind: 'segment', timeline: 1, log: 0, segment: 1 }],
    ['FFFFFFFFFFFFFFFFFFFFFFFF', { kind: 'segment', timeline: 2 ** 32 - 1, log: 2 ** 32 - 1, segment: 2 ** 32 - 1 }],
    ['0000000A000000B3000000FE.partial', { kind: 'partial', timeline: 10, log: 0xb3, segment: 0xfe }],
    ['000000010000000000000003.00000028.backup', { kind: 'backup', timeline: 1, log: 0, segment: 3, offset: 0x28 }],
    ['00000002.history', { kind: 'history', timeline: 2 }],
  ] as const;
  for (const [name, means] of good)
    it(name, () => {
      assert.deepEqual(parseWalName(name), means);
      assert.equal(printWalName(means), name);
    });

  const bad = [
    ['', 'nothing'],
    ['00000001000000000000001', 'one short'],
    ['0000000100000000000000011', 'one long'],
    ['00000001000000000000000a', 'lower case'],
    ['000000000000000000000001', 'there is no timeline 0'],
    ['00000000.history', 'there is no timeline 0'],
    ['000000010000000000000001\n', 'a line feed at the end'],
    ['000000010000000000000001.gz', 'a suffix is not of the name'],
    ['000000010000000000000001.partial.gz', 'a suffix is not of the name'],
    ['000000010000000000000001.00000028.Backup', 'spelled otherwise'],
    ['../../../etc/passwd', 'leads elsewhere'],
    ['..', 'leads elsewhere'],
    ['/000000010000000000000001', 'leads elsewhere'],
    ['00000001000000000000000\u0000', 'a control character'],
    ['０0000001000000000000001', 'a digit of another script'],
    ['RECOVERYXLOG', 'of a recovery'],
    ['00000001.history.gz', 'a suffix is not of the name'],
  ] as const;
  for (const [name, why] of bad)
    it(`${JSON.stringify(name)} is none: ${why}`, () => assert.equal(parseWalName(name), undefined));

  it('knows each compression by its suffix, once', () => {
    const segment = '000000010000000000000001';
    assert.equal(parseArchivedName(segment)?.compression, 'none');
    for (const [suffix, compression] of Object.entries({
      gz: 'gzip',
      bz2: 'bzip2',
      xz: 'xz',
      snappy: 'snappy',
      zst: 'zstd',
      lz4: 'lz4',
    }))
      assert.deepEqual(parseArchivedName(`${segment}.${suffix}`), {
        name: segment,
        wal: parseWalName(segment),
        compression,
      });
    assert.equal(parseArchivedName(`${segment}.gz.gz`), undefined);
    assert.equal(parseArchivedName(`${segment}.zip`), undefined);
  });
});

describe('positions', () => {
  it('are read and printed as PostgreSQL does', () => {
    for (const text of ['0/0', '0/28', '16/B374D848', 'FFFFFFFF/FFFFFFFF'])
      assert.equal(printLsn(parseLsn(text)), text);
    for (const text of ['', '/', '0', '0/', '0/123456789', 'x/0', '0/0 ', '-1/0'])
      assert.throws(() => parseLsn(text), /position/);
  });

  it('lie in segments, one on a boundary in the next', () => {
    assert.equal(segmentNameAt(parseLsn('0/A000028'), 1), '00000001000000000000000A');
    assert.equal(segmentNameAt(parseLsn('0/A000000'), 1), '00000001000000000000000A');
    assert.equal(segmentNameAt(parseLsn('1/FF000000'), 3), '0000000300000001000000FF');
    assert.equal(segmentNameAt(parseLsn('1/C0000000'), 1, 2 ** 30), '000000010000000100000003');
    assert.equal(segmentNameAt(parseLsn('1/00300000'), 1, 2 ** 20), '000000010000000100000003');
  });

  it('go over to the next log', () => {
    const last = segmentAt(parseLsn('0/FF000000'), 1);
    assert.equal(printSegment(segmentAfter(last)!), '000000010000000100000000');
    assert.equal(printSegment(segmentAfter(last, -1)!), '0000000100000000000000FE');
    assert.equal(segmentAfter({ timeline: 1, log: 0, segment: 0 }, -1), undefined);
    assert.equal(segmentAfter({ timeline: 1, log: 2 ** 32 - 1, segment: 255 }), undefined);
    assert.equal(printLsn(segmentStart(segmentAfter(last)!)), '1/0');
  });

  it('knows the sizes that PostgreSQL takes', () => {
    for (const megabytes of [1, 2, 16, 64, 1024]) assert.ok(isSegmentSize(megabytes * 2 ** 20), `${megabytes}`);
    for (const bytes of [0, -1, NaN, 2 ** 19, 2 ** 31, 3 * 2 ** 20]) assert.ok(!isSegmentSize(bytes), `${bytes}`);
  });
});

describe('backup ids', () => {
  it('are the second, in UTC, and sort as time does', () => {
    assert.equal(backupIdAt(new Date('2026-11-23T00:11:48.999Z')), '20261123T001148');
    assert.ok(isBackupId('20261123T001148'));
    assert.ok(isBackupId('20240229T235959'));
  });
  for (const bad of [
    '',
    'latest',
    '20261123T00114',
    '20261123t001148',
    '20261323T001148',
    '20250229T000000',
    '20261123T240000',
    '20261123T001148\n',
    '../61123T001148',
  ])
    it(`${JSON.stringify(bad)} is none`, () => assert.ok(!isBackupId(bad)));
});

describe('keys', () => {
  it('are those of barman', () => {
    const keys = archiveKeys({ prefix: 'a/b', serverName: 'pg-17-1' });
    assert.equal(
      keys.wal('000000010000000000000001', 'gzip'),
      'a/b/pg-17-1/wals/0000000100000000/000000010000000000000001.gz',
    );
    assert.equal(
      keys.wal('000000010000000000000003.00000028.backup'),
      'a/b/pg-17-1/wals/0000000100000000/000000010000000000000003.00000028.backup',
    );
    assert.equal(keys.wal('00000002.history', 'gzip'), 'a/b/pg-17-1/wals/00000002.history.gz');
    assert.equal(keys.backupInfo('20261123T001148'), 'a/b/pg-17-1/base/20261123T001148/backup.info');
    assert.equal(archiveKeys({ prefix: '', serverName: 'pg' }).base, 'pg/base/');
    assert.equal(hashFolder('0000000A000000B3000000FE.partial'), '0000000A000000B3/');
  });

  const hostile = [
    { prefix: '/a', serverName: 'pg' },
    { prefix: 'a/', serverName: 'pg' },
    { prefix: 'a//b', serverName: 'pg' },
    { prefix: 'a/../b', serverName: 'pg' },
    { prefix: '.', serverName: 'pg' },
    { prefix: '', serverName: '' },
    { prefix: '', serverName: '..' },
    { prefix: '', serverName: 'a/b' },
    { prefix: '', serverName: 'a\nb' },
    { prefix: '', serverName: '\ud800' },
  ];
  for (const place of hostile)
    it(`refuses ${JSON.stringify(place)}`, () => assert.throws(() => archiveKeys(place), /cannot use/));

  it('refuses names that are none', () => {
    const keys = archiveKeys({ prefix: '', serverName: 'pg' });
    assert.throws(() => keys.wal('../../x'), /no file of the write-ahead log/);
    assert.throws(() => keys.backupFolder('../x'), /cannot name a backup/);
  });
});
