/** Where a statement ends, with a semicolon in every place where it ends none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planSchema, splitStatements } from '@larder/upgrade';

describe('statements of a dump', () => {
  const whole: Record<string, string> = {
    'a string': "COMMENT ON TABLE \"t\" IS 'a; b''c;\n\\restrict x\n-- no comment'",
    'a string with escapes': String.raw`SELECT E'\';' || 'x'`,
    'a quoted name': 'ALTER TABLE "a;b""c;" ADD "d" int',
    'a dollar quote': 'CREATE FUNCTION "f"() RETURNS int LANGUAGE plpgsql AS $_$ BEGIN; $$ ; $$ END; $_$',
    'a comment inside': 'SELECT 1 /* a; /* b; */ c; */ + 2 -- d;\n + 3',
    'a standard body':
      'CREATE FUNCTION "f"() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END',
    'a rule with two actions': 'CREATE RULE "r" AS ON UPDATE TO "t" DO ALSO ( SELECT 1; SELECT 2; )',
    'a column named like a word': 'CREATE TABLE "t" ("begin" int, "case" int)',
  };
  for (const [what, sql] of Object.entries(whole)) {
    it(`ends after ${what}`, () => {
      assert.deepEqual(
        splitStatements(`-- header;\n\\restrict abc\n${sql};\n\n-- next\nSELECT 2;\n\\unrestrict abc\n`),
        [sql, 'SELECT 2'],
      );
    });
  }

  it('ends with the text', () => assert.deepEqual(splitStatements('SELECT 1;\n -- that was all\n'), ['SELECT 1']));
});

describe('who runs a statement', () => {
  const input = {
    major: 16,
    extensions: [
      { name: 'hstore', owner: 'app', trusted: true },
      { name: 'big', owner: 'app', trusted: false },
    ],
    superusers: ['boss'],
  };
  const plan = (sql: string) => planSchema({ ...input, dump: `${sql};` });

  it('is the writer, who is no superuser', () => {
    assert.deepEqual(plan('CREATE TABLE "t" ()'), [{ as: 'writer', sql: 'CREATE TABLE "t" ()' }]);
  });
  it('is the owner of a trusted extension, and the plane for others', () => {
    const make = (name: string): string => `CREATE EXTENSION IF NOT EXISTS "${name}" WITH SCHEMA "public"`;
    assert.deepEqual(plan(make('hstore')), [{ as: 'writer', role: 'app', sql: make('hstore') }]);
    assert.deepEqual(plan(make('big')), [{ as: 'plane', sql: make('big') }]);
    assert.throws(() => plan(make('other')), /the old database doesn't have it/);
  });
  it('is the plane for giving an object to its owner, with nothing else in the statement', () => {
    const give = 'ALTER FUNCTION "s"."f"("a" integer) OWNER TO "app"';
    assert.deepEqual(plan(give), [{ as: 'plane', sql: give }]);
    const more = 'ALTER TABLE "t" ALTER "a" TYPE int USING evil(\'x\'), OWNER TO "app"';
    assert.deepEqual(plan(more), [{ as: 'writer', sql: more }]);
    assert.throws(() => plan('ALTER TABLE "t" OWNER TO "boss"'), /REASSIGN OWNED/);
  });
  it('is nobody for what only superusers make', () => {
    for (const sql of [
      'CREATE EVENT TRIGGER "e" ON sql_drop EXECUTE FUNCTION "f"()',
      'SET ROLE "boss"',
      'COPY "t" FROM stdin',
    ])
      assert.throws(() => plan(sql), /cannot carry over/);
  });
  it('leaves settings out that the new server does not know', () => {
    const dump = 'SET transaction_timeout = 0;\nSET lock_timeout = 0;\nSET of_tomorrow = 1;';
    assert.deepEqual(
      planSchema({ ...input, dump }).map(({ sql }) => sql),
      ['SET lock_timeout = 0'],
    );
    assert.equal(planSchema({ ...input, major: 17, dump }).length, 2);
  });
});
