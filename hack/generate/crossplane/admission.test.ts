/**
 * Definitions and admission policies before a real kube-apiserver: it takes them all, and each refusal of the policies has its message.
 * Crossplane may take rules out of a schema's root, so those of claims are taken out here: what refuses is the policies alone.
 * Runs with LARDER_FULL=1 where the programs are installed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { crdsOfDefinition } from '@larder/composer';
import { httpClient, loadConnection } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import { services, type CustomResourceDefinition } from '@larder/catalog';
import { StatusError, type KubeObject } from '@larder/kube';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from '../../kube-apiserver/start.ts';
import { crossplaneFolder } from './crossplane.ts';

const KIND = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };
const COMPOSITE = { apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLInstance' };
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' };
/** The API server reads new kinds and policies in its own time. */
const PATIENCE_MS = 180_000;
const remedyOfNames =
  'the name of a claim has at most 38 characters, lower-case letters, digits and hyphens, starts with a letter and ends with a letter or digit: choose another name';
const remedyOfProtection = 'is protected: set spec.parameters.deletionProtection to false first';

const skip = notRun();
let server: KubeApiserver;
let client: HttpClient;

function notRun(): string | false {
  if (!hasKubeApiserver()) return 'not run: hack/tools/install.sh kube-apiserver etcd builds what it needs';
  return process.env.LARDER_FULL ? false : 'not run: LARDER_FULL=1 starts a kube-apiserver for it';
}

before(async () => {
  if (skip) return;
  server = await startKubeApiserver(false);
  client = httpClient(await loadConnection(server.kubeconfig));
  for (const object of definitions()) await client.create(object);
  for (const object of policies()) await client.create(object);
  await untilRefused(() => client.create(claim('1st'), { dryRun: true }));
});
after(async () => {
  if (skip) return;
  client.close();
  await server.stop();
});

test('a name that is too long, or begins with a digit, is refused with what is possible', { skip }, async () => {
  for (const name of ['a'.repeat(39), '1st', 'with.dot']) {
    const error = await refusal(client.create(claim(name)));
    assert.equal(error.code, 422);
    assert.equal(messageIn(error), `metadata.name: "${name}": ${remedyOfNames}`);
  }
  await client.create(claim('a'.repeat(38)));
});

test('storage that shrinks below what the instance has is refused, and what never took effect is taken back', { skip }, async () => {
  await running('shrinks', { storage: { size: '10Gi' } });
  const error = await refusal(change('shrinks', { resources: { storageSize: '5Gi' } }));
  assert.equal(error.code, 422);
  assert.equal(
    messageIn(error),
    'spec.parameters.resources.storageSize: "5Gi" is less than the "10Gi" that the instance has, and storage can not shrink: choose as much or more',
  );
  await change('shrinks', { resources: { storageSize: '500Gi' } });
  await change('shrinks', { resources: { storageSize: '10Gi' } });
});

test('a version below the one that runs is refused; its major, and newer ones, are not', { skip }, async () => {
  await running('descends', { version: '17.6' });
  for (const version of ['16', '17.5', '16.9']) {
    const error = await refusal(change('descends', { updatePolicy: { version } }));
    assert.equal(error.code, 422);
    assert.equal(
      messageIn(error),
      `spec.parameters.updatePolicy.version: "${version}" is below PostgreSQL 17.6, which runs and can not go down: keep "17.6" or its major version`,
    );
  }
  for (const version of ['17.6', '17.7', '18', '17']) await change('descends', { updatePolicy: { version } });
});

test('a protected claim is not deleted, until its owner says so', { skip }, async () => {
  await client.create(claim('precious', { deletionProtection: true }));
  const error = await refusal(client.delete({ ...KIND, name: 'precious', namespace: 'default' }));
  assert.equal(error.code, 403);
  assert.equal(messageIn(error), `PostgreSQLInstance "precious" in namespace "default" ${remedyOfProtection}`);
  await change('precious', { deletionProtection: false });
  await client.delete({ ...KIND, name: 'precious', namespace: 'default' });
});

test('the namespace of a protected claim is not deleted; another is, and one of unprotected claims', { skip }, async () => {
  for (const name of ['empty', 'plain', 'guarded']) await client.create({ ...NAMESPACE, metadata: { name } });
  await client.create({ ...claim('db'), metadata: { name: 'db', namespace: 'plain' } });
  const guarded = claim('db', { deletionProtection: true });
  await client.create({ ...guarded, metadata: { name: 'db', namespace: 'guarded' } });
  const error = await untilRefused(() => client.delete({ ...NAMESPACE, name: 'guarded' }, { dryRun: true }));
  assert.equal(error.code, 403);
  assert.equal(messageIn(error), `PostgreSQLInstance "db" in namespace "guarded" ${remedyOfProtection}`);
  assert.equal((await refusal(client.delete({ ...NAMESPACE, name: 'guarded' }))).code, 403);
  for (const name of ['empty', 'plain']) await client.delete({ ...NAMESPACE, name });
});

