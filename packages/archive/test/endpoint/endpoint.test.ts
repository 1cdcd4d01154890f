/** Buckets and keys on an S3 server that isn't ours. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  checkAccounts,
  ensureAccount,
  grantKeys,
  makeBucket,
  markBucket,
  openStore,
  removeAccount,
  removeBucketFrom,
  whoseBucket,
  type BucketKey,
  type KeyRights,
  type Store,
} from '../../src/index.ts';
import { missing, startVersitygw } from './versitygw.ts';

const skip = missing;
const server = skip ? undefined! : await startVersitygw();
after(() => server?.close());

const key = (rights: KeyRights, letter: string): BucketKey => ({
  rights,
  accessKeyId: `LK${letter.repeat(18)}`,
  secretAccessKey: letter.repeat(40),
});

function storeWith(bucket: string, { accessKeyId, secretAccessKey }: Omit<BucketKey, 'rights'>): Store {
  return openStore({ ...server.access, bucket, prefix: '', serverName: 's', accessKeyId, secretAccessKey });
}

const content = Buffer.from('x');

test('a bucket is ours from its mark on, and only then removed with all that is in it', { skip }, async () => {
  assert.equal(await whoseBucket(server.access, 'made', 'a'), 'absent');
  await makeBucket(server.access, 'made');
  assert.equal(await whoseBucket(server.access, 'made', 'a'), 'empty');
  assert.equal(await markBucket(server.access, 'made', 'a'), true);
  assert.equal(await markBucket(server.access, 'made', 'b'), false);
  assert.equal(await whoseBucket(server.access, 'made', 'a'), 'ours');
  assert.equal(await whoseBucket(server.access, 'made', 'b'), 'theirs');
  const store = storeWith('made', server.access);
  await store.put('a/b', content);
  store.close();
  await removeBucketFrom(server.access, 'made');
  assert.equal(existsSync(join(server.buckets, 'made')), false);
});

test('a bucket with content and no mark is told from an empty one', { skip }, async () => {
  await mkdir(join(server.buckets, 'foreign'));
  await writeFile(join(server.buckets, 'foreign', 'letter'), 'x');
  assert.equal(await whoseBucket(server.access, 'foreign', 'a'), 'unmarked');
});

test('each key does what its rights say, in its bucket alone', { skip }, async () => {
  const keys = [key('owner', 'A'), key('archive', 'B'), key('read', 'C')];
  for (const bucket of ['mine', 'other']) await makeBucket(server.access, bucket);
  for (const each of keys) await ensureAccount(server.access, each);
  await grantKeys(server.access, 'mine', keys);
  const [owner, archive, read] = keys.map(each => storeWith('mine', each));
  await archive!.put('wal', content);
  await assert.rejects(archive!.remove(['wal']), { kind: 'denied' });
  assert.deepEqual(await read!.read('wal', 10), content);
  await assert.rejects(read!.put('more', content), { kind: 'denied' });
  await owner!.remove(['wal']);
  assert.equal(await owner!.read('wal', 10), undefined);
  for (const each of keys) {
    const elsewhere = storeWith('other', each);
    await assert.rejects(elsewhere.put('x', content), { kind: 'denied' });
    elsewhere.close();
  }
  for (const store of [owner, archive, read]) store!.close();
});

test('a key may get another secret, and is void once it is removed', { skip }, async () => {
  const first = key('owner', 'D');
  await makeBucket(server.access, 'turned');
  await ensureAccount(server.access, first);
  await ensureAccount(server.access, first);
  await grantKeys(server.access, 'turned', [first]);
  const second = { ...first, secretAccessKey: 'E'.repeat(40) };
  await ensureAccount(server.access, second);
  const [before, now] = [storeWith('turned', first), storeWith('turned', second)];
  await now.put('a', content);
  await assert.rejects(before.put('b', content), { kind: 'denied' });
  await removeAccount(server.access, first.accessKeyId);
  await removeAccount(server.access, first.accessKeyId);
  await assert.rejects(now.put('b', content), { kind: 'denied' });
  for (const store of [before, now]) store.close();
});

test('a wrong key is told as such, and never taken for a bucket of others', { skip }, async () => {
  const wrong = { ...server.access, secretAccessKey: 'wrong' };
  await assert.rejects(whoseBucket(wrong, 'any', 'a'), { kind: 'denied', code: 'SignatureDoesNotMatch' });
  await assert.rejects(ensureAccount(wrong, key('owner', 'F')), { kind: 'denied' });
  await assert.rejects(checkAccounts(wrong), { kind: 'denied' });
  await checkAccounts(server.access);
});

test('a server without accounts says what to do', { skip }, async () => {
  const plain = await startVersitygw({ accounts: false });
  try {
    await assert.rejects(
      ensureAccount(plain.access, key('owner', 'G')),
      /start it with --iam-dir, or set keys: shared/,
    );
  } finally {
    await plain.close();
  }
});
