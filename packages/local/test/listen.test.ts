/** Where servers listen: loopback unless told otherwise, and only on addresses that this machine has. */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { loopback } from '../src/servers/options.ts';
import { resolveListen } from '../src/plane/listen.ts';

for (const wish of [undefined, { address: '127.0.0.1' }, { address: '::1' }, { address: 'localhost' }])
  test(`${wish?.address ?? 'nothing asked'}: loopback only`, async () =>
    assert.deepEqual(await resolveListen(wish), loopback));

test('all addresses: the endpoint is the name that was given, and whoever is on this machine may come through any', async () => {
  const listen = await resolveListen({ address: '0.0.0.0', endpoint: 'localhost' });
  assert.deepEqual(listen.addresses, ['0.0.0.0']);
  assert.equal(listen.endpoint, 'localhost');
  assert.deepEqual(
    listen.own?.filter(address => !own.includes(address)),
    [],
  );
});

test('one address: beside loopback, and clients use it', async t => {
  const [address] = own;
  if (address === undefined) return t.skip('this machine has loopback only');
  const listen = await resolveListen({ address });
  assert.deepEqual(listen, { addresses: ['127.0.0.1', '::1', address], endpoint: address, own: [address] });
});

for (const { wish, words } of [
  { wish: { address: 'db.example' }, words: /cannot listen on "db\.example": that is no IP address; this machine has/ },
  { wish: { address: '203.0.113.7' }, words: /this machine has no such address; it has .*0\.0\.0\.0 means all/ },
  { wish: { address: '0.0.0.0', endpoint: 'no-such-name.invalid' }, words: /"no-such-name\.invalid".*--endpoint/ },
])
  test(`refused: ${JSON.stringify(wish)}`, () => assert.rejects(resolveListen(wish), words));

const own = Object.values(networkInterfaces())
  .flatMap(found => found ?? [])
  .filter(({ internal }) => !internal)
  .map(({ address }) => address);
