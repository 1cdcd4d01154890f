import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileSchema, type Schema } from '../../src/index.ts';

/** Schemas of a few levels, with defaults, lists of every type, bounds and rules. */
const { schema: anySchema } = fc.letrec<{ schema: Schema }>(tie => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constant<Schema>({ type: 'string', maxLength: 4, default: 'd' }),
    fc.constant<Schema>({ type: 'integer', minimum: 0, default: 1 }),
    fc.constant<Schema>({ type: 'boolean', nullable: true }),
    fc.constant<Schema>({ 'x-kubernetes-int-or-string': true }),
    fc.constant<Schema>({ 'x-kubernetes-preserve-unknown-fields': true }),
    fc.constant<Schema>({
      type: 'string',
      format: 'date-time',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf' }],
    }),
    fc.record({
      type: fc.constant<'object'>('object'),
      properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'x-y', 'constructor'), tie('schema')),
      default: fc.constantFrom(undefined, {}),
      required: fc.constantFrom<string[]>([], ['a']),
    }),
    fc.record({ type: fc.constant<'object'>('object'), additionalProperties: tie('schema') }),
    fc.record({
      type: fc.constant<'array'>('array'),
      items: tie('schema'),
      'x-kubernetes-list-type': fc.constantFrom('atomic' as const, 'set' as const),
    }),
  ),
}));

const key = fc.oneof(fc.constantFrom('a', 'b', 'x-y', 'constructor', '__proto__'), fc.string({ maxLength: 3 }));
const { value: anyValue } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ maxLength: 6, unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

const compiled = (schema: Schema) => compileSchema({ type: 'object', properties: { spec: schema } });
const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

describe('Whatever the schema and the object', () => {
  it('pruning twice is pruning once', () => {
    fc.assert(
      fc.property(anySchema, anyValue, (schema, spec) => {
        const { prune } = compiled(schema);
        const once = json({ spec });
        prune(once);
        const twice = json(once);
        assert.deepEqual(prune(twice), []);
        assert.deepEqual(twice, once);
      }),
    );
  });

  it('defaulting twice is defaulting once', () => {
    fc.assert(
      fc.property(anySchema, anyValue, (schema, spec) => {
        const { applyDefaults } = compiled(schema);
        const once = json({ spec });
        applyDefaults(once);
        const twice = json(once);
        applyDefaults(twice);
        assert.deepEqual(twice, once);
      }),
    );
  });

  it('validation never throws, changes nothing, and lets a good object pass unchanged', () => {
    fc.assert(
      fc.property(anySchema, anyValue, anyValue, (schema, spec, old) => {
        const { validate } = compiled(schema);
        const object = json({ spec });
        const copy = json(object);
        assert.ok(Array.isArray(validate(object)));
        assert.ok(Array.isArray(validate(object, json({ spec: old }))));
        assert.deepEqual(object, copy);
        if (validate(object).length === 0) assert.deepEqual(validate(object, copy), []);
      }),
    );
  });
});
