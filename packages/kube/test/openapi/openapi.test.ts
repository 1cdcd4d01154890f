import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinResources, isJsonObject, openApiV2, openApiV3 } from '@larder/kube';
import type { JsonObject, ResourceDefinition, Schema } from '@larder/kube';

const text: Schema = { type: 'string' };
const widget: ResourceDefinition = {
  group: 'shop.example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  namespaced: true,
  status: true,
  schema: {
    type: 'object',
    description: 'A widget.',
    required: ['spec'],
    properties: {
      metadata: { type: 'object' },
      spec: {
        type: 'object',
        properties: {
          size: { 'x-kubernetes-int-or-string': true, description: 'How large.' },
          count: { 'x-kubernetes-int-or-string': true, pattern: '^[0-9]+$' },
          color: { ...text, nullable: true, default: 'red', enum: ['red', 'blue'] },
          constructor: text,
        },
        'x-kubernetes-validations': [{ rule: 'true' }],
      },
    },
  },
};
const groupVersions = [...new Set(builtinResources.map(({ group, version }) => `${group}/${version}`))];
const definitionsOf = (groupVersion: string): ResourceDefinition[] =>
  builtinResources.filter(({ group, version }) => `${group}/${version}` === groupVersion);

function at(document: unknown, ...path: string[]): JsonObject {
  let value = document;
  for (const key of path) value = isJsonObject(value) ? value[key] : undefined;
  assert.ok(isJsonObject(value), path.join(' '));
  return value;
}

/** All values of `key`, wherever they are. */
function collect(value: unknown, key: string): unknown[] {
  if (Array.isArray(value)) return value.flatMap(item => collect(item, key));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => (name === key ? [child] : collect(child, key)));
}

function assertWhole(document: JsonObject, components: JsonObject, prefix: string): void {
  for (const ref of collect(document, '$ref')) {
    assert.ok(typeof ref === 'string' && ref.startsWith(prefix), String(ref));
    assert.ok(Object.hasOwn(components, ref.slice(prefix.length)), ref);
  }
  const ids = collect(document, 'operationId');
  assert.equal(new Set(ids).size, ids.length);
}

describe('OpenAPI v3', () => {
  for (const groupVersion of groupVersions) {
    it(`of ${groupVersion} is whole`, () => {
      const [group = '', version = ''] = groupVersion.split('/');
      const document = openApiV3(group, version, definitionsOf(groupVersion));
      assertWhole(document, at(document, 'components', 'schemas'), '#/components/schemas/');
    });
  }
  const document = openApiV3('shop.example.com', 'v1', [widget]);
  const root = '/apis/shop.example.com/v1';

  it('has the paths of a kind', () => {
    assert.deepEqual(Object.keys(at(document, 'paths')), [
      `${root}/namespaces/{namespace}/widgets`,
      `${root}/namespaces/{namespace}/widgets/{name}`,
      `${root}/namespaces/{namespace}/widgets/{name}/status`,
      `${root}/widgets`,
    ]);
  });
  it('tells explain which kind a path has, and which schema the kind has', () => {
    const kind = { group: 'shop.example.com', version: 'v1', kind: 'Widget' };
    const path = at(document, 'paths', `${root}/namespaces/{namespace}/widgets`);
    assert.deepEqual(at(path, 'get')['x-kubernetes-group-version-kind'], kind);
    const schema = at(document, 'components', 'schemas', 'com.example.shop.v1.Widget');
    assert.deepEqual(schema['x-kubernetes-group-version-kind'], [kind]);
    assert.deepEqual(at(schema, 'properties', 'metadata').allOf, [
      { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
    ]);
    const size = at(schema, 'properties', 'spec', 'properties', 'size');
    assert.equal(size.description, 'How large.');
    assert.deepEqual(size.allOf, [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString' }]);
    assert.ok(Object.hasOwn(at(schema, 'properties', 'spec', 'properties'), 'constructor'));
  });
  it('tells kubectl that a patch takes fieldValidation', () => {
    const patch = at(document, 'paths', `${root}/namespaces/{namespace}/widgets/{name}`, 'patch');
    const parameters = patch.parameters as JsonObject[];
    assert.ok(parameters.some(parameter => parameter.name === 'fieldValidation' && parameter.in === 'query'));
  });
  it('offers strategic patches for kinds of Kubernetes, but CustomResourceDefinitions', () => {
    const strategic = 'application/strategic-merge-patch+json';
    const isOffered = (all: JsonObject, path: string): boolean =>
      Object.hasOwn(at(all, 'paths', path, 'patch', 'requestBody', 'content'), strategic);
    assert.equal(isOffered(document, `${root}/namespaces/{namespace}/widgets/{name}`), false);
    const core = openApiV3('', 'v1', definitionsOf('/v1'));
    assert.equal(isOffered(core, '/api/v1/namespaces/{namespace}/configmaps/{name}'), true);
    const extensions = openApiV3('apiextensions.k8s.io', 'v1', definitionsOf('apiextensions.k8s.io/v1'));
    const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}';
    assert.equal(isOffered(extensions, crd), false);
  });
  it('says how lists are merged', () => {
    const core = openApiV3('', 'v1', definitionsOf('/v1'));
    const pod = at(core, 'components', 'schemas', 'io.k8s.api.core.v1.Pod', 'properties', 'spec');
    assert.equal(at(pod, 'properties', 'containers')['x-kubernetes-patch-merge-key'], 'name');
  });
});

describe('OpenAPI v2', () => {
  it('of all kinds is whole', () => {
    const document = openApiV2([...builtinResources, widget]);
    assertWhole(document, at(document, 'definitions'), '#/definitions/');
    assert.equal(document.swagger, '2.0');
  });
  it('leaves out what v2 does not know', () => {
    const document = openApiV2([widget]);
    for (const key of ['nullable', 'oneOf', 'anyOf', 'allOf', 'x-kubernetes-validations']) {
      assert.deepEqual(collect(document, key), [], key);
    }
    const spec = at(document, 'definitions', 'com.example.shop.v1.Widget', 'properties', 'spec', 'properties');
    assert.deepEqual(spec.color, { enum: ['red', 'blue'] });
  });
});
