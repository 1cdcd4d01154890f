/** The files in `service/` are what people apply first: they must pass strict validation, and speak of each other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { builtinResources, compileSchema, fieldErrorText, type KubeObject, type Schema } from '@larder/kube';
import { connectionSecretName, services } from '@larder/catalog';
import { parseAllDocuments } from 'yaml';
import { acceptedOf, composeIn } from './local-requests.ts';

const userService = serviceOf('PostgreSQLUser');

function serviceOf(kind: string): (typeof services)[number] | undefined {
  return services.find(({ definition }) => definition.spec.claimNames?.kind === kind);
}

function manifests(name: string): KubeObject[] {
  const text = readFileSync(new URL(`../../../service/${name}`, import.meta.url), 'utf8');
  return parseAllDocuments(text)
    .map(document => document.toJS() as KubeObject | null)
    .filter(object => object !== null);
}

function schemaOf({ apiVersion, kind }: KubeObject): Schema {
  const service = serviceOf(kind);
  if (service) {
    const root = service.definition.spec.versions[0]!.schema.openAPIV3Schema;
    const text: Schema = { type: 'string' };
    const metadata: Schema = { type: 'object', properties: { name: { ...text, maxLength: 57 } } };
    return { ...root, properties: { ...root.properties, apiVersion: text, kind: text, metadata } };
  }
  const found = builtinResources.find(({ group, version, kind: other }) => {
    return other === kind && apiVersion === (group === '' ? version : `${group}/${version}`);
  });
  assert.ok(found, `${apiVersion} ${kind} is served`);
  return found.schema;
}

for (const file of ['prototype-instance.yaml', 'prototype-user.yaml', 'test-job.yaml']) {
  test(`${file} passes strict validation`, () => {
    for (const manifest of manifests(file)) {
      const schema = compileSchema(schemaOf(manifest));
      assert.deepEqual(schema.prune(structuredClone(manifest)), [], 'no field is unknown');
      assert.deepEqual(schema.validate(manifest).map(fieldErrorText), []);
    }
  });
}

test('the instance is the one of the prototype, but for its version, and is accepted', () => {
  const [namespace, instance] = manifests('prototype-instance.yaml');
  assert.equal(namespace?.metadata.name, 'my-app');
  assert.deepEqual(instance?.metadata, { name: 'postgres1', namespace: 'my-app' });
  const { parameters } = instance?.spec as { parameters: Record<string, unknown> };
  assert.deepEqual(parameters, {
    resources: { storageSize: '10Gi', limits: { memory: '1Gi' } },
    updatePolicy: { version: '17', securityUpdates: '0 1 * * *' },
  });
  assert.equal(acceptedOf(composeIn({ parameters })).status, 'True');
});

test('the job logs in as the user, who is one of the instance', () => {
  const [job] = manifests('test-job.yaml');
  const [user] = manifests('prototype-user.yaml');
  const { name = '', namespace } = user?.metadata ?? {};
  assert.equal(job?.metadata.namespace, namespace);
  assert.ok(JSON.stringify(job).includes(`"secretName":"${userService?.connectionSecretName(name)}"`));
  const { parameters } = user?.spec as { parameters: Record<string, unknown> };
  assert.equal(parameters.secretName, connectionSecretName('postgres1'));
});
