/** The list of S3 servers that somebody else runs: what is in it, what is refused and why, and that no message holds a key. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseCredentials, parseStores } from '../src/buckets/stores/config.ts';
import { openStores, storesFile } from '../src/buckets/stores/stores.ts';
import { checkStores } from '../src/stores.ts';
import { scratchFolder } from './scratch.ts';

const key = { accessKeyId: 'AKID', secretAccessKey: 'TOPSECRET' };
const offsite = { endpoint: 'https://s3.example.org:9000', ...key };

function entryOf(entry: object, name = 'offsite'): unknown {
  return parseStores(JSON.stringify({ stores: { [name]: entry } })).stores.get(name);
}

test('a store is its endpoint and a key, the rest has defaults', () => {
  assert.deepEqual(entryOf(offsite), {
    ...{ name: 'offsite', endpoint: 'https://s3.example.org:9000', region: 'us-east-1', addressing: 'path' },
    ...{ bucketPrefix: '', keys: 'shared', key },
  });
  const config = parseStores(JSON.stringify({ default: 'offsite', stores: { offsite } }));
  assert.equal(config.default, 'offsite');
});

const refused: [why: string, entry: object, words: RegExp][] = [
  [
    'a path in the URL',
    { ...offsite, endpoint: 'https://s3.example.org/bucket' },
    /"endpoint" must be a URL without a path/,
  ],
  ['no TLS over the network', { ...offsite, endpoint: 'http://s3.example.org' }, /must begin with https:/],
  ['a field that is none', { ...offsite, secretKey: 'x' }, /"secretKey" is no field: there are endpoint, /],
  ['no key', { endpoint: offsite.endpoint }, /needs either "accessKeyId" and "secretAccessKey", or "credentialsFile"/],
  ['two keys', { ...offsite, credentialsFile: '/x' }, /needs either/],
  ['a number as a key', { ...offsite, secretAccessKey: 12_345 }, /"secretAccessKey" must be a text/],
  ['another way to make keys', { ...offsite, keys: 'magic' }, /"keys" is "magic": there are shared and versitygw/],
  ['a long prefix', { ...offsite, bucketPrefix: 'a'.repeat(19) }, /"bucketPrefix" must be at most 18/],
];
for (const [why, entry, words] of refused)
  test(`refused: ${why}`, () => {
    const { problem = '' } = entryOf(entry) as { problem?: string };
    assert.match(problem, words);
    assert.doesNotMatch(problem, /TOPSECRET|12345/);
  });

test('the plane’s own name, and a default that is none, are refused; the others go on', () => {
  assert.match((entryOf(offsite, 'local') as { problem: string }).problem, /not "local"/);
  const config = parseStores(JSON.stringify({ default: 'nowhere', stores: { offsite } }));
  assert.match(config.problem ?? '', /names "nowhere" as default/);
  assert.equal(config.default, 'local');
  assert.ok(config.stores.has('offsite'));
  const broken = parseStores(`stores:\n  offsite: {secretAccessKey: "TOPSECRET`);
  assert.match(broken.problem ?? '', /is no YAML: look at line/);
  assert.doesNotMatch(broken.problem ?? '', /TOPSECRET/);
});

test('keys in AWS’ own format are read by profile', () => {
  const text = '[default]\naws_access_key_id=A\naws_secret_access_key = B\n[profile two]\naws_access_key_id = C\n';
  assert.deepEqual(parseCredentials(text, 'default'), { accessKeyId: 'A', secretAccessKey: 'B' });
  assert.throws(() => parseCredentials(text, 'two'), /no aws_access_key_id and aws_secret_access_key below \[two\]/);
});

test('files that others may read are refused, and read again once they are put right', () => {
  const home = { folder: scratchFolder() };
  const stores = openStores(home);
  assert.equal(stores.default(), 'local');
  assert.match((stores.find('offsite') as { message: string }).message, /knows no store "offsite": there are local;/);
  const path = storesFile(home);
  const credentials = join(home.folder, 'credentials');
  const { endpoint } = offsite;
  const entry = { endpoint, credentialsFile: credentials, addressing: 'virtual', region: 'eu-1' };
  writeFileSync(path, JSON.stringify({ stores: { offsite: entry } }), { mode: 0o644 });
  assert.match(stores.problem() ?? '', /can be read by others, and holds keys: run chmod 600/);
  chmodSync(path, 0o600);
  assert.equal(stores.problem(), undefined);
  assert.match(
    (stores.find('offsite') as { message: string }).message,
    /credentialsFile ".*": it is not there; look at/,
  );
  writeFileSync(credentials, '[default]\naws_access_key_id=A\naws_secret_access_key=B\n', { mode: 0o600 });
  const found = stores.find('offsite');
  assert.ok(found.kind === 'store');
  assert.deepEqual(found.store.access, {
    ...{ endpoint, region: 'eu-1', addressing: 'virtual', accessKeyId: 'A', secretAccessKey: 'B' },
  });
  chmodSync(credentials, 0o640);
  assert.match((stores.find('offsite') as { message: string }).message, /can be read by others/);
});

test('a store that does not answer says so, and the plane’s own is not asked', { timeout: 60_000 }, async () => {
  const home = { folder: scratchFolder() };
  const away = { ...offsite, endpoint: 'http://127.0.0.1:1' };
  writeFileSync(storesFile(home), JSON.stringify({ stores: { away } }), { mode: 0o600 });
  const { stores } = await checkStores(home);
  assert.deepEqual(
    stores.map(({ name, isDefault, problem }) => [name, isDefault, problem === undefined]),
    [
      ['local', true, true],
      ['away', false, false],
    ],
  );
  assert.match(stores[1]?.problem ?? '', /ECONNREFUSED/);
});
