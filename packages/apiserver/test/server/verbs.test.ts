/** The verbs through the in-process client, on a real store. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { StatusError } from '@larder/kube';
import { isAlreadyExists, isConflict, isInvalid, isNotFound, type Client, type KubeObject } from '@larder/kube';
import { startTestServer, type TestServer } from './harness.ts';

const cm = { apiVersion: 'v1', kind: 'ConfigMap' } as const;
const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  ...cm,
  metadata: { name, namespace: 'default' },
  data,
});
const ref = (name: string) => ({ ...cm, name, namespace: 'default' });

describe('verbs', () => {
  let server: TestServer;
  let client: Client;
  const ended: (() => Promise<void>)[] = [];
  before(async () => {
    server = await startTestServer({ after: end => ended.push(end as () => Promise<void>) });
    client = server.client;
  });
  after(async () => {
    for (const end of ended) await end();
  });

  it('creates with what the server sets, and answers copies of its own', async () => {
    const made = await client.create(configMap('copies', { a: '1' }));
    assert.match(made.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
    assert.match(made.metadata.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    (made.data as Record<string, string>).a = 'changed by the caller';
    assert.deepEqual((await client.get(ref('copies'))).data, { a: '1' });
  });

  it('copies nothing for who changes nothing, and lets nobody change what is shared', async () => {
    await client.create(configMap('shared', { a: '1' }));
    const found = await client.find(ref('shared'), { shared: true });
    const { items } = await client.list(cm, { namespace: 'default', shared: true });
    assert.equal(
      items.find(({ metadata }) => metadata.name === 'shared'),
      found,
    );
    assert.throws(() => Object.assign(found?.data as object, { a: '2' }), TypeError);
    assert.deepEqual((await client.find(ref('shared')))?.data, { a: '1' });
  });

  it('refuses a second object of the name, and finds none that is not there', async () => {
    await client.create(configMap('twice'));
    await assert.rejects(client.create(configMap('twice')), isAlreadyExists);
    await assert.rejects(client.get(ref('absent')), isNotFound);
    assert.equal(await client.find(ref('absent')), undefined);
  });

  it('generates names', async () => {
    const made = await client.create({ ...cm, metadata: { generateName: 'gen-', namespace: 'default' } } as never);
    assert.match((made as KubeObject).metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('refuses an update of a version that is no longer there', async () => {
    const first = await client.create(configMap('versions', { a: '1' }));
    await client.update({ ...first, data: { a: '2' } });
    await assert.rejects(client.update({ ...first, data: { a: '3' } }), isConflict);
  });

  it('writes nothing when nothing changed', async () => {
    const first = await client.create(configMap('same', { a: '1' }));
    const second = await client.update(first);
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  });

  it('never loses one of many patches at once', async () => {
    await client.create(configMap('many'));
    const keys = Array.from({ length: 15 }, (_, index) => `k${index}`);
    await Promise.all(keys.map(key => client.patch(ref('many'), { type: 'merge', body: { data: { [key]: key } } })));
    assert.deepEqual(Object.keys((await client.get(ref('many'))).data as object).sort(), [...keys].sort());
  });

  it('applies on the server, with conflicts between managers', async () => {
    const applied = (value: string) =>
      ({ type: 'apply', body: { ...cm, metadata: { name: 'ssa' }, data: { a: value } } }) as const;
    await client.patch(ref('ssa'), applied('1'), { fieldManager: 'one' });
    await assert.rejects(client.patch(ref('ssa'), applied('2'), { fieldManager: 'two' }), (error: StatusError) => {
      assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "one": .data.a');
      return isConflict(error);
    });
    const forced = await client.patch(ref('ssa'), { ...applied('2'), force: true }, { fieldManager: 'two' });
    assert.deepEqual(forced.data, { a: '2' });
  });

  it('holds a deleted object until its finalizers are gone', async () => {
    await client.create({
      ...configMap('held'),
      metadata: { name: 'held', namespace: 'default', finalizers: ['ex.io/hold'] },
    });
    const marked = await client.delete(ref('held'));
    assert.ok(marked?.metadata.deletionTimestamp);
    await client.patch(ref('held'), { type: 'merge', body: { metadata: { finalizers: null } } });
    assert.equal(await client.find(ref('held')), undefined);
  });

  it('writes nothing in a dry run', async () => {
    await client.create(configMap('dry'), { dryRun: true });
    assert.equal(await client.find(ref('dry')), undefined);
  });

  it('turns stringData into data and keeps the type of a secret', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'default' },
      stringData: { a: 'x' },
    };
    const made: KubeObject = await client.create(secret);
    assert.deepEqual([made.data, made.type, made.stringData], [{ a: 'eA==' }, 'Opaque', undefined]);
    await assert.rejects(client.update({ ...made, type: 'other' }), isInvalid);
  });

  it('treats __proto__ and constructor as keys like any other', async () => {
    const data = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    await client.create(configMap('keys', data));
    const found = (await client.get(ref('keys'))).data as Record<string, string>;
    assert.deepEqual(Object.keys(found).sort(), ['__proto__', 'constructor']);
  });

  it('refuses a namespace that is not there', async () => {
    const lost = { ...cm, metadata: { name: 'x', namespace: 'nope' } };
    await assert.rejects(client.create(lost), { message: 'namespaces "nope" not found' });
  });
});
