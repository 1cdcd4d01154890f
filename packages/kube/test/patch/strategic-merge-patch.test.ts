import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isBadRequest, isInvalid, strategicMergePatch } from '@larder/kube';
import type { JsonObject, Schema } from '@larder/kube';

const text: Schema = { type: 'string' };
const fields = (own: Record<string, Schema>): Schema => ({
  type: 'object',
  properties: { name: text, value: text, other: text, ...own },
});
const byName = (items: Schema, strategy = 'merge'): Schema => ({
  type: 'array',
  items,
  'x-kubernetes-patch-strategy': strategy,
  'x-kubernetes-patch-merge-key': 'name',
});
const numbers: Schema = { type: 'array', items: { type: 'integer' } };
const inner = fields({
  numbers: { ...numbers, 'x-kubernetes-patch-strategy': 'merge' },
  items: byName(fields({})),
});
const schema = fields({
  items: byName(inner),
  retained: byName(inner, 'merge,retainKeys'),
  plain: { type: 'array', items: inner },
  numbers: { ...numbers, 'x-kubernetes-patch-strategy': 'merge' },
  plainNumbers: numbers,
  map: { type: 'object', additionalProperties: text },
  struct: inner,
  strategy: { ...inner, 'x-kubernetes-patch-strategy': 'retainKeys' },
  replaced: { ...inner, 'x-kubernetes-patch-strategy': 'replace' },
});

const cases: { name: string; live: JsonObject; patch: JsonObject; want: JsonObject }[] = [
  {
    name: 'sets and removes fields',
    live: { name: 'a', value: 'b' },
    patch: { value: null, other: 'c' },
    want: { name: 'a', other: 'c' },
  },
  {
    name: 'ignores removing what is not there',
    live: { name: 'a' },
    patch: { value: null, map: { a: null } },
    want: { name: 'a', map: {} },
  },
  {
    name: 'merges maps',
    live: { map: { a: '1', b: '2' } },
    patch: { map: { b: null, c: '3' } },
    want: { map: { a: '1', c: '3' } },
  },
  {
    name: 'merges items by key',
    live: {
      items: [
        { name: '1', value: 'a' },
        { name: '2', value: 'b' },
      ],
    },
    patch: { items: [{ name: '2', other: 'x' }, { name: '3' }] },
    want: { items: [{ name: '1', value: 'a' }, { name: '2', value: 'b', other: 'x' }, { name: '3' }] },
  },
  {
    name: 'merges items in items, new ones first, as Kubernetes does',
    live: { items: [{ name: '1', items: [{ name: 'a' }], numbers: [1] }] },
    patch: { items: [{ name: '1', items: [{ name: 'b' }], numbers: [2] }] },
    want: { items: [{ name: '1', items: [{ name: 'b' }, { name: 'a' }], numbers: [2, 1] }] },
  },
  {
    name: 'deletes an item',
    live: { items: [{ name: '1' }, { name: '2' }] },
    patch: { items: [{ name: '1', $patch: 'delete' }] },
    want: { items: [{ name: '2' }] },
  },
  {
    name: 'replaces a list when told so',
    live: { items: [{ name: '1' }, { name: '2' }] },
    patch: { items: [{ name: '3' }, { $patch: 'replace' }] },
    want: { items: [{ name: '3' }] },
  },
  {
    name: 'replaces a map when told so',
    live: { struct: { name: 'a', value: 'b' } },
    patch: { struct: { $patch: 'replace', other: 'c' } },
    want: { struct: { other: 'c' } },
  },
  {
    name: 'empties a map when told so',
    live: { struct: { name: 'a' } },
    patch: { struct: { $patch: 'delete' } },
    want: { struct: {} },
  },
  {
    name: 'adds no directive',
    live: {},
    patch: {
      struct: { $patch: 'delete' },
      items: [
        { name: 'a', $patch: 'delete' },
        { name: 'b', value: null },
      ],
    },
    want: { items: [{ name: 'b' }] },
  },
  {
    name: 'replaces lists without a strategy',
    live: { plain: [{ name: '1' }], plainNumbers: [1] },
    patch: { plain: [{ name: '2' }], plainNumbers: [2] },
    want: { plain: [{ name: '2' }], plainNumbers: [2] },
  },
  {
    name: 'replaces maps whose strategy says so',
    live: { replaced: { name: 'a' } },
    patch: { replaced: { value: 'b' } },
    want: { replaced: { value: 'b' } },
  },
  {
    name: 'merges numbers by value',
    live: { numbers: [1, 2] },
    patch: { numbers: [2, 3] },
    want: { numbers: [1, 2, 3] },
  },
  {
    name: 'removes numbers',
    live: { numbers: [1, 2, 3], plainNumbers: [1, 2] },
    patch: { '$deleteFromPrimitiveList/numbers': [2], '$deleteFromPrimitiveList/plainNumbers': [1] },
    want: { numbers: [1, 3], plainNumbers: [2] },
  },
  {
    name: 'removes nothing from what is not there',
    live: { name: 'a' },
    patch: { '$deleteFromPrimitiveList/numbers': [2] },
    want: { name: 'a' },
  },
  {
    name: 'orders as told, with items that only one side has',
    live: { items: [{ name: '1' }, { name: '3' }] },
    patch: {
      '$setElementOrder/items': [{ name: '3' }, { name: '2' }, { name: '1' }],
      items: [
        { name: '3', value: '3' },
        { name: '1', value: '1' },
      ],
    },
    want: {
      items: [
        { name: '3', value: '3' },
        { name: '1', value: '1' },
      ],
    },
  },
  {
    name: 'orders numbers',
    live: { numbers: [1, 3] },
    patch: { '$setElementOrder/numbers': [3, 2, 1] },
    want: { numbers: [3, 1] },
  },
  {
    name: 'keeps the items of the server between those it names',
    live: { items: [{ name: 'a' }, { name: 's' }, { name: 'b' }] },
    patch: { '$setElementOrder/items': [{ name: 'a' }, { name: 'b' }, { name: 'c' }], items: [{ name: 'c' }] },
    want: { items: [{ name: 'a' }, { name: 's' }, { name: 'b' }, { name: 'c' }] },
  },
  {
    name: 'orders after deleting',
    live: { items: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
    patch: { '$setElementOrder/items': [{ name: 'c' }, { name: 'a' }], items: [{ name: 'b', $patch: 'delete' }] },
    want: { items: [{ name: 'c' }, { name: 'a' }] },
  },
  {
    name: 'adds a list with its order',
    live: {},
    patch: { '$setElementOrder/items': [{ name: 'b' }, { name: 'a' }], items: [{ name: 'b' }, { name: 'a' }] },
    want: { items: [{ name: 'b' }, { name: 'a' }] },
  },
  {
    name: 'ignores the order of what is not there',
    live: {},
    patch: { '$setElementOrder/items': [{ name: 'b' }] },
    want: {},
  },
  {
    name: 'keeps only the retained fields',
    live: { strategy: { name: 'a', value: 'b' }, retained: [{ name: '1', value: 'x' }] },
    patch: {
      strategy: { $retainKeys: ['other'], other: 'c' },
      retained: [{ $retainKeys: ['name', 'other'], name: '1', other: 'y' }],
    },
    want: { strategy: { other: 'c' }, retained: [{ name: '1', other: 'y' }] },
  },
  {
    name: 'replaces a value of another type',
    live: { struct: 'x', numbers: 'y' },
    patch: { struct: { name: 'a' }, numbers: [1] },
    want: { struct: { name: 'a' }, numbers: [1] },
  },
  {
    name: 'knows the lists of metadata',
    live: { metadata: { finalizers: ['a'], ownerReferences: [{ uid: '1', name: 'x' }] } },
    patch: {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['b'], ownerReferences: [{ uid: '2' }] },
    },
    want: { metadata: { finalizers: ['b'], ownerReferences: [{ uid: '2' }, { uid: '1', name: 'x' }] } },
  },
];

