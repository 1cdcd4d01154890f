import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isBadRequest, isInvalid, jsonPatch } from '@larder/kube';

const results: { name: string; target: unknown; patch: unknown[]; want: unknown }[] = [
  { name: 'adds a field', target: {}, patch: [{ op: 'add', path: '/a', value: 1 }], want: { a: 1 } },
  { name: 'adds over a field', target: { a: 0 }, patch: [{ op: 'add', path: '/a', value: 1 }], want: { a: 1 } },
  { name: 'inserts', target: [1, 3], patch: [{ op: 'add', path: '/1', value: 2 }], want: [1, 2, 3] },
  { name: 'appends with -', target: [1], patch: [{ op: 'add', path: '/-', value: 2 }], want: [1, 2] },
  { name: 'appends at the length', target: [1], patch: [{ op: 'add', path: '/1', value: 2 }], want: [1, 2] },
  { name: 'removes', target: { a: 1, b: 2 }, patch: [{ op: 'remove', path: '/a' }], want: { b: 2 } },
  { name: 'removes from the end', target: [1, 2], patch: [{ op: 'remove', path: '/-1' }], want: [1] },
  { name: 'replaces', target: { a: 1 }, patch: [{ op: 'replace', path: '/a', value: [] }], want: { a: [] } },
  { name: 'replaces an item', target: [1, 2], patch: [{ op: 'replace', path: '/0', value: 9 }], want: [9, 2] },
  { name: 'replaces the document', target: { a: 1 }, patch: [{ op: 'replace', path: '', value: 2 }], want: 2 },
  { name: 'moves', target: { a: { b: 1 } }, patch: [{ op: 'move', from: '/a/b', path: '/c' }], want: { a: {}, c: 1 } },
  { name: 'copies', target: { a: [1] }, patch: [{ op: 'copy', from: '/a', path: '/b' }], want: { a: [1], b: [1] } },
  {
    name: 'unescapes',
    target: { 'a/b': { '~c': 1 } },
    patch: [{ op: 'remove', path: '/a~1b/~0c' }],
    want: { 'a/b': {} },
  },
  { name: 'unescapes ~01', target: { '~1': 1 }, patch: [{ op: 'test', path: '/~01', value: 1 }], want: { '~1': 1 } },
  { name: 'takes the empty key', target: { '': 1 }, patch: [{ op: 'replace', path: '/', value: 2 }], want: { '': 2 } },
  {
    name: 'tests whatever the order of fields',
    target: { a: { b: 1, c: 2 } },
    patch: [{ op: 'test', path: '/a', value: { c: 2, b: 1 } }],
    want: { a: { b: 1, c: 2 } },
  },
  {
    name: 'replaces what is not there',
    target: {},
    patch: [{ op: 'replace', path: '/a', value: 1 }],
    want: { a: 1 },
  },
  { name: 'replaces an item', target: [1, 2], patch: [{ op: 'replace', path: '/1', value: 3 }], want: [1, 3] },
  { name: 'copies nothing as null', target: {}, patch: [{ op: 'copy', from: '/b', path: '/a' }], want: { a: null } },
  {
    name: 'copies no inherited field',
    target: {},
    patch: [{ op: 'copy', from: '/toString', path: '/a' }],
    want: { a: null },
  },
  {
    name: 'reads a path from its first slash',
    target: {},
    patch: [{ op: 'add', path: 'x/a', value: 1 }],
    want: { a: 1 },
  },
  { name: 'tests for absence with null', target: {}, patch: [{ op: 'test', path: '/a', value: null }], want: {} },
  {
    name: 'takes constructor and prototype for fields',
    target: { data: { constructor: { prototype: 'x' } } },
    patch: [{ op: 'replace', path: '/data/constructor/prototype', value: 'y' }],
    want: { data: { constructor: { prototype: 'y' } } },
  },
];

const misfits: { name: string; target: unknown; patch: unknown[] }[] = [
  { name: 'a failed test', target: { a: 1 }, patch: [{ op: 'test', path: '/a', value: 2 }] },
  { name: 'removing what is not there', target: {}, patch: [{ op: 'remove', path: '/a' }] },
  { name: 'replacing an item that is not there', target: [], patch: [{ op: 'replace', path: '/0', value: 1 }] },
  { name: 'replacing below what is not there', target: {}, patch: [{ op: 'replace', path: '/a/b', value: 1 }] },
  { name: 'moving what is not there', target: {}, patch: [{ op: 'move', from: '/b', path: '/a' }] },
  { name: 'an operation without a path', target: {}, patch: [{ op: 'add', value: 1 }] },
  { name: 'a path without a slash', target: {}, patch: [{ op: 'add', path: 'a', value: 1 }] },
  { name: 'a move from nowhere', target: {}, patch: [{ op: 'move', path: '/a' }] },
  { name: 'an operation that there is none of', target: {}, patch: [{ op: 'constructor', path: '/a' }] },
  { name: 'adding below what is not there', target: {}, patch: [{ op: 'add', path: '/a/b', value: 1 }] },
  { name: 'an index with a leading zero', target: [1, 2], patch: [{ op: 'remove', path: '/01' }] },
  { name: 'an index beyond the end', target: [1], patch: [{ op: 'add', path: '/2', value: 1 }] },
  { name: 'an index that is no number', target: [1], patch: [{ op: 'add', path: '/length', value: 1 }] },
  { name: 'moving into itself', target: { a: {} }, patch: [{ op: 'move', from: '/a', path: '/a/b' }] },
  { name: 'below __proto__', target: {}, patch: [{ op: 'add', path: '/__proto__/polluted', value: 1 }] },
  {
    name: 'growth by copying',
    target: { a: 'x'.repeat(1000) },
    patch: Array.from({ length: 20 }, (_item, index) => ({ op: 'copy', from: '', path: `/b${index}` })),
  },
];

const malformed: unknown[] = [{}, null, [null]];

describe('JSON patch', () => {
  for (const { name, target, patch, want } of results) {
    it(name, () => {
      const before = JSON.stringify(target);
      assert.deepEqual(jsonPatch(target, patch), want);
      assert.equal(JSON.stringify(target), before);
    });
  }
  for (const { name, target, patch } of misfits) {
    it(`answers 422 to ${name}`, () => {
      assert.throws(
        () => jsonPatch(target, patch),
        error =>
          isInvalid(error) &&
          error.code === 422 &&
          error.message === 'the server rejected our request due to an error in our request' &&
          (error.status.details?.causes?.[0]?.message ?? '') !== '',
      );
    });
  }
  for (const patch of malformed) {
    it(`answers 400 to ${JSON.stringify(patch)}`, () => {
      assert.throws(() => jsonPatch({}, patch), isBadRequest);
    });
  }
  it('pollutes no prototype', () => {
    const result = jsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]);
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
    assert.equal(JSON.stringify(result), '{"__proto__":{"polluted":true}}');
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
  it('refuses ten thousand and one operations', () => {
    const patch = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: {} }));
    assert.throws(() => jsonPatch({}, patch), { code: 413 });
  });
  it('refuses to nest without end', () => {
    const nest = Array.from({ length: 600 }, (_item, index) => ({
      op: 'add',
      path: '/a'.repeat(index + 1),
      value: {},
    }));
    assert.throws(() => jsonPatch({}, nest), isInvalid);
  });
});
