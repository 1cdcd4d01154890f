/** Buckets and backups on an S3 server that somebody else runs, over TLS with a CA of its own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BUCKET_MARK, openStore, type Store } from '@larder/archive';
import { LOCAL_API_VERSION } from '@larder/catalog';
import { waitFor } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { PLANE_ROLE, withSession } from '@larder/postgres';
import { missing, startVersitygw, type Versitygw } from '../../../archive/test/endpoint/versitygw.ts';
import { storesFile } from '../../src/buckets/stores/stores.ts';
import { openHome } from '../../src/home/home.ts';
import { openPki } from '../../src/pki/pki.ts';
import { findRecord, placeOf, socketFolder, socketRoot } from '../../src/servers/index.ts';
import { findOrder } from '../../src/storage/archives.ts';
import { scratchFolder } from '../scratch.ts';
import {
  asOwner,
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

const skip = missing;
/** Instances take their time: with LARDER_FULL=1 only. */
const long = skip || (process.env.LARDER_FULL === '1' ? false : 'set LARDER_FULL=1');
const certificates = scratchFolder();
const server = skip ? undefined! : await startOverTls();
after(() => server?.close());
const rig = skip ? undefined! : await backupRig();
if (!skip) writeStores();

async function startOverTls(): Promise<Versitygw> {
  const pki = await openPki(openHome(certificates), () => new Date());
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const pair = await pki.issueServerCertificate({ commonName: 's3', ...names });
  const at = (name: string, text: string): string => {
    writeFileSync(join(certificates, name), text, { mode: 0o600 });
    return join(certificates, name);
  };
  at('authority.pem', pki.caCertificate);
  return startVersitygw({
    tls: { certificate: at('cert.pem', pair.cert), key: at('key.pem', pair.key), ca: pki.caCertificate },
  });
}

/** Three names for the one server: with keys for each bucket, with one key for all, and with that key as it is given. */
function writeStores(key = server.access): void {
  const { accessKeyId, secretAccessKey } = key;
  const caFile = join(certificates, 'authority.pem');
  const at = { endpoint: server.access.endpoint, caFile, accessKeyId: server.access.accessKeyId };
  const stores = {
    offsite: { ...at, secretAccessKey: server.access.secretAccessKey, keys: 'versitygw', bucketPrefix: 'larder-' },
    plain: { ...at, accessKeyId, secretAccessKey },
  };
  writeFileSync(storesFile(rig.home), JSON.stringify({ default: 'offsite', stores }), { mode: 0o600 });
}

const refOfBucket = (name: string): ObjectRef => ({
  ...{ apiVersion: 'syn.tools/v1', kind: 'S3Bucket' },
  ...{ namespace: NAMESPACE, name },
});

function bucketClaim(name: string, parameters: object = {}): KubeObject {
  const { apiVersion, kind } = refOfBucket(name);
  return { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, spec: { parameters } };
}

