/** What stands in the way of a key, and what comes at the end of backups that were kept. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from '@larder/controller';
import { storagePlace } from '../../src/storage/place.ts';
import {
  backupRig,
  claimObject,
  conditions,
  NAMESPACE,
  refOfClaim,
  secretOf,
  statusOf,
  untilBackedUp,
  untilClaim,
} from './rig.ts';

const skip = process.env.LARDER_FULL === '1' ? false : 'not run: slow; LARDER_FULL=1 runs it';

test(
  'a secret that is in the way is told and left alone; kept backups go when their time is over',
  { skip, timeout: 900_000 },
  async () => {
    const rig = await backupRig();
    const { home } = rig;
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'kept-backup', namespace: NAMESPACE } };
    await rig.client.create({ ...secret, data: { mine: 'eA==' } });
    await rig.client.create(claimObject('kept', { backup: { keepAfterDeletion: '2h' } }));
    const told = await untilClaim(rig.client, 'kept', claim =>
      conditions(claim).some(({ type, reason }) => type === 'BackupSecretWritten' && reason === 'SecretTaken'),
    );
    const { message = '' } = conditions(told).find(({ type }) => type === 'BackupSecretWritten') ?? {};
    assert.match(message, /the secret my-app\/kept-backup exists .* remove it/);
    assert.deepEqual(await secretOf(rig.client, 'kept-backup'), { mine: 'x' });
    await rig.client.delete({ ...secret, name: 'kept-backup', namespace: NAMESPACE });
    const { backupStore } = statusOf(
      await untilBackedUp(rig.client, 'kept', { timeoutMs: 300_000 }).then(() =>
        untilClaim(rig.client, 'kept', claim => statusOf(claim).backupStore?.secretName !== undefined),
      ),
    );
    const bucket = (backupStore?.destinationPath ?? '').slice('s3://'.length);
    const folder = join(storagePlace(home).buckets, bucket);
    assert.ok(existsSync(folder));

    await rig.client.delete(refOfClaim('kept'));
    await waitFor(rig.client, refOfClaim('kept'), object => object === undefined, { timeoutMs: 180_000 });
    const ref = { apiVersion: 'syn.tools/v1', kind: 'XS3Bucket', name: bucket };
    await waitFor(rig.client, ref, object => object?.metadata.annotations?.['larder.dev/kept-until'] !== undefined, {
      timeoutMs: 120_000,
    });
    assert.ok(existsSync(folder), 'its time is not over');

    await rig.stopPlane();
    await rig.startPlane({ clock: () => new Date(Date.now() + 3 * 3_600_000) });
    await waitFor(rig.client, ref, object => object === undefined, { timeoutMs: 180_000 });
    assert.ok(!existsSync(folder), 'nothing of it is left');
  },
);
