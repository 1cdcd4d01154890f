/** Rules that the plane adds are asked before a deletion, also about everything in a namespace that shall go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionRule, Condition, KubeObject } from '@larder/kube';
import { startTestServer } from './harness.ts';
import { gone, until } from './until.ts';

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

test('what becomes protected while its namespace is going keeps itself, nothing else, and the namespace says so', async t => {
  let asked = 0;
  // The namespace's own deletion asks first, and is let through.
  const late: AdmissionRule = {
    ...keep,
    refuse: object => (object.metadata.labels?.keep === 'yes' && asked++ > 0 ? keep.refuse(object) : undefined),
  };
  const { client } = (await startTestServer(t, { admission: [late] })).api;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'shop' };
  const configMap = (name: string): KubeObject => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name, namespace: 'shop', ...(name === 'orders' && { labels: { keep: 'yes' } }) },
  });
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await client.create(configMap('orders'));
  await client.delete(namespace);

  const told = await until(client, namespace, object =>
    conditionsOf(object).some(({ type, status }) => type === 'NamespaceDeletionContentFailure' && status === 'True'),
  );
  const message = conditionsOf(told).find(({ type }) => type === 'NamespaceDeletionContentFailure')?.message;
  assert.match(message ?? '', /1 remaining: .*ConfigMap "orders" is protected: remove its label first/);
  const { items } = await client.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: 'shop' });
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name).filter(name => name !== 'kube-root-ca.crt'),
    ['orders'],
  );

  const orders = { apiVersion: 'v1', kind: 'ConfigMap', name: 'orders', namespace: 'shop' };
  await client.patch(orders, { type: 'merge', body: { metadata: { labels: null } } });
  await gone(client, namespace);
});

function conditionsOf(object: KubeObject | undefined): Condition[] {
  return (object as { status?: { conditions?: Condition[] } } | undefined)?.status?.conditions ?? [];
}
