/** The official JavaScript client against the server: an informer sees what is there and what changes. */
import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { it } from 'node:test';
import { startTestServer } from './server/harness.ts';

it('an informer of client-node follows config maps', async t => {
  const server = await startTestServer(t);
  const config = new KubeConfig();
  config.loadFromFile(await server.kubeconfig());
  const api = config.makeApiClient(CoreV1Api);
  const namespace = 'default';
  await api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'first' }, data: { a: '1' } } });
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    api.listNamespacedConfigMap({ namespace }),
  );
  const seen = new EventEmitter();
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, object => seen.emit(`${verb} ${object.metadata?.name}`));
  }
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
  await informer.stop();
});
