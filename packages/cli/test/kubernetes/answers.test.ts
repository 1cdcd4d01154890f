/** What the installer and the doctor make of an API's answers: of errors that pass, of those that stay, and of a cluster that lacks everything. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { httpClient, type HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { applyAll } from '../../src/kubernetes/apply.ts';
import { examine } from '../../src/kubernetes/doctor.ts';

type Answer = (request: IncomingMessage) => { code: number; body: object };

/** An API that answers so. */
async function withApi(answer: Answer, use: (client: HttpClient) => Promise<void>): Promise<void> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { code, body } = answer(request);
    request.resume().on('end', () => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const client = httpClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  try {
    await use(client);
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
  }
}

function refusal(code: number, reason: string): { code: number; body: object } {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${reason}!`,
    reason,
    code,
  };
  return { code, body };
}

const namespaces = { name: 'namespaces', singularName: 'namespace', namespaced: false, kind: 'Namespace', verbs: [] };
const core = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'v1', resources: [namespaces] };
const wanted: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'larder-system' } };

test('an installation goes on after 409, 429 and 500', async () => {
  const errors = [refusal(409, 'Conflict'), refusal(429, 'TooManyRequests'), refusal(500, 'InternalError')];
  const patches: string[] = [];
  const answer: Answer = ({ method, url = '' }) => {
    if (method !== 'PATCH') return { code: 200, body: core };
    patches.push(url);
    return errors.shift() ?? { code: 200, body: wanted };
  };
  await withApi(answer, client => applyAll(client, [{ object: wanted, source: 'rbac/place.yaml' }]));
  assert.equal(patches.length, 4);
  assert.deepEqual([...new Set(patches)], ['/api/v1/namespaces/larder-system?fieldManager=larder-install&force=true']);
});

test('what the API will never take ends an installation at once, and names object and file', async () => {
  let patches = 0;
  const answer: Answer = ({ method }) => {
    if (method !== 'PATCH') return { code: 200, body: core };
    patches += 1;
    return refusal(403, 'Forbidden');
  };
  await withApi(answer, client =>
    assert.rejects(applyAll(client, [{ object: wanted, source: 'rbac/place.yaml' }]), {
      message: 'cannot apply Namespace "larder-system" of rbac/place.yaml: Forbidden!',
    }),
  );
  assert.equal(patches, 1);
});

test('the doctor says of a cluster that lacks everything what each lacks, and what to do', async () => {
  const review = { kind: 'SelfSubjectAccessReview', metadata: {}, status: { allowed: false } };
  const served: Record<string, object> = {
    '/version': { gitVersion: 'v1.20.3' },
    '/apis/authorization.k8s.io/v1': listOf('authorization.k8s.io/v1', 'selfsubjectaccessreviews', review.kind),
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': review,
    '/apis/apps/v1': listOf('apps/v1', 'deployments', 'Deployment', true),
    '/apis/storage.k8s.io/v1': listOf('storage.k8s.io/v1', 'storageclasses', 'StorageClass'),
    '/apis/storage.k8s.io/v1/storageclasses': { kind: 'StorageClassList', metadata: {}, items: [] },
  };
  const answer: Answer = ({ url = '' }) => {
    const body = served[url.split('?')[0] ?? ''];
    return body ? { code: 200, body } : refusal(404, 'NotFound');
  };
  const definition = {
    apiVersion: 'apiextensions.crossplane.io/v1',
    kind: 'CompositeResourceDefinition',
    metadata: { name: 'xpostgresqlinstances.syn.tools' },
    spec: { claimNames: { kind: 'PostgreSQLInstance' } },
  };
  await withApi(answer, async client => {
    const findings = await examine(client, [definition]);
    for (const finding of findings) assert.ok(finding.state === 'missing' && finding.remedy !== '', finding.about);
    const told = Object.fromEntries(findings.map(({ about, words }) => [about, words]));
    assert.equal(told.Kubernetes, '1.20.3 is too old');
    assert.match(told['your rights'] ?? '', /^not allowed: create namespaces, create customresourcedefinitions, /);
    assert.equal(told['storage class'], 'there is none');
    assert.equal(told.Crossplane, 'none runs in crossplane-system');
    assert.equal(told['a database operator'], 'neither CloudNativePG nor StackGres runs');
    assert.equal(told['the composition function'], 'Function "larder" is not there');
    assert.match(told['service PostgreSQLInstance'] ?? '', /"xpostgresqlinstances\.syn\.tools" is not there$/);
    assert.equal(told.composition, 'postgresql is not there');
  });
});

function listOf(groupVersion: string, name: string, kind: string, namespaced = false): object {
  const resource = { name, singularName: kind.toLowerCase(), namespaced, kind, verbs: [] };
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [resource] };
}
