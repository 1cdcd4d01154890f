import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { equalJson, isConflict, serverSideApply, trackUpdate } from '@larder/kube';
import type { JsonObject, KubeObject, Schema } from '@larder/kube';

const text: Schema = { type: 'string' };
const item: Schema = { type: 'object', properties: { name: text, value: { type: 'integer' }, other: text } };
const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: text,
        b: text,
        struct: { type: 'object', properties: { a: text, b: text } },
        map: { type: 'object', additionalProperties: text },
        atomic: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
        list: { type: 'array', items: text },
        set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        items: { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
};

const letter = fc.constantFrom('x', 'y', 'z', '__proto__', 'constructor');
const map = fc.dictionary(letter, letter, { maxKeys: 3 });
const items = fc.uniqueArray(
  fc.record({ name: letter, value: fc.integer({ min: 0, max: 3 }), other: letter }, { requiredKeys: ['name'] }),
  { selector: ({ name }) => name, maxLength: 4 },
);
const spec = fc.record(
  {
    a: letter,
    b: letter,
    struct: fc.record({ a: letter, b: letter }, { requiredKeys: [] }),
    map,
    atomic: map,
    list: fc.array(letter, { maxLength: 3 }),
    set: fc.uniqueArray(letter, { maxLength: 4 }),
    items,
    open: fc.dictionary(letter, fc.oneof(letter, map, fc.array(letter, { maxLength: 2 })), { maxKeys: 3 }),
  },
  { requiredKeys: [] },
);

const time = '2026-01-01T12:00:00Z';
const thing = (own: object): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'x' },
  // What comes over the wire is plain JSON.
  spec: JSON.parse(JSON.stringify(own)) as JsonObject,
});
const create = (own: object): KubeObject => {
  const after = thing(own);
  const managedFields = trackUpdate({ after, schema, manager: 'hand', time });
  return { ...after, metadata: { ...after.metadata, managedFields } };
};
const apply = (live: KubeObject | undefined, manager: string, own: object, force = true): KubeObject =>
  serverSideApply({ live, applied: thing(own), schema, manager, force, time });

/** Without what says nothing: a set's order, and containers that are empty. */
function essence(value: unknown): unknown {
  if (Array.isArray(value))
    return value
      .map(essence)
      .map(item => JSON.stringify(item))
      .sort();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, field]): [string, unknown] => [key, essence(field)]);
  return Object.fromEntries(
    entries.filter(([, field]) => typeof field !== 'object' || field === null || Object.keys(field).length > 0),
  );
}

const sameEssence = (a: unknown, b: unknown): void =>
  assert.ok(equalJson(essence(a), essence(b)), JSON.stringify([a, b]));

describe('server-side apply, whatever is applied,', () => {
  it('is idempotent', () => {
    fc.assert(
      fc.property(spec, spec, (there, wanted) => {
        const once = apply(create(there), 'one', wanted);
        const twice = apply(once, 'one', wanted);
        assert.deepEqual(twice, once);
        assert.equal(twice.metadata.managedFields, once.metadata.managedFields);
      }),
    );
  });
  it('gives its applier what it wants', () => {
    fc.assert(
      fc.property(spec, spec, (there, wanted) => {
        const live = apply(create(there), 'one', wanted);
        // Applying what is there already can't conflict, so nothing that was wanted is missing or different.
        assert.deepEqual(apply(live, 'other', wanted, false).spec, live.spec);
      }),
    );
  });
  it('leaves nothing behind when everything is dropped', () => {
    fc.assert(
      fc.property(spec, wanted => {
        const live = apply(apply(undefined, 'one', wanted), 'one', {});
        sameEssence(live.spec, {});
      }),
    );
  });
  it('gives back what others own when it drops what it added', () => {
    fc.assert(
      fc.property(spec, spec, (base, more) => {
        const others = apply(undefined, 'base', base);
        let both: KubeObject;
        try {
          both = apply(others, 'more', more, false);
        } catch (error) {
          assert.ok(isConflict(error));
          return;
        }
        sameEssence(apply(both, 'more', {}).spec, others.spec);
      }),
    );
  });
  it('does not change its arguments', () => {
    fc.assert(
      fc.property(spec, spec, (there, wanted) => {
        const live = create(there);
        const before = JSON.stringify(live);
        apply(live, 'one', wanted);
        assert.equal(JSON.stringify(live), before);
      }),
    );
  });
  it('knows every field of a created object', () => {
    fc.assert(
      fc.property(spec, spec, (there, wanted) => {
        const live = create(there);
        const next = { ...thing(wanted), metadata: live.metadata };
        const managedFields = trackUpdate({ before: live, after: next, schema, manager: 'hand', time });
        // One writer alone: nothing it wrote is in the way of its taking over by apply, and dropping all leaves nothing.
        const edited = managedFields?.map(entry => ({ ...entry, manager: 'one', operation: 'Apply' as const }));
        const owned = { ...next, metadata: { name: 'x', managedFields: edited } };
        sameEssence(apply(owned, 'one', {}).spec, {});
      }),
    );
  });
});
