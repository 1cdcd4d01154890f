import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  compileSchema,
  defaultCustomResourceDefinition,
  fieldErrorText,
  pruneDefinitionSchemas,
  resourcesOfCrd,
  validateCustomResourceDefinition,
  type CustomResourceDefinition,
  type Schema,
} from '../../src/index.ts';
import * as cases from './cases.ts';

const { definitionOf } = cases;

function errorsOf(definition: CustomResourceDefinition, old?: CustomResourceDefinition): string[] {
  const filled = structuredClone(definition);
  defaultCustomResourceDefinition(filled);
  return validateCustomResourceDefinition(filled, old).map(fieldErrorText);
}

const { names, parts, structural, keywords, defaults, rules, several } = cases;
for (const [group, list] of Object.entries({ names, parts, structural, keywords, defaults, rules, several })) {
  describe(`Of a definition's ${group}, Kubernetes' words`, () => {
    for (const { name, definition, want } of list) {
      it(name, () => assert.deepEqual(errorsOf(definition).sort(), [...want].sort()));
    }
  });
}

describe('A definition', () => {
  it('gets its names, conversion and stored version', () => {
    const definition = definitionOf({ type: 'object' });
    defaultCustomResourceDefinition(definition);
    const once = structuredClone(definition);
    defaultCustomResourceDefinition(definition);
    assert.deepEqual(definition, once);
    assert.deepEqual(definition.spec.names, {
      plural: 'things',
      kind: 'Thing',
      singular: 'thing',
      listKind: 'ThingList',
    });
    assert.deepEqual(definition.spec.conversion, { strategy: 'None' });
    assert.deepEqual(definition.status, { storedVersions: ['v1'] });
  });

  it('is refused with a webhook, which nothing here calls', () => {
    const definition = definitionOf({ type: 'object' }, {}, { conversion: { strategy: 'Webhook' } });
    assert.deepEqual(errorsOf(definition), [
      'spec.conversion.strategy: Unsupported value: "Webhook": supported values: "None"',
    ]);
  });

  it('stores exactly one version', () => {
    const definition = definitionOf({ type: 'object' }, { storage: false });
    assert.match(errorsOf(definition)[0]!, /must have exactly one version marked as storage version/);
  });

  it('keeps its scope and kind once established', () => {
    const old = definitionOf({ type: 'object' });
    old.status = { conditions: [{ type: 'Established', status: 'True', reason: 'InitialNamesAccepted' }] };
    const changed = definitionOf(
      { type: 'object' },
      {},
      { scope: 'Cluster', names: { plural: 'things', kind: 'Other' } },
    );
    assert.deepEqual(errorsOf(changed, old), [
      'spec.scope: Invalid value: "Cluster": field is immutable',
      'spec.names.kind: Invalid value: "Other": field is immutable',
    ]);
  });

  it('may not lose a version that was stored', () => {
    const definition = definitionOf({ type: 'object' });
    definition.status = { storedVersions: ['v1alpha1', 'v1'] };
    assert.match(
      errorsOf(definition)[0]!,
      /^status\.storedVersions\[0\]: Invalid value: "v1alpha1": missing from spec\.versions/,
    );
  });

  it('tells the fields that no schema has', () => {
    const schema = { type: 'object', properties: { spec: { type: 'object', requird: ['a'], nullable: null } } };
    const definition = definitionOf(schema);
    assert.deepEqual(pruneDefinitionSchemas(definition), [
      'spec.versions[0].schema.openAPIV3Schema.properties.spec.requird',
    ]);
    assert.deepEqual(schema, { type: 'object', properties: { spec: { type: 'object' } } });
  });

  it('may not bind variables in a rule, which Kubernetes refuses too', () => {
    const ruled = { type: 'string', 'x-kubernetes-validations': [{ rule: "'' == cel.bind(x, 1, '')" }] };
    const [error] = errorsOf(definitionOf({ type: 'object', properties: { spec: ruled } }));
    assert.match(error!, /ERROR: <input>:1:7: undeclared reference to 'cel' \(in container ''\)/);
  });

  it('tells a schema that is none', () => {
    assert.deepEqual(errorsOf(definitionOf({ type: 'object', properties: { spec: 5 } })), [
      'spec.validation.openAPIV3Schema.properties.spec: Invalid value: "integer": spec.validation.openAPIV3Schema.properties.spec in body must be of type object: "integer"',
    ]);
  });

  it('never makes validation throw, whatever stands in its schema', () => {
    const word = fc.constantFrom(
      'type',
      'properties',
      'items',
      'allOf',
      'not',
      'default',
      'enum',
      'pattern',
      'a',
      '__proto__',
    );
    const key = fc.oneof(
      word,
      fc.constantFrom('x-kubernetes-validations', 'rule', 'x-kubernetes-list-type', 'required'),
    );
    const { value } = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('object', 'array', 'string', 'map', '(', 'self.a', true, false, null, 1),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, schema =>
        Array.isArray(errorsOf(definitionOf({ type: 'object', properties: { spec: schema } }))),
      ),
    );
  });

  it('ends on a schema without end', () => {
    let schema: Schema = { type: 'string' };
    for (let level = 0; level < 400; level++) schema = { type: 'object', properties: { a: schema } };
    assert.match(errorsOf(definitionOf(schema))[0]!, /nested deeper than 250 schemas/);
  });
});

describe('A served version', () => {
  it('is a resource with the names, the columns and the parts of the definition', () => {
    const definition = definitionOf(
      { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } },
      {
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        selectableFields: [{ jsonPath: '.spec.size' }],
        deprecated: true,
      },
    );
    defaultCustomResourceDefinition(definition);
    const [resource] = resourcesOfCrd(definition);
    const { schema, ...rest } = resource!;
    assert.deepEqual(rest, {
      group: 'example.com',
      version: 'v1',
      kind: 'Thing',
      listKind: 'ThingList',
      plural: 'things',
      singular: 'thing',
      namespaced: true,
      status: true,
      columns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      selectableFields: ['.spec.size'],
      deprecated: 'example.com/v1 Thing is deprecated',
    });
    const compiled = compileSchema(schema);
    assert.deepEqual(compiled.prune({ metadata: { name: 'a', nam: 1 }, spec: { size: 1, sise: 2 } }), [
      'metadata.nam',
      'spec.sise',
    ]);
  });

  it('is not one that is not served', () => {
    assert.deepEqual(resourcesOfCrd(definitionOf({ type: 'object' }, { served: false })), []);
  });
});
