/** Logs of every format become the same records, however they are cut into pieces. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LogParser, parseLog, withoutPasswords } from '@larder/postgres';

const json =
  '{"timestamp":"2026-01-01 00:00:00.123 UTC","user":"app","dbname":"app","pid":7,"error_severity":"ERROR","state_code":"42601","message":"syntax error\\nhere","statement":"select \\"ä\\""}';
const csv =
  '2026-01-01 00:00:00.123 UTC,"app","app",7,"127.0.0.1:1",65a.7,3,"SELECT",2026-01-01 00:00:00 UTC,3/5,0,ERROR,42601,"syntax error\nhere",,,,,,"select ""ä"", 1",8,,"psql","client backend",,-12345678901234567890';
const plain = '2026-01-01 00:00:00.123 UTC [7] app@app ERROR:  syntax error';

describe('a log', () => {
  it('is read from JSON', () => {
    const [record] = parseLog(`${json}\n`);
    assert.equal(record?.message, 'syntax error\nhere');
    assert.equal(record.pid, 7);
  });

  it('keeps a query id exactly', () => {
    const [record] = parseLog('{"message":"\\"query_id\\":12345678901234567890","query_id":-3291638585498816123}');
    assert.deepEqual(record, { message: '"query_id":12345678901234567890', query_id: '-3291638585498816123' });
  });

  it('is read from CSV, with line breaks and quotes, under the names of JSON', () => {
    const records = parseLog(`${csv}\n${csv}\n`);
    assert.equal(records.length, 2);
    assert.deepEqual(records[1], {
      ...{ timestamp: '2026-01-01 00:00:00.123 UTC', user: 'app', dbname: 'app', pid: 7, remote: '127.0.0.1:1' },
      ...{ session_id: '65a.7', line_num: 3, ps: 'SELECT', session_start: '2026-01-01 00:00:00 UTC', vxid: '3/5' },
      ...{ txid: 0, error_severity: 'ERROR', state_code: '42601', message: 'syntax error\nhere' },
      ...{ statement: 'select "ä", 1', cursor_position: 8, application_name: 'psql', backend_type: 'client backend' },
      query_id: '-12345678901234567890',
    });
  });

  it('is read from plain lines, and what is none of them is kept as it is', () => {
    assert.deepEqual(parseLog(`${plain}\n\tand more\n{"cut":`), [
      {
        ...{ timestamp: '2026-01-01 00:00:00.123 UTC', user: 'app', dbname: 'app', pid: 7 },
        ...{ error_severity: 'ERROR', message: 'syntax error' },
      },
      { message: '\tand more' },
      { message: '{"cut":' },
    ]);
  });

  it('is the same however it is cut, also where the format changes', () => {
    const whole = `${plain}\n${json}\n${csv}\n${plain}\n${csv}\n${json}\n`;
    for (const size of [1, 2, 3, 7, 50, 1_000]) {
      const parser = new LogParser();
      const records = [];
      for (let at = 0; at < whole.length; at += size) records.push(...parser.push(whole.slice(at, at + size)));
      assert.deepEqual([...records, ...parser.end()], parseLog(whole), String(size));
      assert.equal(records.length, 6);
    }
  });
});

describe('a password', () => {
  const secret = 'S3cret';
  for (const text of [
    `ALTER ROLE app PASSWORD '${secret}'`,
    `alter user app with encrypted password '${secret}' valid until 'infinity'`,
    `ALTER ROLE app PASSWORD E'it\\'s ${secret}'`.replace("\\'", "''"),
    `ALTER ROLE app PASSWORD '${secret}`,
    `ALTER ROLE app PASSWD = '${secret}'`,
    `ALTER ROLE app PASSWORD $x$${secret}$x$`,
    `CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'a', password '${secret}')`,
    `CREATE SUBSCRIPTION s CONNECTION 'host=h password=${secret} dbname=d' PUBLICATION p`,
    `select dblink_connect('postgres://app:${secret}@host/db')`,
    `unterminated quoted string: PASSWORD\n  '${secret}`,
    `ALTER ROLE app PASSWORD 'SCRAM-SHA-256$4096:YWJj$${secret}+abc=:def='`,
  ])
    it(`is taken out of ${text.slice(0, 60).replaceAll('\n', ' ')}`, () => {
      const left = withoutPasswords(text);
      assert.ok(!left.includes(secret), left);
      assert.ok(left.includes('***'), left);
    });

  it('is all that is taken out', () => {
    const text = `select * from passwords where password_hash = 'x' and name = 'PASSWORD policy'`;
    assert.equal(withoutPasswords(text), text);
  });
});
