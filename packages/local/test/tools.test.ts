/** larder-sql: its arguments, its login, its output. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { QueryArrayResult } from 'pg';
import { boundedLines } from '../src/tools/bounded-lines.ts';
import { resultText } from '../src/tools/result-text.ts';
import { runSql } from '../src/tools/run-sql.ts';
import { findLogin } from '../src/tools/sql-login.ts';
import { parseSqlArguments } from '../src/tools/sql-arguments.ts';
import { scratchFolder } from './scratch.ts';

test("psql's spelling is understood", () => {
  const args = parseSqlArguments([
    '-X',
    '-v',
    'ON_ERROR_STOP=1',
    '-tA',
    '--wait',
    '2m',
    '-c',
    'select 1',
    '-f',
    'a.sql',
    '-c',
    'select 2',
  ]);
  assert.deepEqual(args, {
    inputs: [
      { kind: 'statement', sql: 'select 1' },
      { kind: 'script', path: 'a.sql' },
      { kind: 'statement', sql: 'select 2' },
    ],
    check: false,
    secret: undefined,
    format: 'unaligned',
    rowsOnly: true,
    waitMs: 120_000,
  });
});

const wrong: { args: string[]; want: RegExp }[] = [
  { args: [], want: /nothing to do/ },
  { args: ['--nope'], want: /Unknown option '--nope'/ },
  { args: ['--wait', 'soon', '--check'], want: /--wait "soon" is no duration; write it as 30s or 2m/ },
];
for (const { args, want } of wrong)
  test(`refused: ${JSON.stringify(args)}`, () => assert.throws(() => parseSqlArguments(args), want));

const CA = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';

test('a mounted secret tells all, wherever the mount really is', () => {
  const folder = join(scratchFolder(), 'real');
  mkdirSync(folder);
  const keys = {
    endpoint: 'localhost',
    port: '5433',
    username: 'app',
    password: 'secret',
    database: 'app',
    'ca.crt': CA,
  };
  for (const [key, value] of Object.entries(keys)) writeFileSync(join(folder, key), value);
  const login = findLogin({ secret: '/etc/larder/connection' }, { environment: {}, locate: () => folder });
  assert.deepEqual(login, { host: 'localhost', port: 5433, user: 'app', password: 'secret', database: 'app', ca: CA });
});

test("libpq's variables do as well", () => {
  const environment = { PGHOST: 'db', PGPORT: '1', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'd', PGSSLROOTCERT: CA };
  assert.equal(findLogin({}, { environment }).host, 'db');
});

test('what lacks is named', () => {
  assert.throws(() => findLogin({}, { environment: {} }), /the ca\.crt is unknown; set PGSSLROOTCERT/);
});

test('no server: exit code 2, and no password in what is said', async () => {
  const said: string[] = [];
  const environment = {
    endpoint: '127.0.0.1',
    port: '1',
    username: 'u',
    password: 'hunter2',
    database: 'd',
    'ca.crt': CA,
  };
  const code = await runSql({
    args: ['--check'],
    environment,
    print: text => said.push(text),
    complain: text => said.push(text),
  });
  assert.equal(code, 2);
  assert.match(said.join('\n'), /cannot connect to 127\.0\.0\.1:1: .*ECONNREFUSED/);
  assert.doesNotMatch(said.join('\n'), /hunter2/);
});

function result(names: string[], rows: (string | null)[][], command = 'SELECT'): QueryArrayResult<(string | null)[]> {
  return {
    command,
    rowCount: rows.length,
    oid: 0,
    rows,
    fields: names.map(name => ({ name })),
  } as unknown as QueryArrayResult<(string | null)[]>;
}

const printed: {
  name: string;
  result: QueryArrayResult<(string | null)[]>;
  shape: Parameters<typeof resultText>[1];
  want: string;
}[] = [
  {
    name: 'aligned, as psql',
    result: result(
      ['id', 'name'],
      [
        ['1', 'one'],
        ['22', null],
      ],
    ),
    shape: { format: 'aligned', rowsOnly: false },
    want: ' id | name\n----+------\n 1  | one\n 22 |\n(2 rows)\n',
  },
  { name: 'rows only', result: result(['n'], [['1']]), shape: { format: 'unaligned', rowsOnly: true }, want: '1' },
  {
    name: 'CSV with quotes',
    result: result(['a', 'b'], [['x"y', '1,2']]),
    shape: { format: 'csv', rowsOnly: false },
    want: 'a,b\n"x""y","1,2"',
  },
  {
    name: 'a tag for what has no rows',
    result: result([], [], 'CREATE'),
    shape: { format: 'aligned', rowsOnly: false },
    want: 'CREATE',
  },
];
for (const { name, result, shape, want } of printed) test(name, () => assert.equal(resultText(result, shape), want));

test('a log is bounded, and says so', () => {
  let text = '';
  const write = boundedLines(lines => (text += lines), 200);
  for (let n = 0; n < 50; n++) write(`line ${n}`);
  assert.match(text, /^\d{4}-\d\d-\d\dT\S+Z line 0\n/);
  assert.match(text, /the rest of the output is left out/);
  assert.ok(text.length < 400);
});
