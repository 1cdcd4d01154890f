/** Restore drills against real servers: what passes, what must fail, and what is left behind: nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOwner, backupRig, claimObject, conditions, untilBackedUp, untilClaim } from '../backups/rig.ts';
import { backUp, drillOf, flipByte, holdDrill, leftovers, untilNothingIsLeft } from './rig.ts';

const rig = await backupRig();

const MARK = 'a row that must not change';

test(
  'a drill tells how long it takes and what would be lost; a flipped byte makes it fail',
  { timeout: 900_000 },
  async context => {
    const { client, home } = rig;
    const drill = { schedule: '@yearly', query: 'SELECT count(*) = 3 FROM kept' };
    await client.create(claimObject('first', { backup: { drill } }));
    await untilBackedUp(client, 'first');
    const owner = (sql: string): Promise<unknown> => asOwner(client, 'first', session => session.rows(sql));
    await owner(
      `CREATE TABLE public.kept AS SELECT n, '${MARK}'::text AS mark FROM pg_catalog.generate_series(1, 3) AS n`,
    );
    await owner('CREATE UNIQUE INDEX ON public.kept (n)');
    const backupName = await backUp(client, 'first');

    await context.test('it passes', async () => {
      const passed = await holdDrill(client, 'first');
      assert.equal(passed.phase, 'Succeeded', passed.message);
      const report = passed.drill!;
      assert.deepEqual([report.result, report.backupName], ['Passed', backupName]);
      assert.match(report.recoveryTime ?? '', /^\d+[smh]/);
      assert.match(report.dataLoss ?? '', /^\d+[smh]/);
      const checks = (report.checks ?? []).join('\n');
      assert.match(checks, /pages: all [\d,]+ pages in [\d,]+ files have the right checksum/);
      assert.match(checks, /catalogue: the same as the server’s/);
      assert.match(checks, /indexes: amcheck found nothing wrong in \d+ B-tree indexes of 3 databases/);
      assert.match(checks, /your query: it gave true/);
      const claim = await untilClaim(client, 'first', object => drillOf(object)?.last?.startedAt === report.startedAt);
      assert.equal(drillOf(claim)?.lastPassed, report.completedAt);
      assert.deepEqual(
        conditions(claim).map(({ type }) => type),
        ['Synced', 'Ready'],
      );
      await untilNothingIsLeft(home);
    });

    await context.test('it fails when a byte of the backup is flipped', async () => {
      await flipByte(home, client, { instance: 'first', backup: backupName, text: MARK });
      const failed = await holdDrill(client, 'first');
      assert.equal(failed.drill?.result, 'Failed', failed.message);
      assert.match(failed.message ?? '', /pages of "base\/\d+\/\d+" are damaged in the backup/);
      assert.match(failed.message ?? '', /Make another backup at once \(larder backup first -n my-app\)/);
      await untilNothingIsLeft(home);
      assert.deepEqual(leftovers(home), []);
    });
  },
);

const skip = process.env.LARDER_FULL === '1' ? false : 'not run: slow; LARDER_FULL=1 runs it';

test('it fails for what the owner misses and for an index that lacks rows', { skip, timeout: 900_000 }, async () => {
  const { client, home } = rig;
  const drill = { schedule: '@yearly', query: 'SELECT count(*) = 99 FROM t' };
  await client.create(claimObject('second', { backup: { drill } }));
  await untilBackedUp(client, 'second');
  const owner = (sql: string): Promise<unknown> => asOwner(client, 'second', session => session.rows(sql));
  await owner('CREATE TABLE public.t AS SELECT pg_catalog.generate_series(1, 100) AS n');

  const missed = await holdDrill(client, 'second');
  assert.equal(missed.phase, 'Failed');
  assert.match(missed.message ?? '', /^your query gave false\. Look into it with: larder clone second look -n my-app/);
  const isSaid = (object?: Parameters<typeof conditions>[0]): boolean =>
    conditions(object).some(({ type, status }) => type === 'DrillHealthy' && status === 'False');
  const condition = conditions(await untilClaim(client, 'second', isSaid)).find(({ type }) => type === 'DrillHealthy');
  assert.equal(condition?.reason, 'DrillFailed');
  assert.match(condition?.message ?? '', /^Backup \d{8}T\d{6} failed its restore drill: your query gave false/);
  await untilNothingIsLeft(home);

  await owner('CREATE FUNCTION public.f(n int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT n $$');
  await owner('CREATE INDEX broken ON public.t (public.f(n))');
  // What was immutable changes: the index has other values than its rows.
  await owner('CREATE OR REPLACE FUNCTION public.f(n int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT -n $$');
  const failed = await holdDrill(client, 'second');
  assert.equal(failed.drill?.result, 'Failed', failed.message);
  assert.match(failed.message ?? '', /^the index public\.broken of database "app" is damaged: heap tuple/);
  await untilNothingIsLeft(home);
});

test('it is refused for an instance without backups', { skip, timeout: 900_000 }, async () => {
  const { client } = rig;
  await client.create(claimObject('third', { backup: { enabled: false } }));
  const refused = await holdDrill(client, 'third');
  assert.match(JSON.stringify(refused), /has backups switched off: set its backup.enabled to true/);
});
