/** What the server fills into jobs, and what it refuses of them, as Kubernetes does. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startTestServer } from './harness.ts';

const jobs = '/apis/batch/v1/namespaces/default/jobs';

it('a job gets its pull policies, its labels and its completions', async t => {
  const server = await startTestServer(t);
  const make = async (name: string, more: object) => {
    const images = ['x', 'x:latest', 'reg.example:5000/x:1', 'x@sha256:00'];
    const containers = images.map((image, index) => ({ name: `c${index}`, image }));
    const spec = { ...more, template: { spec: { restartPolicy: 'Never', containers } } };
    const body = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec };
    const answer = await server.ask('POST', jobs, { body });
    assert.equal(answer.code, 201, answer.text);
    return answer.body as {
      metadata: { uid: string; labels: Record<string, string> };
      spec: {
        completions?: number;
        parallelism: number;
        template: { spec: { containers: { imagePullPolicy: string }[] } };
      };
    };
  };
  const { metadata, spec } = await make('one', {});
  assert.equal(metadata.labels['batch.kubernetes.io/controller-uid'], metadata.uid);
  assert.equal(metadata.labels['job-name'], 'one');
  assert.deepEqual(
    spec.template.spec.containers.map(({ imagePullPolicy }) => imagePullPolicy),
    ['Always', 'Always', 'IfNotPresent', 'IfNotPresent'],
  );
  assert.deepEqual([spec.completions, spec.parallelism], [1, 1]);
  const { spec: queue } = await make('queue', { parallelism: 2 });
  assert.deepEqual([queue.completions, queue.parallelism], [undefined, 2]);
});

it('an apply that names its last label no more takes the label, not the name', async t => {
  const server = await startTestServer(t);
  const apply = (metadata: object) =>
    server.ask('PATCH', '/api/v1/namespaces/default/configmaps/a?fieldManager=m', {
      type: 'application/apply-patch+yaml',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...metadata } },
    });
  assert.equal((await apply({ labels: { x: 'y' } })).code, 201);
  const { code, body } = await apply({});
  const { name, labels } = (body as { metadata: { name: string; labels?: object } }).metadata;
  assert.deepEqual([code, name, labels], [200, 'a', undefined]);
});

it('nobody acts as a group alone', async t => {
  const server = await startTestServer(t);
  const { code } = await server.ask('GET', '/api/v1/secrets', { headers: { 'Impersonate-Group': 'friends' } });
  assert.equal(code, 400);
});
