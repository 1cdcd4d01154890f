/** A server's next incarnation: another name in the bucket, a first backup under it at once, and what lay under the old one stays. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { storagePlace } from '../../src/storage/place.ts';
import { asOwner, backupRig, claimObject, refOfClaim, statusOf, untilBackedUp, untilClaim } from './rig.ts';

const skip = process.env.LARDER_FULL === '1' ? false : 'not run: slow; LARDER_FULL=1 runs it';

test(
  'the next incarnation archives under a name of its own, and begins with a backup',
  { skip, timeout: 900_000 },
  async () => {
    const { client, home } = await backupRig();
    await client.create(claimObject('moved', { backup: { schedule: '@yearly' } }));
    const first = statusOf(await untilBackedUp(client, 'moved', { timeoutMs: 300_000 }));
    const bucket = (first.backupStore?.destinationPath ?? '').slice('s3://'.length);
    const major = Number(/-(\d+)-1$/.exec(first.backupStore?.serverName ?? '')?.[1]);
    await asOwner(client, 'moved', session => session.rows('CREATE TABLE public.kept AS SELECT 1 AS n'));

    // What a major upgrade leaves: the server is of another major than what it archived under.
    const ref = { apiVersion: 'syn.tools/v1', kind: 'XS3Bucket', name: bucket };
    const found = await client.get(ref);
    const annotations = { ...found.metadata.annotations, 'larder.dev/server-name': `${bucket}-${major - 1}-1` };
    await client.update({ ...found, metadata: { ...found.metadata, annotations } });
    // Whatever is new on the claim's backups makes the plane look.
    const claim = await client.get(refOfClaim('moved'));
    const spec = claim.spec as { parameters: Record<string, unknown> };
    const parameters = { ...spec.parameters, backup: { schedule: '@yearly', retention: '9d' } };
    await client.update({ ...claim, spec: { ...spec, parameters } });

    const next = `${bucket}-${major}-2`;
    const isMoved = (object?: Parameters<typeof statusOf>[0]): boolean =>
      statusOf(object).backupStore?.serverName === next && (statusOf(object).backups ?? []).length > 0;
    const moved = statusOf(await untilClaim(client, 'moved', isMoved, { timeoutMs: 300_000 }));
    assert.equal(moved.backups?.length, 1, 'those of the name before are none of this incarnation');
    assert.ok(moved.backups[0]!.time >= first.backups![0]!.time);
    assert.equal(moved.recoverable?.from, moved.backups[0]!.time);

    const folder = join(storagePlace(home).buckets, bucket, 'objects');
    const ids = (name: string): string[] => readdirSync(join(folder, name, 'base'));
    assert.deepEqual(ids(next), [moved.backups[0]!.name]);
    assert.deepEqual(ids(first.backupStore!.serverName), [first.backups![0]!.name], 'nothing of it is lost');

    await client.create(claimObject('again', { restore: { claimName: 'moved' } }));
    await untilBackedUp(client, 'again', { timeoutMs: 300_000 });
    const rows = await asOwner(client, 'again', session => session.rows('SELECT n FROM public.kept'));
    assert.deepEqual(rows, [{ n: 1 }]);
  },
);
