/** backup.info: ours has only what barman 3.4.0 knows; anybody's is read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  InvalidBackupInfoError,
  parseBackupInfo,
  parseLiteral,
  printBackupInfo,
  printText,
  type CompleteBackupInfo,
} from '@larder/archive';

/** What barman 3.4.0's BackupInfo has. */
const KNOWN = new Set(
  (
    'backup_label backup_name begin_offset begin_time begin_wal begin_xlog compression config_file copy_stats deduplicated_size ' +
    'end_offset end_time end_wal end_xlog error hba_file ident_file included_files mode pgdata server_name size snapshots_info ' +
    'status systemid tablespaces timeline version xlog_segment_size'
  ).split(' '),
);

const ours: CompleteBackupInfo = {
  beginTime: new Date('2026-11-23T00:14:28.338Z'),
  endTime: new Date('2026-11-23T00:14:30.539Z'),
  beginWal: '00000001000000000000000A',
  endWal: '00000001000000000000000A',
  beginLsn: '0/A000028',
  endLsn: '0/A000100',
  timeline: 1,
  version: 170010,
  systemIdentifier: '7711152550942304173',
  tablespaces: [],
  backupLabel: "START WAL LOCATION: 0/A000028 (file 00000001000000000000000A)\nLABEL: it's\n",
  segmentSize: 16 * 2 ** 20,
  beginOffset: 40,
  endOffset: 256,
  pgdata: '/var/lib/larder/instances/a/data',
  size: 1234,
};

const FOREIGN = `
# a comment
backup_label="START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\\nLABEL: it's\\n"
backup_name=None
begin_time=2026-11-23 01:14:28.338417+01:00
begin_wal=000000010000000000000002
begin_xlog=0/2000028
cluster_size=1
copy_stats={'total_time': 1.5, 'number_of_workers': 2, 'analysis_time': 0, None: True}
encryption=None
end_time=2026-11-23 00:14:30+00:00
future_key = anything = at all
included_files=['/etc/a.conf', 'b']
status=DONE
tablespaces=[('ts1', 16384, '/path/ts1'), ('t"s\\'2', 16385, '/path/\\xe9')]
timeline=1
version=150018
xlog_segment_size=67108864
`;

describe('a backup.info', () => {
  it('of ours reads back as it was written, and names no key that barman 3.4.0 lacks', () => {
    const text = printBackupInfo({ ...ours, backupName: 'first' }, ['by Larder']);
    assert.deepEqual(parseBackupInfo(text), {
      ...ours,
      backupName: 'first',
      serverName: 'cloud',
      status: 'DONE',
      snapshots: false,
    });
    const keys = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
    const names = keys.map(line => line.slice(0, line.indexOf('=')));
    assert.deepEqual(
      names.filter(name => !KNOWN.has(name)),
      [],
    );
    assert.deepEqual(names, [...names].sort());
    assert.match(text, /^# by Larder\n/);
  });

  it('can not be broken out of by a name', () => {
    assert.throws(() => printBackupInfo({ ...ours, backupName: 'a\nstatus=FAILED' }), /control character/);
    assert.throws(() => printBackupInfo(ours, ['a\nstatus=FAILED']), /control character/);
  });

  it('of a newer barman is read: unknown keys pass, None is nothing, literals are Python’s', () => {
    const info = parseBackupInfo(FOREIGN);
    assert.equal(info.beginTime?.toISOString(), '2026-11-23T00:14:28.338Z');
    assert.equal(info.endTime?.toISOString(), '2026-11-23T00:14:30.000Z');
    assert.equal(info.backupName, undefined);
    assert.match(info.backupLabel ?? '', /LABEL: it's\n$/);
    assert.equal(info.segmentSize, 64 * 2 ** 20);
    assert.deepEqual(info.tablespaces, [
      { name: 'ts1', oid: 16384, location: '/path/ts1' },
      { name: `t"s'2`, oid: 16385, location: '/path/é' },
    ]);
  });

  for (const { name, line, says } of [
    { name: 'a line without "="', line: 'status', says: /no "key=value"/ },
    { name: 'a number that is none', line: 'timeline=one', says: /timeline: "one"/ },
    { name: 'a number beyond all numbers', line: 'version=99999999999999999999', says: /version/ },
    { name: 'a time that is none', line: 'begin_time=yesterday', says: /begin_time: "yesterday"/ },
    { name: 'a day that is none', line: 'begin_time=2026-13-41 00:00:00+00:00', says: /begin_time/ },
    { name: 'code instead of a literal', line: "tablespaces=__import__('os').system('true')", says: /literal/ },
    { name: 'a tablespace that is none', line: 'tablespaces=[(1, 2, 3)]', says: /tablespaces/ },
    { name: 'a path for a segment', line: 'begin_wal=../../../../etc/passwd', says: /begin_wal/ },
    { name: 'a segment of no size', line: 'xlog_segment_size=0', says: /xlog_segment_size/ },
    { name: 'a very deep list', line: `tablespaces=${'['.repeat(99_999)}`, says: /nested/ },
    { name: 'a very long file', line: `# ${'x'.repeat(2 ** 21)}`, says: /characters/ },
  ]) {
    it(`is refused for ${name}`, () => {
      assert.throws(
        () => parseBackupInfo(`status=DONE\n${line}\n`),
        (error: Error) => error instanceof InvalidBackupInfoError && says.test(error.message),
      );
    });
  }

  it('is read or refused, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('tablespaces', 'backup_label', 'x', 'begin_time'),
        (text, key) => {
          try {
            parseBackupInfo(`${key}=${text}`);
          } catch (error) {
            assert.ok(error instanceof InvalidBackupInfoError, String(error));
          }
        },
      ),
    );
  });

  it('texts survive Python’s notation', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        assert.equal(parseLiteral(printText(text)), text);
      }),
    );
  });
});
