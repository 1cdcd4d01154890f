/** However much there is of something, what is told of it stays within bounds, and nothing is lost in sum. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { bounds, OTHERS, type Measured } from '@larder/monitor';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { Chosen } from '../src/measure/bounds.ts';
import { readActivity, readDatabases, readLocks, readSizes } from '../src/measure/read-databases.ts';
import { allOf, makeMeasuring, valueWith, type Measuring } from './rig.ts';

const row = (oid: number, commits: number): unknown[] => [
  String(oid),
  `db${oid}`,
  true,
  -1,
  oid,
  1,
  1,
  commits,
  ...Array<number>(14).fill(0),
  null,
  null,
];

describe('500 databases', () => {
  const rows = Array.from({ length: 500 }, (_, at) => row(at, 10));
  const sum = (measured: Measured, name: string): number =>
    (measured.get(name) ?? []).reduce((total, { value }) => total + value, 0);

  it('are told as the first ones, and the others in one', () => {
    const measured: Measured = new Map();
    readDatabases(rows, measured, new Chosen(bounds.databases));
    const commits = measured.get('pg_stat_database_xact_commit') ?? [];
    assert.equal(commits.length, bounds.databases + 1);
    assert.deepEqual(commits.at(-1)?.labels, ['', OTHERS]);
    assert.equal(sum(measured, 'pg_stat_database_xact_commit'), 5_000);
    const name = 'pg_database_wraparound_age_datfrozenxid_seconds';
    assert.equal(valueWith(measured, name, { datname: OTHERS }), 499, 'of an age the highest is told');
  });

  it('stay apart once they are, until they go', () => {
    const chosen = new Chosen(2);
    chosen.look(['b', 'c']);
    chosen.look(['a', 'b', 'c']);
    assert.deepEqual([chosen.has('a'), chosen.has('b'), chosen.dropped], [false, true, 1]);
    chosen.look(['a', 'c']);
    assert.deepEqual([chosen.has('a'), chosen.has('b'), chosen.dropped], [true, false, 0]);
  });

  it('have sizes and locks in sum too', () => {
    const chosen = new Chosen(1);
    chosen.look(['db0', 'db1', 'db2']);
    const measured: Measured = new Map();
    readSizes(new Map(['db0', 'db1', 'db2'].map((name, at) => [name, at + 1])), measured, chosen);
    readLocks(
      [...['db0', 'db1', 'db2'].map(name => [name, 'ShareLock', 1, 1]), ['', 'ExclusiveLock', 9, 0]],
      measured,
      chosen,
    );
    assert.equal(valueWith(measured, 'pg_database_size_bytes', { datname: OTHERS }), 5);
    assert.equal(valueWith(measured, 'pg_locks_count', { datname: OTHERS, mode: 'sharelock' }), 2);
    assert.equal(valueWith(measured, 'cnpg_backends_waiting_total'), 3);
  });
});

describe('10,000 names of applications', () => {
  it('are summed up by their state', () => {
    const chosen = new Chosen(1);
    chosen.look(['app']);
    const rows = Array.from({ length: 500 }, (_, at) => [
      'app',
      'idle',
      'u',
      `a${at}`,
      'client backend',
      '',
      '',
      1,
      at,
    ]);
    const measured: Measured = new Map();
    assert.equal(readActivity(rows, measured, chosen), 500 - bounds.sessions);
    const counts = measured.get('pg_stat_activity_count') ?? [];
    assert.equal(
      counts.reduce((sum, { value }) => sum + value, 0),
      500,
    );
    assert.ok(counts.length < bounds.sessions + 10, String(counts.length));
    assert.equal(valueWith(measured, 'pg_stat_activity_max_tx_duration', { application_name: OTHERS }), 499);
  });
});

describe('a real server', { skip: process.env.LARDER_FULL !== '1' }, () => {
  const scope = scopeOfSuite();
  let rig: Measuring;

  before(async () => {
    rig = (await makeMeasuring(scope))!;
    await rig.sql('CREATE DATABASE big');
    for (let from = 0; from < 20_000; from += 1_000)
      await rig.sql(
        `DO $$ BEGIN FOR n IN ${from + 1}..${from + 1_000} LOOP EXECUTE 'CREATE TABLE public.t' || n || ' (id int)'; END LOOP; END $$`,
        'big',
      );
    for (let n = 0; n < 500; n++) await rig.sql(`CREATE DATABASE d${n} STRATEGY wal_log`);
  });

  it('with 500 databases and 20,000 tables is told within bounds, and in time', async () => {
    const deadline = performance.now() + 600_000;
    for (;;) {
      const began = performance.now();
      const reading = await rig.monitor.turn();
      const took = performance.now() - began;
      assert.equal(reading.reach, 'up', reading.problem);
      const measured = allOf(reading);
      const series = [...measured.values()].reduce((sum, samples) => sum + samples.length, 0);
      assert.ok(series < 5_000, `${series} series`);
      const tables = valueWith(measured, 'larder_database_tables', { datname: 'big' });
      const sizes = measured.get('pg_database_size_bytes')?.length;
      console.log(`a turn took ${took.toFixed(0)} ms, ${series} series, sizes of ${sizes}, ${tables ?? 'no'} tables`);
      if (tables === 20_000 && sizes === bounds.databases + 1) return;
      assert.ok(performance.now() < deadline);
      await new Promise(resolve => setTimeout(resolve, 500));
    }
  });
});
