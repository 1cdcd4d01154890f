/** What the server does by itself: garbage, namespaces, the objects of a deleted CustomResourceDefinition, old events. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isForbidden, isNotFound, type Client, type DeleteOptions, type KubeObject } from '@larder/kube';
import { startTestServer } from './harness.ts';
import { gone, until } from './until.ts';

const cm = { apiVersion: 'v1', kind: 'ConfigMap' } as const;
const ref = (name: string, namespace = 'default') => ({ ...cm, name, namespace });

function owned(name: string, owner: KubeObject, more: Partial<KubeObject['metadata']> = {}, block = false): KubeObject {
  const { apiVersion, kind, metadata } = owner;
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', blockOwnerDeletion: block };
  return { ...cm, metadata: { name, namespace: 'default', ownerReferences: [reference], ...more } };
}

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.ex.io' },
  spec: {
    group: 'ex.io',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wi'] },
    versions: ['v1', 'v1beta1'].map((name, index) => ({
      name,
      served: true,
      storage: index === 0,
      subresources: { status: {} },
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: { type: 'object', properties: { size: { type: 'integer', default: 1 } } },
            status: { type: 'object', properties: { phase: { type: 'string' } } },
          },
        },
      },
    })),
  },
};

describe('collectors', () => {
  let client: Client;
  const ended: (() => Promise<void>)[] = [];
  before(async () => {
    const server = await startTestServer({ after: end => ended.push(end as () => Promise<void>) });
    client = server.client;
  });
  after(async () => {
    for (const end of ended) await end();
  });

  const make = (name: string, more: object = {}) =>
    client.create<KubeObject>({ ...cm, metadata: { name, namespace: 'default', ...more } });
  const remove = (name: string, policy?: DeleteOptions['propagationPolicy']) =>
    client.delete(ref(name), policy ? { propagationPolicy: policy } : {});

  it('deletes dependents in the background', async () => {
    const child = await client.create(owned('b-child', await make('b-owner')));
    await client.create(owned('b-grandchild', child));
    await remove('b-owner', 'Background');
    await gone(client, ref('b-grandchild'));
    await gone(client, ref('b-child'));
  });

  it('keeps the owner until blocking dependents are gone, in the foreground', async () => {
    await client.create(owned('f-child', await make('f-owner'), { finalizers: ['ex.io/hold'] }, true));
    assert.deepEqual((await remove('f-owner', 'Foreground'))?.metadata.finalizers, ['foregroundDeletion']);
    await until(client, ref('f-child'), child => child?.metadata.deletionTimestamp !== undefined);
    assert.ok(await client.find(ref('f-owner')));
    await client.patch(ref('f-child'), { type: 'merge', body: { metadata: { finalizers: null } } });
    await gone(client, ref('f-owner'));
  });

  it('orphans dependents', async () => {
    await client.create(owned('o-child', await make('o-owner')));
    await remove('o-owner', 'Orphan');
    await gone(client, ref('o-owner'));
    assert.equal((await client.get(ref('o-child'))).metadata.ownerReferences, undefined);
  });

  it('deletes what is made with an owner that is not there', async () => {
    const ghost = { ...cm, metadata: { name: 'ghost', uid: 'not-there' } };
    await client.create(owned('a-child', ghost));
    await gone(client, ref('a-child'));
  });

  it('keeps an object that has another owner left', async () => {
    const [one, two] = [await make('k-one'), await make('k-two')];
    const child = owned('k-child', one);
    child.metadata.ownerReferences?.push(...(owned('', two).metadata.ownerReferences ?? []));
    await client.create(child);
    await remove('k-one');
    const kept = await until(client, ref('k-child'), object => object?.metadata.ownerReferences?.length === 1);
    assert.equal(kept?.metadata.ownerReferences?.[0]?.name, 'k-two');
  });

  it('empties a namespace before it goes, and admits nothing more', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'full' };
    await client.create({ ...namespace, metadata: { name: 'full' } });
    await client.create({ ...cm, metadata: { name: 'held', namespace: 'full', finalizers: ['ex.io/hold'] } });
    await client.create({ ...cm, metadata: { name: 'free', namespace: 'full' } });
    await client.delete(namespace);
    await gone(client, ref('free', 'full'));
    const refused = client.create({ ...cm, metadata: { name: 'late', namespace: 'full' } });
    await assert.rejects(refused, isForbidden);
    const told = await until(client, namespace, object => JSON.stringify(object?.status).includes('configmaps. has 1'));
    assert.equal((told?.status as { phase: string }).phase, 'Terminating');
    await client.patch(ref('held', 'full'), { type: 'merge', body: { metadata: { finalizers: null } } });
    await gone(client, namespace);
  });

  it('never deletes the namespaces that must be there', async () => {
    await assert.rejects(client.delete({ apiVersion: 'v1', kind: 'Namespace', name: 'default' }), {
      message: 'namespaces "default" is forbidden: this namespace may not be deleted',
    });
  });

  it('serves a CustomResourceDefinition at once, in all its versions, and ends with its objects', async () => {
    const crd = await client.create<KubeObject>(widgets);
    const conditions = (crd.status as { conditions: { type: string; status: string }[] }).conditions;
    assert.deepEqual(
      conditions.map(({ type, status }) => [type, status]),
      [
        ['NamesAccepted', 'True'],
        ['Established', 'True'],
      ],
    );
    const widget = { apiVersion: 'ex.io/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'default' }, spec: {} };
    const made: KubeObject = await client.create(widget);
    assert.deepEqual([made.spec, made.metadata.generation], [{ size: 1 }, 1]);
    const old = await client.get({ apiVersion: 'ex.io/v1beta1', kind: 'Widget', name: 'w', namespace: 'default' });
    assert.equal(old.apiVersion, 'ex.io/v1beta1');
    const withStatus: KubeObject = await client.updateStatus({ ...made, spec: { size: 9 }, status: { phase: 'ok' } });
    assert.deepEqual(
      [withStatus.spec, withStatus.status, withStatus.metadata.generation],
      [{ size: 1 }, { phase: 'ok' }, 1],
    );
    const name = { apiVersion: widgets.apiVersion, kind: widgets.kind, name: 'widgets.ex.io' };
    await client.delete(name);
    await gone(client, name);
    await assert.rejects(client.create(widget), isNotFound);
  });
});
