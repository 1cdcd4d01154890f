/** A server's log as people, and programs, get it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { homeAt } from '@larder/local';
import { instanceLogs } from '../src/instance-log.ts';
import { LogReader, planeLines, type LogWish } from '../src/log-reader.ts';
import { parsePattern, parseSince } from '../src/options.ts';
import { logText } from '../src/output/log.ts';

const at = (second: number): string => `2026-01-01 00:00:0${second}.500 UTC`;
const record = (second: number, fields: object): object => ({
  ...{ timestamp: at(second), pid: 7, error_severity: 'LOG', message: 'hello' },
  ...fields,
});
const log = [
  record(1, { message: 'starting' }),
  record(2, {
    ...{ user: 'app', dbname: 'shop', error_severity: 'ERROR', message: 'division by zero' },
    ...{ statement: "select 1/0, password 'sesame'", hint: 'do not' },
  }),
  record(3, { user: 'app', dbname: 'shop', message: 'duration: 1234.5 ms  statement: select\n  pg_sleep(1.2)' }),
]
  .map(each => `${JSON.stringify(each)}\n`)
  .join('');

const read = (wish: Partial<LogWish>): string[] => {
  const reader = new LogReader({ json: false, ...wish });
  return [...reader.push(log), ...reader.end()];
};

describe('a log', () => {
  it('is one line a record, with what belongs to it below, slow statements marked, and without passwords', () => {
    assert.deepEqual(read({}), [
      `${at(1)} LOG     [7] starting`,
      `${at(2)} ERROR   [7] app@shop division by zero\n    HINT: do not\n    STATEMENT: select 1/0, password '***'`,
      `${at(3)} SLOW    1.2 s app@shop select\n        pg_sleep(1.2)`,
    ]);
  });

  it('is as PostgreSQL wrote it with -o json, but for passwords', () => {
    assert.deepEqual(read({ json: true }).join('\n').trimEnd(), log.replaceAll("'sesame'", "'***'").trimEnd());
  });

  it('begins when it is asked to, and has what is looked for', () => {
    const since = Date.parse('2026-01-01T00:00:02.500Z');
    assert.equal(read({ since }).length, 2);
    assert.equal(read({ since, grep: /slow/i }).length, 1);
    assert.equal(read({ grep: /sesame/ }).length, 0);
    const plane = ['2026-01-01T00:00:01.000Z info  one', '  more', '2026-01-01T00:00:03.000Z info  two', '  of it'];
    assert.deepEqual(planeLines(plane, { since }), plane.slice(2));
    assert.deepEqual(planeLines(plane, { grep: /MORE/i }), ['  more']);
  });

  it('has nothing that a terminal would obey', () => {
    const text = logText({ timestamp: at(1), message: '\u001b[2Jgone\r\u202eback\u009b', error_severity: 'LOG' });
    assert.equal(text, `${at(1)} LOG     ?[2Jgone??back?`);
    assert.equal(logText({ message: '\u001b]0;x\u0007' }), '?]0;x?');
  });

  it('is in files by their time, the records after the plain lines, and is no link', t => {
    const folder = mkdtempSync(join(tmpdir(), 'larder-logs-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const home = homeAt(folder);
    const at = join(home.instances, 'one', 'log');
    mkdirSync(at, { recursive: true });
    assert.throws(() => instanceLogs(home, 'one'), /cannot read the log of "one"/);
    const names = [
      'postgresql-Mon.log',
      'postgresql-20260101-000000.log',
      'postgresql-20260101-000000.json',
      'postgresql-20260102-000000.csv',
    ];
    for (const name of names.toReversed()) writeFileSync(join(at, name), 'x\n');
    writeFileSync(join(at, 'postgresql-20260103-000000.json'), '');
    symlinkSync('/etc/passwd', join(at, 'postgresql-20260104-000000.json'));
    assert.deepEqual(
      instanceLogs(home, 'one'),
      names.map(name => join(at, name)),
    );
  });
});

describe('what is asked of a log', () => {
  it('is a duration, or a time', () => {
    const near = (text: string, ms: number): boolean => Math.abs(Date.now() - parseSince(text) - ms) < 60_000;
    assert.ok(near('10m', 600_000) && near('2h', 7_200_000) && near('1d', 86_400_000) && near('90s', 90_000));
    assert.equal(parseSince('2026-01-31T12:00:00Z'), Date.UTC(2026, 0, 31, 12));
    for (const wrong of ['soon', '10', '1w', '']) assert.throws(() => parseSince(wrong), /such as 10m, 2h or 1d/);
  });

  it('is a regular expression', () => {
    assert.ok(parsePattern('dead(lock|line)').test('DEADLOCK'));
    assert.throws(() => parsePattern('a('), /regular expression/);
  });
});
