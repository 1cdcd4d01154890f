/** What a server writes down: records, with what took long in them, and no password whatever somebody sends it. */
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { parseLog, type LogRecord } from '@larder/postgres';
import { endOfLog } from '../../src/servers/logs.ts';
import { placeOf } from '../../src/servers/place.ts';
import { asOwner, patchSpec, recordOf, rigScope, rigWithServer, untilReady, type Rig } from './rig.ts';

const SECRET = 'Sesame0pen';

describe('the log of a server', () => {
  const scope = rigScope();
  let rig: Rig;
  before(async () => {
    rig = await rigWithServer(scope, 'one');
  });

  const files = (): string[] => {
    const folder = placeOf(rig.home, 'one').log;
    return readdirSync(folder).map(name => join(folder, name));
  };
  const records = (): LogRecord[] =>
    files()
      .filter(path => path.endsWith('.json'))
      .flatMap(path => parseLog(readFileSync(path, 'utf8')));
  const untilLogged = async (what: RegExp): Promise<LogRecord> => {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const found = records().find(({ message = '' }) => what.test(message));
      if (found) return found;
      assert.ok(performance.now() < deadline, `${what} was not logged`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  };

  it('has a record of what took longer than the owner wants, without parameters', async () => {
    await patchSpec(rig, 'one', { settings: { log_min_duration_statement: '100ms' } });
    await untilReady(rig, 'one');
    const { process: before } = await recordOf(rig, 'one');
    await asOwner(rig, 'one', async session => {
      const deadline = performance.now() + 60_000;
      for (let limit = ''; limit !== '100ms' && performance.now() < deadline;) {
        const [row] = await session.rows<{ log_min_duration_statement: string }>('SHOW log_min_duration_statement');
        limit = row?.log_min_duration_statement ?? '';
      }
      await session.rows('select pg_sleep(0.2), $1::text as slow_one', [SECRET]);
    });
    const slow = await untilLogged(/^duration: .*slow_one/);
    assert.equal(slow.error_severity, 'LOG');
    assert.equal(slow.dbname, 'app');
    assert.deepEqual((await recordOf(rig, 'one')).process, before, 'it was not restarted');
  });

  it('has no password, in whatever statement somebody sends it', async () => {
    const wrong = [
      `ALTER ROLE app PASSWORD '${SECRET}' NONSENSE`,
      `ALTER ROLE app PASSWORD = '${SECRET}'`,
      `ALTER ROLE nobody_here PASSWORD '${SECRET}'`,
      `CREATE ROLE app PASSWORD '${SECRET}'`,
      `ALTER ROLE postgres PASSWORD '${SECRET}'`,
      `select 1/0, '${SECRET}'`,
    ];
    await asOwner(rig, 'one', async session => {
      for (const sql of wrong) await assert.rejects(session.rows(sql));
      await session.rows('create temp table t (id int primary key, text text)');
      await session.rows('insert into t values (1, $1)', [SECRET]);
      await assert.rejects(session.rows('insert into t values (1, $1)', [SECRET]));
      await assert.rejects(session.rows('select $1::int', [SECRET]));
      await assert.rejects(session.rows('select the_last_one'));
    });
    const last = await untilLogged(/the_last_one/);
    assert.equal(last.statement, undefined);
    const cast = records().filter(({ message = '' }) => message.includes('invalid input syntax for type integer'));
    // What PostgreSQL quotes of a value that is no number is its message: nothing takes that out but whoever reads it.
    for (const path of files()) {
      const text = readFileSync(path, 'utf8');
      const quoted = cast.reduce((left, { message = '' }) => left.replaceAll(JSON.stringify(message), ''), text);
      assert.ok(!quoted.includes(SECRET), path);
    }
  });

  it('is read at its end as plain lines, and nobody can forge one', async () => {
    const place = placeOf(rig.home, 'one');
    const uid = (await recordOf(rig, 'one')).account?.uid ?? process.geteuid?.() ?? 0;
    await asOwner(rig, 'one', session => session.rows("do $$ begin raise log 'first%', E'\\n PANIC:  forged'; end $$"));
    await untilLogged(/forged/);
    const lines = (await endOfLog(place, uid)).split('\n');
    assert.ok(lines.some(line => / LOG: {2}first PANIC: {2}forged$/.test(line.replace(/ +PANIC/, ' PANIC'))));
    assert.ok(!lines.some(line => line.startsWith(' PANIC')));
    assert.ok(lines.some(line => line === ' LOG:  database system is ready to accept connections'));
    for (const path of files().filter(each => each.endsWith('.json'))) appendFileSync(path, '{"cut off');
    assert.match(await endOfLog(place, uid), /ready to accept connections/);
  });
});
