/** Rules that the plane adds are asked before a deletion, also about everything in a namespace that shall go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionRule, KubeObject } from '@larder/kube';
import { startTestServer } from './harness.ts';

const keep: AdmissionRule = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  operations: ['DELETE'],
  refuse: object =>
    object.metadata.labels?.keep === 'yes'
      ? { reason: 'Forbidden', message: `ConfigMap "${object.metadata.name}" is protected: remove its label first` }
      : undefined,
};

test('neither a protected object nor its namespace can be deleted, and both when it is protected no more', async t => {
  const { client } = (await startTestServer(t, { admission: [keep] })).api;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'shop' };
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: 'orders', namespace: 'shop' };
  const metadata = { name: 'orders', namespace: 'shop', labels: { keep: 'yes' } };
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });

  await assert.rejects(client.delete(ref), /"orders" is protected/);
  await assert.rejects(client.delete(namespace), /namespaces "shop" is forbidden: ConfigMap "orders" is protected/);
  const there = await client.get<KubeObject>(namespace);
  assert.equal(there.metadata.deletionTimestamp, undefined);

  await client.patch(ref, { type: 'merge', body: { metadata: { labels: null } } });
  await client.delete(namespace);
  const going = await client.find<KubeObject>(namespace);
  assert.ok(going === undefined || going.metadata.deletionTimestamp !== undefined);
});
