/** Restore drills against real servers: what passes, what must fail, and what is left behind: nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOwner, backupRig, claimObject, conditions, untilBackedUp, untilClaim } from '../backups/rig.ts';
import { drillOf, holdDrill, leftovers, untilNothingIsLeft } from './rig.ts';

const rig = await backupRig();

test(
  'a drill that passes tells how long it took and what would have been lost; one that asks for what isn’t there fails',
  { timeout: 400_000 },
  async () => {
    const { client, home } = rig;
    await client.create(
      claimObject('first', { backup: { drill: { schedule: '@yearly', query: 'SELECT count(*) = 3 FROM kept' } } }),
    );
    await untilBackedUp(client, 'first');
    await asOwner(client, 'first', session =>
      session.rows('CREATE TABLE public.kept AS SELECT generate_series(1, 3) AS n'),
    );
    await asOwner(client, 'first', session => session.rows('CREATE UNIQUE INDEX ON public.kept (n)'));
    const passed = await holdDrill(client, 'first');
    assert.equal(passed.phase, 'Succeeded', passed.message);
    const report = passed.drill!;
    assert.equal(report.result, 'Passed');
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

    await asOwner(client, 'first', session => session.rows('DELETE FROM public.kept WHERE n = 2'));
    const failed = await holdDrill(client, 'first');
    assert.equal(failed.phase, 'Failed');
    assert.match(failed.message ?? '', /^your query gave false\. Look into it with: larder clone first look -n my-app/);
    const unwell = await untilClaim(client, 'first', object =>
      conditions(object).some(({ type }) => type === 'DrillHealthy'),
    );
    const condition = conditions(unwell).find(({ type }) => type === 'DrillHealthy');
    assert.deepEqual([condition?.status, condition?.reason], ['False', 'DrillFailed']);
    assert.match(condition?.message ?? '', /^Backup \d{8}T\d{6} failed its restore drill: your query gave false/);
    await untilNothingIsLeft(home);
    assert.deepEqual(leftovers(home), []);
  },
);