test('a claim that is just being deleted does not keep its namespace', { skip }, async () => {
  await client.create({ ...NAMESPACE, metadata: { name: 'leaving' } });
  const finalizers = ['test.larder.dev/held'];
  await client.create({ ...claim('db', { deletionProtection: false }), metadata: { name: 'db', namespace: 'leaving', finalizers } });
  const ref = { ...KIND, name: 'db', namespace: 'leaving' };
  await client.delete(ref);
  await client.patch(ref, { type: 'merge', body: { spec: { parameters: { deletionProtection: true } } } });
  await client.delete({ ...NAMESPACE, name: 'leaving' });
});

test('a protected composite is not deleted by hand; Crossplane, which carries out the deletion of its claim, may', { skip }, async () => {
  const composite = { ...claim('precious-abcde', { deletionProtection: true }), kind: COMPOSITE.kind };
  await client.create({ ...composite, metadata: { name: 'precious-abcde' } });
  const ref = { ...COMPOSITE, name: 'precious-abcde' };
  const error = await untilRefused(() => client.delete(ref, { dryRun: true }));
  assert.equal(error.code, 403);
  assert.equal(messageIn(error), `XPostgreSQLInstance "precious-abcde" ${remedyOfProtection.replace('first', 'on its claim first')}`);
  assert.equal((await refusal(client.delete(ref))).code, 403);
  assert.equal(await deletedBy('system:serviceaccount:crossplane-system:crossplane', '/apis/syn.tools/v1/xpostgresqlinstances/precious-abcde'), 200);
});

test('the namespace of a protected instance is not deleted by hand; Kubernetes may, and one without the mark goes', { skip }, async () => {
  const annotations = { 'larder.dev/deletion-protection': 'true' };
  await client.create({ ...NAMESPACE, metadata: { name: 'sv-guarded', annotations } });
  await client.create({ ...NAMESPACE, metadata: { name: 'sv-plain', annotations: { other: 'true' } } });
  const error = await untilRefused(() => client.delete({ ...NAMESPACE, name: 'sv-guarded' }, { dryRun: true }));
  assert.equal(error.code, 403);
  assert.equal(
    messageIn(error),
    'Namespace "sv-guarded" belongs to a protected instance: set spec.parameters.deletionProtection to false on its claim first',
  );
  await client.delete({ ...NAMESPACE, name: 'sv-plain' });
  assert.equal(await deletedBy('system:serviceaccount:kube-system:generic-garbage-collector', '/api/v1/namespaces/sv-guarded'), 200);
});

/** The status of a deletion in another's name. */
async function deletedBy(user: string, path: string): Promise<number> {
  // Those of system:masters may do all; what is asked here is the policies.
  const headers = { 'impersonate-user': user, 'impersonate-group': 'system:masters' };
  return (await client.transport.request({ method: 'DELETE', path, headers })).status;
}

/** All that the catalog defines, as Crossplane makes kinds of it; without the rules at the root of the claims that the policies are about. */
function definitions(): CustomResourceDefinition[] {
  const all = services.flatMap(({ definition, kinds }) => {
    const { composite, claim: ofClaim } = crdsOfDefinition(definition);
    if (ofClaim && definition.spec.claimNames?.kind === KIND.kind)
      for (const { schema } of ofClaim.spec.versions) delete schema.openAPIV3Schema['x-kubernetes-validations'];
    return [composite, ...(ofClaim ? [ofClaim] : []), ...kinds];
  });
  for (const { metadata } of all) delete metadata.ownerReferences;
  return [...new Map(all.map(one => [one.metadata.name, one])).values()];
}

function policies(): KubeObject[] {
  return ['claims', 'deletion', 'namespace-deletion', 'composite-deletion', 'composed-deletion'].flatMap(name =>
    parseAllDocuments(readFileSync(join(crossplaneFolder, 'admission', `${name}.yaml`), 'utf8')).map(
      document => document.toJS() as KubeObject,
    ),
  );
}

function claim(name: string, parameters: object = {}): KubeObject {
  const base = { resources: { storageSize: '1Gi' }, updatePolicy: { version: '17' } };
  return { ...KIND, metadata: { name, namespace: 'default' }, spec: { parameters: { ...base, ...parameters } } };
}

/** A claim whose instance runs, as its status says. */
async function running(name: string, status: object): Promise<void> {
  const { metadata, ...made } = await client.create(
    claim(name, { resources: { storageSize: '10Gi' }, updatePolicy: { version: '17' } }),
  );
  await client.updateStatus({ ...made, metadata, status });
}

function change(name: string, parameters: object): Promise<KubeObject> {
  const ref = { ...KIND, name, namespace: 'default' };
  return client.patch(ref, { type: 'merge', body: { spec: { parameters } } });
}

async function refusal(attempt: Promise<unknown>): Promise<StatusError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StatusError, 'it was not refused');
  return error;
}

/** Policies take effect a moment after they are stored. `attempt` changes nothing. */
async function untilRefused(attempt: () => Promise<unknown>): Promise<StatusError> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const error = await attempt().catch((reason: unknown) => reason);
    if (error instanceof StatusError && byPolicy.test(error.message)) return error;
    assert.ok(Date.now() < end, `no policy refuses: ${String(error)}`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

const byPolicy = /^.* is forbidden: ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request: /;

/** What the policy says of it. */
function messageIn(error: StatusError): string {
  assert.match(error.message, byPolicy);
  return error.message.replace(byPolicy, '');
}
