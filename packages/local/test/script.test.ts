/** SQL scripts are split where psql splits them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCopyIn, isCopyOut, StatementSplitter } from '../src/tools/script.ts';

function split(script: string): string[] {
  const splitter = new StatementSplitter();
  const done = script.split('\n').flatMap(line => splitter.push(line));
  const rest = splitter.rest();
  return rest === '' ? done : [...done, `rest: ${rest}`];
}

const scripts: { name: string; script: string; want: string[] }[] = [
  { name: 'lines', script: 'select 1;\nselect\n  2;', want: ['select 1', 'select\n  2'] },
  {
    name: 'several on a line, one without an end',
    script: ' select 1; select 2;select 3',
    want: ['select 1', 'select 2', 'rest: select 3'],
  },
  { name: 'empty ones', script: ';;\n -- nothing; here\n;', want: [] },
  {
    name: 'literals',
    script: `select 'a;''b' , "c;d";\nselect ';\n;' ;`,
    want: [`select 'a;''b' , "c;d"`, `select ';\n;'`],
  },
  {
    name: 'escapes',
    script: String.raw`select E'a\';b', E'\\'; select 'c\'; select 2;`,
    want: [String.raw`select E'a\';b', E'\\'`, String.raw`select 'c\'`, 'select 2'],
  },
  {
    name: 'dollars',
    script: 'do $$ begin; $x$ ; $$; select $a$ $$ ; $a$, t$a$ from t$a$; select 1;',
    want: ['do $$ begin; $x$ ; $$', 'select $a$ $$ ; $a$, t$a$ from t$a$', 'select 1'],
  },
  {
    name: 'comments',
    script: 'select 1 -- ;\n+ 1 /* ; /* ; */\n; */ ;',
    want: ['select 1 -- ;\n+ 1 /* ; /* ; */\n; */'],
  },
  {
    name: 'rules',
    script: 'create rule r as on insert to t do (select 1; select 2);',
    want: ['create rule r as on insert to t do (select 1; select 2)'],
  },
  {
    name: 'bodies',
    script:
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; begin; select 1;',
    want: [
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end',
      'begin',
      'select 1',
    ],
  },
];
for (const { name, script, want } of scripts) test(name, () => assert.deepEqual(split(script), want));

test('a COPY is known by where its data are', () => {
  assert.ok(isCopyIn('COPY public.t (a, b) FROM stdin'));
  assert.ok(isCopyOut('copy (select 1) to STDOUT with csv'));
  assert.ok(!isCopyIn("copy t from '/tmp/x'") && !isCopyOut('select 1'));
});

test('a long script takes no longer than its length', () => {
  const splitter = new StatementSplitter();
  for (let n = 0; n < 100_000; n++) assert.deepEqual(splitter.push('--    '), []);
  assert.ok(splitter.isBetween);
});
