/** A deleted instance comes back in a new claim, with what was committed last. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@larder/controller';
import { asOwner, backupRig, claimObject, conditions, refOfClaim, statusOf, untilBackedUp, untilClaim } from './rig.ts';

const rig = await backupRig();

test(
  'a new claim begins with the backups of a deleted one; a moment that can not be had is refused',
  { timeout: 400_000 },
  async () => {
    const { client } = rig;
    await client.create(claimObject('last'));
    await untilBackedUp(client, 'last');
    await asOwner(client, 'last', session =>
      session.rows('CREATE TABLE public.kept AS SELECT generate_series(1, 1000) AS n'),
    );
    await client.delete(refOfClaim('last'));
    await waitFor(client, refOfClaim('last'), object => object === undefined, { timeoutMs: 120_000 });
    await client.create(claimObject('again', { restore: { claimName: 'last' } }));
    const claim = await untilBackedUp(client, 'again');
    assert.ok(statusOf(claim).backups?.length);
    const [row] = await asOwner(client, 'again', session =>
      session.rows<{ n: string }>('SELECT pg_catalog.count(*) AS n FROM public.kept'),
    );
    assert.equal(Number(row?.n), 1000);
    await client.create(claimObject('future', { restore: { claimName: 'last', pointInTime: '2999-01-01T00:00:00Z' } }));
    const refused = await untilClaim(client, 'future', object =>
      conditions(object).some(({ type, status }) => type === 'Accepted' && status === 'False'),
    );
    assert.match(
      JSON.stringify(conditions(refused)),
      /restore.pointInTime: .*2999-01-01T00:00:00Z.* is in the future: choose a moment from 2/,
    );
  },
);
