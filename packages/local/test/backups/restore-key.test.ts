/** The key of a restore is written into a Secret of its own, and never into, or read from, one that somebody else made. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { LOCAL_API_VERSION, type PostgresRestore } from '@larder/catalog';
import { keyFolder } from '@larder/objectstore';
import { ensureRestoreKey, removeRestoreKey } from '../../src/backups/restore-key.ts';
import { SYSTEM_NAMESPACE } from '../../src/plane/system-objects.ts';
import { startRig } from '../jobs/rig.ts';

const restore = {
  ...{ apiVersion: LOCAL_API_VERSION, kind: 'PostgresRestore' },
  metadata: { name: 'again-abcde', uid: 'the-uid-of-this-restore' },
} as PostgresRestore;
const place = { endpoint: 'https://127.0.0.1:1', region: 'us-east-1', bucket: 'last-abcde', ca: 'CA' };
const owner = { accessKeyId: 'LKOWNEROWNEROWNEROWN', secretAccessKey: 'x' };
const ref = { apiVersion: 'v1', kind: 'Secret', namespace: SYSTEM_NAMESPACE, name: 'again-abcde-restore' };

it('is refused where the secret is somebody else’s, which stays as it was', async test => {
  const { client, home } = await startRig(test);
  const keys = keyFolder(join(home.folder, 'test-keys'));
  const source = { access: { store: 'local', place, owner, keys }, server: 'last-abcde', serverName: 'x-1' };
  const data = { AWS_ACCESS_KEY_ID: Buffer.from('PLANTED').toString('base64') };
  const { namespace, name } = ref;
  const planted = await client.create({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, data });

  await assert.rejects(
    ensureRestoreKey(client, restore, source),
    /the secret .*\/again-abcde-restore exists and isn't of this restore: remove it/,
  );
  await removeRestoreKey(client, keys, restore);
  assert.deepEqual(await client.get(ref), planted);
  assert.deepEqual(await keys.ofBucket(place.bucket), []);

  await client.delete(ref);
  await ensureRestoreKey(client, restore, source);
  const [first] = await keys.ofBucket(place.bucket);
  await ensureRestoreKey(client, restore, source);
  assert.deepEqual(await keys.ofBucket(place.bucket), [first], 'once more is the same key');
  await removeRestoreKey(client, keys, restore);
  assert.equal(await client.find(ref), undefined);
  assert.deepEqual(await keys.ofBucket(place.bucket), []);
});
