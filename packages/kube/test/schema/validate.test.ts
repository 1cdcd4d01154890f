import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileSchema, fieldErrorText, type Schema } from '../../src/index.ts';
import * as cases from './cases.ts';

const resource = (spec: unknown) => ({ apiVersion: 'example.com/v1', kind: 'Example', metadata: { name: 'a' }, spec });

/** As the API server does it: prune, default, validate. */
function errorsOf(schema: Schema, spec: unknown, old?: unknown): string[] {
  const compiled = compileSchema({ type: 'object', properties: { spec: schema } });
  const prepare = (value: unknown) => {
    const object = structuredClone(resource(value));
    compiled.prune(object);
    compiled.applyDefaults(object);
    return object;
  };
  return compiled.validate(prepare(spec), old === undefined ? undefined : prepare(old)).map(fieldErrorText);
}

for (const [group, list] of Object.entries(cases)) {
  describe(`Validation says of ${group} what Kubernetes says`, () => {
    for (const { name, schema, spec, old, want } of list) {
      it(name, () => {
        assert.deepEqual(errorsOf(schema, spec, old).sort(), [...want].sort());
      });
    }
  });
}

describe('Validation', () => {
  const schema: Schema = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };

  it('checks metadata as Kubernetes types it', () => {
    const compiled = compileSchema({ type: 'object' });
    const errors = compiled.validate({ metadata: { name: 5, labels: { a: 1 }, ownerReferences: [{ kind: 'X' }] } });
    assert.deepEqual(errors.map(fieldErrorText), [
      'metadata.name: Invalid value: "integer": metadata.name in body must be of type string: "integer"',
      'metadata.labels.a: Invalid value: "integer": metadata.labels.a in body must be of type string: "integer"',
    ]);
  });

  it('lets a definition narrow the name', () => {
    const name: Schema = { type: 'string', maxLength: 3 };
    const compiled = compileSchema({
      type: 'object',
      properties: { metadata: { type: 'object', properties: { name } } },
    });
    assert.deepEqual(compiled.validate({ metadata: { name: 'long' } }).map(fieldErrorText), [
      'metadata.name: Too long: may not be more than 3 bytes',
    ]);
  });

  it('asks an embedded resource what it is', () => {
    const embedded: Schema = {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    };
    const compiled = compileSchema({ type: 'object', properties: { template: embedded } });
    const object = { template: { kind: 'Pod', metadata: { name: 'x', nam: 'y' }, any: { thing: 1 } } };
    assert.deepEqual(compiled.prune(object), ['template.metadata.nam']);
    assert.deepEqual(compiled.validate(object).map(fieldErrorText), [
      'template.apiVersion: Required value: must not be empty',
    ]);
  });

  it('refuses an object that is none', () => {
    const compiled = compileSchema(schema);
    assert.equal(compiled.validate([]).length, 1);
    assert.equal(compiled.validate('x').length, 1);
  });

  it('refuses what nests too deep', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 100_000; level++) deep = { a: deep };
    const compiled = compileSchema({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
    assert.deepEqual(compiled.validate(deep).map(fieldErrorText), [
      '<nil>: Invalid value: nested deeper than 500 levels',
    ]);
  });
});
