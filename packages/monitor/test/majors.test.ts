/** Every metric of the table that a server is to tell is told, by every major, with what the role of a monitor may see and no more. */
import assert from 'node:assert/strict';
import { before, describe, it, type TestContext } from 'node:test';
import { findMetric, isOfMajor, metrics } from '@larder/catalog';
import type { Measured, ServerReading } from '@larder/monitor';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { allOf, makeMeasuring, valueWith, type Measuring } from './rig.ts';

const full = process.env.LARDER_FULL === '1';
const releases = full
  ? ['13.23.0-beta.16', '14.23.0-beta.17', '15.18.0-beta.17', '16.14.0-beta.17', undefined, '18.4.0-beta.17']
  : [undefined];

/** There only with standbys or other receivers of WAL. */
const ofReceivers = /^(pg_stat_replication_|cnpg_pg_stat_replication_)/;

for (const release of releases) {
  describe(`PostgreSQL ${release ?? 'that comes with Larder'}`, () => {
    const scope = scopeOfSuite();
    let rig: Measuring | undefined;
    let reading: ServerReading;
    let measured: Measured;

    before(async () => {
      rig = await makeMeasuring(scope, release, full);
      if (!rig) return;
      await rig.sql('CREATE DATABASE app');
      await rig.sql(
        'CREATE TABLE public.t (id int PRIMARY KEY, v text); INSERT INTO public.t SELECT n, n FROM generate_series(1, 500) n; DELETE FROM public.t WHERE id > 400; ANALYZE public.t',
        'app',
      );
      await rig.sql("SELECT pg_create_physical_replication_slot('standby', true)");
      reading = await rig.monitor.turn();
      measured = allOf(reading);
    });

    const test = (name: string, run: (running: Measuring) => Promise<void> | void): void => {
      it(name, async (t: TestContext) => {
        if (!rig) return t.skip('not run: its binaries are not here, or the registry can’t be reached');
        await run(rig);
      });
    };

    test('tells everything that the table promises', ({ major }) => {
      assert.equal(reading.reach, 'up');
      assert.equal(reading.problem, undefined);
      const promised = metrics.filter(
        metric => metric.source === 'server' && isOfMajor(metric, major) && !ofReceivers.test(metric.name),
      );
      const missing = promised.filter(({ name }) => !measured.has(name)).map(({ name }) => name);
      assert.deepEqual(
        missing.filter(
          name =>
            ![
              'pg_stat_archiver_last_archive_age',
              'pg_replication_slot_slot_confirmed_flush_lsn',
              'pg_stat_database_stats_reset',
              'pg_replication_slot_safe_wal_size_bytes',
            ].includes(name),
        ),
        [],
      );
    });

    test('tells nothing that the table doesn’t know, with as many labels as that says', () => {
      for (const [name, samples] of measured) {
        const metric = findMetric(name);
        assert.ok(metric, name);
        for (const { labels = [] } of samples) assert.equal(labels.length, metric.labels.length, name);
        const keys = samples.map(({ labels = [] }) => labels.join('\0'));
        assert.equal(new Set(keys).size, keys.length, `${name} has no two values with the same labels`);
      }
    });

    test('tells what is so', async ({ major, monitor, ...rig }) => {
      assert.equal(valueWith(measured, 'pg_up'), 1);
      assert.match(measured.get('pg_static')?.[0]?.labels?.[1] ?? '', new RegExp(`^${major}\\.`));
      assert.equal(valueWith(measured, 'pg_settings_max_connections'), 100);
      assert.equal(valueWith(measured, 'pg_settings_shared_buffers_bytes'), 16 * 2 ** 20);
      assert.equal(valueWith(measured, 'pg_settings_checkpoint_timeout_seconds'), 300);
      assert.equal(valueWith(measured, 'pg_settings_fsync'), 0);
      const table = { datname: 'app', relname: 't', schemaname: 'public' };
      assert.ok((valueWith(measured, 'pg_stat_user_tables_table_size_bytes', table) ?? 0) >= 8192);
      assert.ok((valueWith(measured, 'pg_database_size_bytes', { datname: 'app' }) ?? 0) > 2 ** 20);
      assert.equal(valueWith(measured, 'pg_replication_slots_active', { slot_name: 'standby' }), 0);
      const before = valueWith(measured, 'pg_stat_bgwriter_checkpoints_req_total') ?? NaN;
      await rig.sql('CHECKPOINT');
      const deadline = performance.now() + 30_000;
      const now = async (): Promise<number> =>
        valueWith(allOf(await monitor.turn()), 'pg_stat_bgwriter_checkpoints_req_total') ?? NaN;
      while (!((await now()) > before)) assert.ok(performance.now() < deadline, 'the checkpoint is counted');
    });

    test('takes one connection', async ({ server, monitor }) => {
      await monitor.turn();
      const taken = async (): Promise<unknown> =>
        server.asSuperuser(
          async session =>
            (await session.batch("SELECT datname::text FROM pg_stat_activity WHERE usename = 'measures'"))[0],
        );
      // The server takes a moment to see that one is gone.
      const deadline = performance.now() + 60_000;
      let rows = await taken();
      while (JSON.stringify(rows) !== '[["postgres"]]' && performance.now() < deadline) rows = await taken();
      assert.deepEqual(rows, [['postgres']]);
    });
  });
}