const refused: { name: string; live: JsonObject; patch: JsonObject; code: number; message: RegExp }[] = [
  {
    name: 'an item without its key',
    live: { items: [{ name: 'a' }] },
    patch: { items: [{ value: 'b' }] },
    code: 422,
    message: /does not contain declared merge key: name/,
  },
  {
    name: 'items out of the order asked for',
    live: { items: [{ name: '1' }] },
    patch: { '$setElementOrder/items': [{ name: '1' }, { name: '2' }], items: [{ name: '2' }, { name: '1' }] },
    code: 400,
    message: /doesn't match/,
  },
  {
    name: 'an unknown directive',
    live: { struct: {} },
    patch: { struct: { $patch: 'explode' } },
    code: 422,
    message: /unknown patch type: explode/,
  },
  {
    name: 'fields beyond the retained ones',
    live: { strategy: { name: 'a' } },
    patch: { strategy: { $retainKeys: ['name'], value: 'x' } },
    code: 400,
    message: /invalid patch format of retainKeys/,
  },
  {
    name: 'an order that is no list',
    live: {},
    patch: { '$setElementOrder/items': 'x' },
    code: 400,
    message: /invalid patch format of setElementOrder list/,
  },
  {
    name: 'a deletion that is no list',
    live: { numbers: [1] },
    patch: { '$deleteFromPrimitiveList/numbers': 1 },
    code: 400,
    message: /invalid patch format of primitive list/,
  },
  {
    name: 'lists of lists',
    live: { numbers: [[1]] },
    patch: { numbers: [2] },
    code: 422,
    message: /lists of lists are not supported/,
  },
  {
    name: 'mixed lists',
    live: { numbers: [1] },
    patch: { numbers: ['2'] },
    code: 422,
    message: /list element types are not identical/,
  },
  {
    name: 'an order for what is no list',
    live: { items: 'x' },
    patch: { '$setElementOrder/items': [{ name: 'a' }] },
    code: 422,
    message: /items must be a list/,
  },
];

describe('strategic merge patch', () => {
  for (const { name, live, patch, want } of cases) {
    it(name, () => {
      const before = JSON.stringify([live, patch]);
      assert.deepEqual(strategicMergePatch(live, patch, schema), want);
      assert.equal(JSON.stringify([live, patch]), before);
    });
  }
  for (const { name, live, patch, code, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => strategicMergePatch(live, patch, schema),
        error => {
          assert.ok(isBadRequest(error) || isInvalid(error));
          assert.equal(error.code, code);
          assert.match(error.status.details?.causes?.[0]?.message ?? error.message, message);
          return true;
        },
      );
    });
  }
  it('pollutes no prototype', () => {
    const patch = JSON.parse(
      '{"map":{"__proto__":{"polluted":"1"},"constructor":{"prototype":{"polluted":"1"}}}}',
    ) as JsonObject;
    const result = strategicMergePatch({ map: {} }, patch, schema);
    assert.equal(JSON.stringify(result), JSON.stringify(patch));
    assert.equal(({} as JsonObject).polluted, undefined);
  });
  it('refuses what is nested absurdly deep', () => {
    const patch = JSON.parse('{"struct":'.repeat(20_000) + '1' + '}'.repeat(20_000)) as JsonObject;
    assert.throws(() => strategicMergePatch({}, patch, schema), isBadRequest);
  });
});
