import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileSchema, type Schema } from '../../src/index.ts';

interface Case {
  name: string;
  schema: Schema;
  spec: Record<string, unknown>;
  want: Record<string, unknown>;
  dropped?: string[];
}

const text: Schema = { type: 'string' };
const any: Schema = { 'x-kubernetes-preserve-unknown-fields': true };
const object = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties });

const pruning: Case[] = [
  {
    name: 'UnknownFieldsGo',
    schema: object({ a: text }),
    spec: { a: 'x', b: 'y' },
    want: { a: 'x' },
    dropped: ['spec.b'],
  },
  {
    name: 'DeepInListsAndMaps',
    schema: object({
      l: { type: 'array', items: object({ a: text }) },
      m: { type: 'object', additionalProperties: object({ a: text }) },
    }),
    spec: { l: [{ a: 'x' }, { b: 'y', c: { d: 1 } }], m: { 'k.x': { z: 1 } } },
    want: { l: [{ a: 'x' }, {}], m: { 'k.x': {} } },
    dropped: ['spec.l[1].b', 'spec.l[1].c', 'spec.m.k.x.z'],
  },
  {
    name: 'FreeFieldsStay',
    schema: object({ a: any }),
    spec: { a: { b: [{ c: 1 }] } },
    want: { a: { b: [{ c: 1 }] } },
  },
  {
    name: 'KnownFieldsOfFreeOnesArePruned',
    schema: object({ a: { ...any, type: 'object', properties: { b: object({ c: text }) } } }),
    spec: { a: { b: { c: 'x', d: 1 }, e: 1 } },
    want: { a: { b: { c: 'x' }, e: 1 } },
    dropped: ['spec.a.b.d'],
  },
  {
    name: 'WrongTypesAreLeftForValidation',
    schema: object({ a: object({ b: text }), l: { type: 'array', items: text } }),
    spec: { a: 'x', l: 'y' },
    want: { a: 'x', l: 'y' },
  },
  {
    name: 'NoKeyIsSpecial',
    schema: object({ a: text }),
    spec: JSON.parse('{"a":"x","__proto__":{"polluted":1},"constructor":{"x":1}}') as Record<string, unknown>,
    want: { a: 'x' },
    dropped: ['spec.__proto__', 'spec.constructor'],
  },
];

const defaulting: Case[] = [
  {
    name: 'AbsentFieldsGetTheirDefault',
    schema: object({ a: { ...text, default: 'x' }, b: { type: 'boolean', default: false } }),
    spec: { a: 'y' },
    want: { a: 'y', b: false },
  },
  {
    name: 'DefaultsOfDefaults',
    schema: object({ a: { ...object({ b: { type: 'integer', default: 1 } }), default: {} } }),
    spec: {},
    want: { a: { b: 1 } },
  },
  { name: 'NoParentIsMade', schema: object({ a: object({ b: { ...text, default: 'x' } }) }), spec: {}, want: {} },
  {
    name: 'ItemsAndMapValues',
    schema: object({
      l: { type: 'array', items: object({ b: { ...text, default: 'x' } }) },
      m: { type: 'object', additionalProperties: object({ b: { ...text, default: 'x' } }) },
    }),
    spec: { l: [{}, { b: 'y' }], m: { k: {} } },
    want: { l: [{ b: 'x' }, { b: 'y' }], m: { k: { b: 'x' } } },
  },
  {
    name: 'ANullBecomesTheDefault',
    schema: object({ a: { ...text, default: 'x' } }),
    spec: { a: null },
    want: { a: 'x' },
  },
  { name: 'ANullWithoutDefaultGoes', schema: object({ a: text }), spec: { a: null }, want: {} },
  {
    name: 'AnAllowedNullStays',
    schema: object({ a: { ...text, nullable: true, default: 'x' } }),
    spec: { a: null },
    want: { a: null },
  },
];

const compile = (schema: Schema) => compileSchema({ type: 'object', properties: { spec: schema } });

describe('Pruning', () => {
  for (const { name, schema, spec, want, dropped = [] } of pruning) {
    it(name, () => {
      const object = { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, spec };
      assert.deepEqual(compile(schema).prune(object), dropped);
      assert.deepEqual(object.spec, want);
    });
  }

  it('keeps what every resource has and tells what metadata has not', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'a', lables: {}, ownerReferences: [{ nam: 'x' }] },
      other: 1,
    };
    const dropped = compile({ type: 'object' }).prune(object);
    assert.deepEqual(dropped, ['metadata.lables', 'metadata.ownerReferences[0].nam', 'other']);
    assert.deepEqual(object, { apiVersion: 'v1', kind: 'X', metadata: { name: 'a', ownerReferences: [{}] } });
  });
});

describe('Defaulting', () => {
  for (const { name, schema, spec, want } of defaulting) {
    it(name, () => {
      const object = { spec };
      compile(schema).applyDefaults(object);
      assert.deepEqual(object.spec, want);
    });
  }

  it('gives each object a default of its own', () => {
    const schema = compile(object({ a: { type: 'array', items: text, default: [] } }));
    const [first, second] = [{ spec: {} }, { spec: {} }] as { spec: { a: string[] } }[];
    schema.applyDefaults(first!);
    schema.applyDefaults(second!);
    first!.spec.a.push('x');
    assert.deepEqual(second!.spec.a, []);
  });
});
