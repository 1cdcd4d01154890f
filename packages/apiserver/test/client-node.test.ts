/** The official JavaScript client against the server: writes, patches of all kinds, watches, and informers that outlive the server. */
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  Watch,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { it, type TestContext } from 'node:test';
import { startTestServer, type TestServer } from './server/harness.ts';

const namespace = 'default';

async function connect(t: TestContext): Promise<{ server: TestServer; config: KubeConfig; api: CoreV1Api }> {
  const server = await startTestServer(t);
  const config = new KubeConfig();
  config.loadFromFile(await server.kubeconfig());
  return { server, config, api: config.makeApiClient(CoreV1Api) };
}

/** A connection that can be cut. */
async function connectThroughProxy(
  t: TestContext,
  server: TestServer,
): Promise<{ config: KubeConfig; cutOff: () => void }> {
  const open = new Set<Socket>();
  const proxy = createServer(socket => {
    const inner = createConnection(server.api.port, '127.0.0.1');
    for (const end of [socket, inner]) open.add(end.on('error', () => undefined));
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  const cutOff = () => {
    for (const socket of open) socket.destroy();
    open.clear();
  };
  t.after(async () => {
    cutOff();
    await new Promise(resolve => proxy.close(resolve));
  });
  const config = new KubeConfig();
  config.loadFromFile(await server.kubeconfig());
  const { port } = proxy.address() as AddressInfo;
  config.clusters = config.clusters.map(cluster => ({ ...cluster, server: `https://127.0.0.1:${port}` }));
  return { config, cutOff };
}

it('client-node creates, reads, replaces, lists and deletes', async t => {
  const { api } = await connect(t);
  const body: V1ConfigMap = { metadata: { generateName: 'made-' }, data: { a: '1' } };
  const made = await api.createNamespacedConfigMap({ namespace, body });
  const name = made.metadata?.name ?? '';
  assert.match(name, /^made-.{5}$/);
  const read = await api.readNamespacedConfigMap({ namespace, name });
  assert.ok(read.metadata?.creationTimestamp instanceof Date);
  const replaced = await api.replaceNamespacedConfigMap({ namespace, name, body: { ...read, data: { a: '2' } } });
  assert.equal(replaced.data?.a, '2');
  await assert.rejects(api.replaceNamespacedConfigMap({ namespace, name, body: read }), { code: 409 });
  await assert.rejects(api.readNamespacedConfigMap({ namespace, name: 'none' }), { code: 404 });
  const { items } = await api.listNamespacedConfigMap({ namespace, fieldSelector: `metadata.name=${name}` });
  assert.equal(items.length, 1);
  assert.equal((await api.deleteNamespacedConfigMap({ namespace, name })).status, 'Success');
  assert.equal((await api.deleteCollectionNamespacedConfigMap({ namespace })).kind, 'ConfigMapList');
});

it('client-node patches in all four ways', async t => {
  const { api, config } = await connect(t);
  const name = 'patched';
  await api.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: { a: '1' } } });
  const as = (type: string) => setHeaderOptions('Content-Type', type);
  const patches: [string, object][] = [
    [PatchStrategy.JsonPatch, [{ op: 'add', path: '/data/json', value: 'x' }]],
    [PatchStrategy.MergePatch, { data: { merge: 'x' } }],
    [PatchStrategy.StrategicMergePatch, { data: { strategic: 'x' } }],
  ];
  for (const [type, body] of patches) await api.patchNamespacedConfigMap({ namespace, name, body }, as(type));
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { apply: 'x' } };
  const apply = { namespace, name, body: applied, fieldManager: 'test' };
  const { data } = await api.patchNamespacedConfigMap(apply, as(PatchStrategy.ServerSideApply));
  assert.deepEqual(data, { a: '1', json: 'x', merge: 'x', strategic: 'x', apply: 'x' });
  const custom = config.makeApiClient(CustomObjectsApi);
  const crds = (await custom.listClusterCustomObject({
    ...{ group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' },
  })) as { kind: string };
  assert.equal(crds.kind, 'CustomResourceDefinitionList');
});

it('client-node watches', async t => {
  const { api, config } = await connect(t);
  const seen = new EventEmitter();
  const ended = once(seen, 'end');
  const added = once(seen, 'ADDED w');
  const controller = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { allowWatchBookmarks: true, resourceVersion: '0' },
    (phase, object: V1ConfigMap) => seen.emit(`${phase} ${object.metadata?.name}`),
    () => seen.emit('end'),
  );
  await api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'w' } } });
  await added;
  controller.abort();
  await ended;
});

it('an informer of client-node follows config maps, and again after the server cut it off', async t => {
  const { server, api } = await connect(t);
  const { config, cutOff } = await connectThroughProxy(t, server);
  await api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'first' }, data: { a: '1' } } });
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    api.listNamespacedConfigMap({ namespace }),
  );
  const seen = new EventEmitter();
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, object => seen.emit(`${verb} ${object.metadata?.name}`));
  }
  let following = true;
  // Stopping it ends its watch with an error, too.
  informer.on('error', () => {
    if (following) void informer.start();
  });
  const added = once(seen, 'add first');
  await informer.start();
  await added;
  const made = once(seen, 'add second');
  await api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'second' } } });
  await made;
  const updated = once(seen, 'update second');
  await api.replaceNamespacedConfigMap({
    namespace,
    name: 'second',
    body: { metadata: { name: 'second' }, data: { b: '2' } },
  });
  await updated;
  const deleted = once(seen, 'delete second');
  await api.deleteNamespacedConfigMap({ namespace, name: 'second' });
  await deleted;
  assert.equal(informer.get('first', namespace)?.data?.a, '1');

  const back = once(seen, 'add third');
  cutOff();
  await api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'third' } } });
  await back;
  following = false;
  await informer.stop();
});