function storeFor(secret: Record<string, string>, bucket = secret.bucketName ?? ''): Store {
  const { AWS_ENDPOINT_URL = '', AWS_REGION = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = secret;
  return openStore(
    {
      ...{ endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, bucket, prefix: '', serverName: 's', ca: secret['ca.crt'] },
      ...{ accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    },
    { retry: { attempts: 2 } },
  );
}

async function untilBucketReady(name: string): Promise<Record<string, string>> {
  const isReady = (object?: KubeObject): boolean =>
    conditions(object).some(({ type, status }) => type === 'Ready' && status === 'True');
  await waitFor(rig.client, refOfBucket(name), isReady, { timeoutMs: 60_000 });
  return secretOf(rig.client, `${name}-connection`);
}

async function untilCondition(ref: ObjectRef, type: string, reason: string): Promise<string> {
  const found = (object?: KubeObject): { message?: string } | undefined =>
    conditions(object).find(each => each.type === type && each.reason === reason);
  const seen = await waitFor(rig.client, ref, object => found(object) !== undefined, { timeoutMs: 120_000 });
  return found(seen)?.message ?? '';
}

const content = Buffer.from('content');

test(
  'a claim gets a bucket there with a key that sees no other, turns it, and takes both away',
  { skip, timeout: 300_000 },
  async () => {
    const { client } = rig;
    await client.create(bucketClaim('first'));
    const secret = await untilBucketReady('first');
    assert.match(secret.bucketName ?? '', /^larder-first-/);
    assert.equal(secret.AWS_ENDPOINT_URL, server.access.endpoint);
    const store = storeFor(secret);
    await store.put('a/b', content);
    assert.deepEqual(await store.read('a/b', 10), content);
    mkdirSync(join(server.buckets, 'elsewhere'), { recursive: true });
    const other = storeFor(secret, 'elsewhere');
    await assert.rejects(other.put('x', content), { kind: 'denied' });
    other.close();

    const annotations = { 'larder.dev/rotate': 'once' };
    await client.patch(refOfBucket('first'), { type: 'merge', body: { metadata: { annotations } } });
    const named = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'first-connection' };
    const keyOf = (object?: KubeObject): unknown => (object?.data as Record<string, string>).AWS_ACCESS_KEY_ID;
    const before = Buffer.from(secret.AWS_ACCESS_KEY_ID ?? '').toString('base64');
    await waitFor(client, named, object => keyOf(object) !== before, { timeoutMs: 60_000 });
    const turned = storeFor(await secretOf(client, 'first-connection'));
    assert.deepEqual(await turned.read('a/b', 10), content);
    await store.put('a/c', content); // applications have an hour to read their secret again
    for (const each of [store, turned]) each.close();

    await client.delete(refOfBucket('first'));
    await waitFor(client, refOfBucket('first'), object => object === undefined, { timeoutMs: 60_000 });
    const name = secret.bucketName!.slice('larder-'.length);
    const local = { apiVersion: LOCAL_API_VERSION, kind: 'Bucket', name };
    await waitFor(client, local, object => object === undefined, { timeoutMs: 60_000 });
    assert.equal(existsSync(join(server.buckets, secret.bucketName!)), false);
  },
);

test('a bucket that is there already is never taken over, nor removed', { skip, timeout: 120_000 }, async () => {
  const { client } = rig;
  mkdirSync(join(server.buckets, 'larder-taken'), { recursive: true });
  const ref = { apiVersion: 'syn.tools/v1', kind: 'XS3Bucket', name: 'taken' };
  await client.create({
    ...ref,
    metadata: { name: 'taken' },
    spec: { parameters: { store: 'offsite' } },
  });
  const message = await untilCondition(ref, 'BucketReady', 'BucketTaken');
  assert.match(message, /the bucket "larder-taken" exists at .* and isn't this one's/);
  await client.delete(ref);
  const local = { apiVersion: LOCAL_API_VERSION, kind: 'Bucket', name: 'taken' };
  await waitFor(client, local, object => object === undefined, { timeoutMs: 60_000 });
  assert.deepEqual(readdirSync(join(server.buckets, 'larder-taken')), []);
});

test('a claim is refused where it would get a key to all buckets, or the store is unknown', { skip }, async () => {
  const { client } = rig;
  await client.create(bucketClaim('keyless', { store: 'plain' }));
  assert.match(await untilCondition(refOfBucket('keyless'), 'BucketReady', 'KeysNotPossible'), /keys: versitygw/);
  await client.create(bucketClaim('lost', { store: 'nowhere' }));
  const message = await untilCondition(refOfBucket('lost'), 'BucketReady', 'StoreUnknown');
  assert.match(message, /knows no store "nowhere": there are local, offsite, plain/);
});

/** Lets the server write, and end its WAL file. */
async function switchWal(name: string): Promise<void> {
  const record = (await findRecord(placeOf(rig.home, name)))!;
  const at = { socketFolder: socketFolder(socketRoot(rig.home.folder), record.port), port: record.port };
  await withSession(at, { user: PLANE_ROLE, password: record.planePassword, database: 'postgres' }, async session => {
    await session.rows("SELECT pg_catalog.pg_logical_emit_message(true, 'larder', 'wal')");
    await session.rows('SELECT pg_catalog.pg_switch_wal()');
  });
}

async function compositeOf(claim: string): Promise<string> {
  const { spec } = await rig.client.get(refOfClaim(claim));
  return (spec as { resourceRef: { name: string } }).resourceRef.name;
}

test(
  'an instance is backed up there with the store’s own key, through wrong keys and an outage, and restored',
  { skip: long, timeout: 600_000 },
  async () => {
    const { client } = rig;
    await client.create(claimObject('shared', { backup: { store: 'plain', keepAfterDeletion: '0h' } }));
    const claim = await untilBackedUp(client, 'shared');
    const name = await compositeOf('shared');
    const { backupStore, backup } = statusOf(claim);
    assert.equal(backupStore?.endpoint, server.access.endpoint);
    assert.equal(backupStore?.secretName, undefined);
    assert.match(backup?.message ?? '', /one key for all of its buckets/);
    assert.doesNotMatch(backup?.message ?? '', /same disk/);
    const secret = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'shared-backup' };
    assert.equal(await client.find(secret), undefined);
    await asOwner(client, 'shared', session => session.rows('CREATE TABLE public.kept AS SELECT 7 AS n'));

    writeStores({ ...server.access, secretAccessKey: 'wrong' });
    await waitUntil(() => findOrder(rig.home, 'archives', name)?.destination.secretAccessKey === 'wrong');
    await switchWal(name);
    const denied = await untilCondition(refOfClaim('shared'), 'ArchiveHealthy', 'ArchiveFailed');
    assert.match(denied, /the access key isn't accepted/);
    writeStores();
    await untilClaim(client, 'shared', object => conditions(object).length === 2);

    await server.stop();
    await switchWal(name);
    const away = await untilCondition(refOfClaim('shared'), 'ArchiveHealthy', 'ArchiveFailed');
    assert.match(away, /ECONNREFUSED/);
    await server.start();
    await untilClaim(client, 'shared', object => conditions(object).length === 2);

    await client.create(claimObject('again', { restore: { claimName: 'shared' }, backup: { enabled: false } }));
    await untilClaim(
      client,
      'again',
      object => conditions(object).length === 2 && conditions(object).every(({ status }) => status === 'True'),
    );
    const rows = await asOwner(client, 'again', session => session.rows('SELECT n FROM public.kept'));
    assert.deepEqual(rows, [{ n: 7 }]);

    await client.delete(refOfClaim('shared'));
    const local = { apiVersion: LOCAL_API_VERSION, kind: 'Bucket', name };
    await waitFor(client, local, object => object === undefined, { timeoutMs: 120_000 });
    assert.equal(existsSync(join(server.buckets, name)), false);
  },
);

test(
  'the keys of an instance’s backups are turned while it archives, and the old ones are void then',
  { skip: long, timeout: 600_000 },
  async () => {
    const { client } = rig;
    await client.create(claimObject('turned'));
    await untilBackedUp(client, 'turned');
    const name = await compositeOf('turned');
    const before = await secretOf(client, 'turned-backup');
    const bucket = (before.destinationPath ?? '').slice('s3://'.length);
    assert.equal(bucket, `larder-${name}`);
    const archived = findOrder(rig.home, 'archives', name)!.destination;
    const annotations = { 'larder.dev/rotate-backup-keys': 'once' };
    await client.patch(refOfClaim('turned'), { type: 'merge', body: { metadata: { annotations } } });
    const old = storeFor(before, bucket);
    const oldArchive = openStore({ ...archived }, { retry: { attempts: 1 } });
    await waitUntil(async () => isDenied(old));
    await waitUntil(async () => isDenied(oldArchive));
    for (const store of [old, oldArchive]) store.close();
    const now = storeFor(await secretOf(client, 'turned-backup'), bucket);
    assert.ok((await now.read(BUCKET_MARK, 4_096))?.includes('larder'));
    await assert.rejects(now.put('x', content), { kind: 'denied' });
    now.close();
    const last = (statusOf(await client.get(refOfClaim('turned'))) as { recoverable?: { to: string } }).recoverable?.to;
    await switchWal(name);
    await untilClaim(client, 'turned', object => (statusOf(object).recoverable?.to ?? '') > (last ?? ''));
    assert.equal(conditions(await client.get(refOfClaim('turned'))).length, 2);
  },
);

async function isDenied(store: Store): Promise<boolean> {
  return store.check().then(
    () => false,
    (error: { kind?: string }) => error.kind === 'denied',
  );
}

async function waitUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, 'it did not come about');
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}
