/** Instances are backed up from their first minute; what is in the bucket outlives them for its time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore, readArchivedLog, readCatalogue, type Destination, type Store } from '@larder/archive';
import { waitFor } from '@larder/controller';
import type { Client, KubeObject } from '@larder/kube';
import { readdirSync } from 'node:fs';
import { storagePlace } from '../../src/storage/place.ts';
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

const rig = await backupRig();

/** The bucket as whoever has the claim sees it. */
async function storeOf(client: Client, claim: string): Promise<Store> {
  const secret = await secretOf(client, `${claim}-backup`);
  const destination: Destination = {
    endpoint: secret.endpointURL ?? '',
    region: secret.AWS_REGION ?? '',
    bucket: (secret.destinationPath ?? '').slice('s3://'.length),
    prefix: '',
    serverName: secret.serverName ?? '',
    accessKeyId: secret.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: secret.AWS_SECRET_ACCESS_KEY ?? '',
    ca: secret['ca.crt'],
  };
  return openStore(destination);
}

test(
  'a new instance is backed up at once, and its owner can read the backup with their own key',
  { timeout: 300_000 },
  async () => {
    const { client } = rig;
    await client.create(claimObject('first'));
    const claim = await untilBackedUp(client, 'first');
    const { backups = [], recoverable, backupStore } = statusOf(claim);
    assert.deepEqual(
      conditions(claim).map(({ type }) => type),
      ['Synced', 'Ready'],
    );
    assert.match(backups[0]?.name ?? '', /^\d{8}T\d{6}$/);
    assert.ok(recoverable && recoverable.from <= recoverable.to, JSON.stringify(recoverable));
    assert.equal(backupStore?.secretName, 'first-backup');
    const store = await storeOf(client, 'first');
    const catalogue = await readCatalogue(store);
    assert.deepEqual(
      catalogue.backups.map(({ id }) => id),
      backups.map(({ name }) => name),
    );
    assert.ok((await readArchivedLog(store)).segments.has(backups[0]?.lastWal ?? ''));
    await assert.rejects(store.put('probe', Buffer.from('x')), /denied|rights/i);
    store.close();
  },
);

test('a backup on demand is made once, and told on the operation', { timeout: 300_000 }, async () => {
  const { client } = rig;
  await client.create(claimObject('asked'));
  await untilBackedUp(client, 'asked');
  const operation = {
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLOperation',
    metadata: { name: 'now', namespace: NAMESPACE },
    spec: { parameters: { instance: 'asked', operation: 'Backup' } },
  };
  await client.create(operation);
  const done = (await waitFor(
    client,
    { ...operation, name: 'now', namespace: NAMESPACE },
    object => ['Succeeded', 'Failed'].includes((object?.status as { phase?: string } | undefined)?.phase ?? ''),
    { timeoutMs: 180_000 },
  )) as KubeObject;
  const { phase, backupName, message } = done.status as Record<string, string>;
  assert.equal(phase, 'Succeeded', message);
  await untilClaim(client, 'asked', claim => statusOf(claim).backups?.[0]?.name === backupName);
});

test(
  'what was committed last is in the bucket when the instance is gone, and the bucket stays for its time',
  { timeout: 300_000 },
  async () => {
    const { client, home } = rig;
    await client.create(claimObject('last', { backup: { keepAfterDeletion: '2h' } }));
    const claim = await untilBackedUp(client, 'last');
    const [{ lastWal: backedUp = '' } = {}] = statusOf(claim).backups ?? [];
    const store = await storeOf(client, 'last');
    const bucket = store.destination.bucket;
    store.close();
    await asOwner(client, 'last', session =>
      session.rows('CREATE TABLE public.kept AS SELECT generate_series(1, 1000) AS n'),
    );
    await client.delete(refOfClaim('last'));
    await waitFor(client, refOfClaim('last'), object => object === undefined, { timeoutMs: 120_000 });
    const kept = await client.get({ apiVersion: 'syn.tools/v1', kind: 'XS3Bucket', name: bucket });
    const { annotations = {} } = kept.metadata;
    assert.equal(annotations['larder.dev/unflushed'], undefined);
    const until = Date.parse(annotations['larder.dev/kept-until'] ?? '');
    assert.equal(until - Date.parse(annotations['larder.dev/instance-deleted-at'] ?? ''), 7_200_000);
    const wals = readdirSync(storagePlace(home).buckets + `/${bucket}`, { recursive: true, encoding: 'utf8' });
    const segments = wals.flatMap(path => /([0-9A-F]{24})\.gz/.exec(path)?.[1] ?? []).sort();
    assert.ok((segments.at(-1) ?? '') > backedUp, segments.join());
  },
);
