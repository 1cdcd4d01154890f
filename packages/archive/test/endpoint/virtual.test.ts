/** Stores that want the bucket's name in the host's. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { makeBucket, markBucket, openStore, removeBucketFrom, whoseBucket } from '../../src/index.ts';
import { missing, startVersitygw, type Versitygw } from './versitygw.ts';

const DOMAIN = 's3.test';
const asked = new Set<string>();
const { lookup } = dns;
let server: Versitygw;

before(async () => {
  if (missing) return;
  // What a name server with a wildcard says.
  dns.lookup = ((name: string, options: object, answer: (...all: unknown[]) => void) => {
    const ours = name === DOMAIN || name.endsWith(`.${DOMAIN}`);
    if (ours) asked.add(name);
    return lookup(ours ? '127.0.0.1' : name, options, answer);
  }) as typeof dns.lookup;
  server = await startVersitygw({ virtualDomain: DOMAIN });
});

after(async () => {
  dns.lookup = lookup;
  await server?.close();
});

test('a bucket is made, used and removed by its name in the host’s', { skip: missing }, async () => {
  const access = { ...server.access, addressing: 'virtual' as const };
  await makeBucket(access, 'first');
  assert.equal(await whoseBucket(access, 'first', 'a'), 'empty');
  assert.equal(await markBucket(access, 'first', 'a'), true);
  const store = openStore({ ...access, bucket: 'first', prefix: 'p', serverName: 's' });
  try {
    await store.check();
    const content = randomBytes(11 * 2 ** 20);
    await store.put('p/s/a b', content.subarray(0, 100));
    await store.upload('p/s/large', Readable.from([content]), { partBytes: 5 * 2 ** 20 });
    assert.deepEqual(readFileSync(join(server.buckets, 'first/p/s/a b')), content.subarray(0, 100));
    const found = await store.get('p/s/large');
    assert.ok((await buffer(found!.body)).equals(content));
    const keys: string[] = [];
    for await (const entry of store.list('p/')) if (entry.kind === 'object') keys.push(entry.key);
    assert.deepEqual(keys, ['p/s/a b', 'p/s/large']);
    await store.remove(['p/s/a b']);
    assert.equal(await store.head('p/s/a b'), undefined);
  } finally {
    store.close();
  }
  await removeBucketFrom(access, 'first');
  assert.equal(existsSync(join(server.buckets, 'first')), false);
  assert.deepEqual([...asked], ['first.s3.test']);
});
