import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StatusError, isBadRequest, isConflict, serverSideApply, trackUpdate } from '@larder/kube';
import type { KubeObject, Schema } from '@larder/kube';

const text: Schema = { type: 'string' };
const item: Schema = {
  type: 'object',
  properties: { name: text, value: { type: 'integer' }, other: text, protocol: { ...text, default: 'TCP' } },
};
const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: text,
        b: text,
        n: { type: 'integer' },
        on: { type: 'boolean' },
        size: { 'x-kubernetes-int-or-string': true },
        struct: { type: 'object', properties: { a: text, b: text } },
        map: { type: 'object', additionalProperties: text },
        structs: { type: 'object', additionalProperties: { type: 'object', properties: { a: text, b: text } } },
        atomicMap: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
        list: { type: 'array', items: text },
        set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        items: { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
        ports: {
          type: 'array',
          items: {
            type: 'object',
            properties: { port: { type: 'integer' }, protocol: { ...text, default: 'TCP' }, name: text },
          },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
        },
        merged: {
          type: 'array',
          items: item,
          'x-kubernetes-patch-strategy': 'merge',
          'x-kubernetes-patch-merge-key': 'name',
        },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: { type: 'object', properties: { phase: text } },
  },
};
const [noon, later] = ['2026-01-01T12:00:00Z', '2026-01-01T13:00:00Z'];

type Fields = Record<string, unknown>;
const thing = (spec: Fields | undefined, more: Fields = {}): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'x', namespace: 'default' },
  ...(spec === undefined ? {} : { spec }),
  ...more,
});

interface Options {
  force?: boolean;
  subresource?: string;
  ignored?: string[];
  time?: string;
}

function apply(live: KubeObject | undefined, manager: string, applied: KubeObject, options: Options = {}): KubeObject {
  return serverSideApply({ live, applied, schema, manager, time: noon, ...options });
}

function update(before: KubeObject | undefined, manager: string, after: KubeObject, options: Options = {}): KubeObject {
  const managedFields = trackUpdate({ before, after, schema, manager, time: noon, ...options });
  const metadata = { ...after.metadata };
  delete metadata.managedFields;
  return { ...after, metadata: { ...metadata, ...(managedFields === undefined ? {} : { managedFields }) } };
}

/** The fields by `manager`, `manager/Update` or `manager/Update/subresource`. */
function owners(object: KubeObject): Record<string, unknown> {
  const name = (entry: NonNullable<KubeObject['metadata']['managedFields']>[number]): string =>
    [
      entry.manager,
      ...(entry.operation === 'Update' ? ['Update'] : []),
      ...(entry.subresource === undefined ? [] : [entry.subresource]),
    ].join('/');
  return Object.fromEntries((object.metadata.managedFields ?? []).map(entry => [name(entry), entry.fieldsV1]));
}

function edit(object: KubeObject, spec: Fields, more: Fields = {}): KubeObject {
  return { ...object, spec: { ...(object.spec as Fields), ...spec }, ...more };
}

const conflictText = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.ok(isConflict(error));
    return error.message;
  }
  throw new Error('there should have been a conflict');
};

interface Step {
  by: string;
  apply?: Fields;
  force?: boolean;
  update?: Fields;
}

/** What several managers do in turn, and what is there in the end. */
const stories: { name: string; steps: Step[]; spec: Fields | undefined; owners?: Record<string, unknown> }[] = [
  {
    name: 'an applier owns what it applies',
    steps: [{ by: 'one', apply: { a: '1', struct: { a: '1' }, map: { k: 'v' }, set: ['x'], list: ['y'] } }],
    spec: { a: '1', struct: { a: '1' }, map: { k: 'v' }, set: ['x'], list: ['y'] },
    owners: {
      one: {
        'f:spec': {
          'f:a': {},
          'f:list': {},
          'f:map': { 'f:k': {} },
          'f:set': { 'v:"x"': {} },
          'f:struct': { 'f:a': {} },
        },
      },
    },
  },
  {
    name: 'a field that its only applier drops is removed',
    steps: [
      { by: 'one', apply: { a: '1', b: '2' } },
      { by: 'one', apply: { b: '2' } },
    ],
    spec: { b: '2' },
    owners: { one: { 'f:spec': { 'f:b': {} } } },
  },
  {
    name: 'a field that another applier wants too stays',
    steps: [
      { by: 'one', apply: { a: '1', b: '2' } },
      { by: 'two', apply: { a: '1' } },
      { by: 'one', apply: { b: '2' } },
    ],
    spec: { a: '1', b: '2' },
    owners: { one: { 'f:spec': { 'f:b': {} } }, two: { 'f:spec': { 'f:a': {} } } },
  },
  {
    name: 'a field that an updater changed stays when its applier drops it',
    steps: [
      { by: 'one', apply: { a: '1', b: '2' } },
      { by: 'hand', update: { a: '3' } },
      { by: 'one', apply: { b: '2' } },
    ],
    spec: { a: '3', b: '2' },
    owners: { one: { 'f:spec': { 'f:b': {} } }, 'hand/Update': { 'f:spec': { 'f:a': {} } } },
  },
  {
    name: 'force takes fields from others',
    steps: [
      { by: 'one', apply: { a: '1', b: '2' } },
      { by: 'two', apply: { a: '9' }, force: true },
    ],
    spec: { a: '9', b: '2' },
    owners: { one: { 'f:spec': { 'f:b': {} } }, two: { 'f:spec': { 'f:a': {} } } },
  },
  {
    name: 'a manager that loses its last field is forgotten',
    steps: [
      { by: 'one', apply: { a: '1' } },
      { by: 'two', apply: { a: '9' }, force: true },
    ],
    spec: { a: '9' },
    owners: { two: { 'f:spec': { 'f:a': {} } } },
  },
  {
    name: 'an atomic list belongs to one applier as a whole',
    steps: [
      { by: 'one', apply: { list: ['a', 'b'] } },
      { by: 'two', apply: { list: ['c'] }, force: true },
    ],
    spec: { list: ['c'] },
    owners: { two: { 'f:spec': { 'f:list': {} } } },
  },
  {
    name: 'an atomic map belongs to one applier as a whole',
    steps: [
      { by: 'one', apply: { atomicMap: { a: '1' } } },
      { by: 'two', apply: { atomicMap: { b: '2' } }, force: true },
    ],
    spec: { atomicMap: { b: '2' } },
    owners: { two: { 'f:spec': { 'f:atomicMap': {} } } },
  },
  {
    name: 'sets are merged item by item',
    steps: [
      { by: 'one', apply: { set: ['a', 'b'] } },
      { by: 'two', apply: { set: ['b', 'c'] } },
      { by: 'one', apply: { set: ['a'] } },
    ],
    spec: { set: ['a', 'b', 'c'] },
    owners: {
      one: { 'f:spec': { 'f:set': { 'v:"a"': {} } } },
      two: { 'f:spec': { 'f:set': { 'v:"b"': {}, 'v:"c"': {} } } },
    },
  },
  {
    name: 'items are merged by their key',
    steps: [
      { by: 'one', apply: { items: [{ name: 'a', value: 1 }] } },
      { by: 'two', apply: { items: [{ name: 'a', other: 'x' }, { name: 'b' }] } },
    ],
    spec: { items: [{ name: 'a', value: 1, other: 'x' }, { name: 'b' }] },
    owners: {
      one: { 'f:spec': { 'f:items': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:value': {} } } } },
      two: {
        'f:spec': {
          'f:items': {
            'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:other': {} },
            'k:{"name":"b"}': { '.': {}, 'f:name': {} },
          },
        },
      },
    },
  },
  {
    name: 'an item that its only applier drops goes as a whole',
    steps: [
      { by: 'one', apply: { items: [{ name: 'a', value: 1 }, { name: 'b' }] } },
      { by: 'one', apply: { items: [{ name: 'b' }] } },
    ],
    spec: { items: [{ name: 'b' }] },
  },
  {
    name: 'of an item that another applier wants too, only the own fields go',
    steps: [
      { by: 'one', apply: { items: [{ name: 'a', value: 1 }] } },
      { by: 'two', apply: { items: [{ name: 'a', other: 'x' }] } },
      { by: 'one', apply: {} },
    ],
    spec: { items: [{ name: 'a', other: 'x' }] },
  },
  {
    name: 'keys count with their defaults',
    steps: [
      { by: 'one', apply: { ports: [{ port: 80, name: 'http' }] } },
      {
        by: 'two',
        apply: {
          ports: [
            { port: 80, protocol: 'UDP', name: 'dns' },
            { port: 80, protocol: 'TCP' },
          ],
        },
      },
    ],
    spec: {
      ports: [
        { port: 80, protocol: 'UDP', name: 'dns' },
        { port: 80, protocol: 'TCP', name: 'http' },
      ],
    },
    owners: {
      one: { 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } } } },
      two: {
        'f:spec': {
          'f:ports': {
            'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} },
            'k:{"port":80,"protocol":"UDP"}': { '.': {}, 'f:name': {}, 'f:port': {}, 'f:protocol': {} },
          },
        },
      },
    },
  },
  {
    name: 'lists with a merge key are merged without a list type',
    steps: [
      { by: 'one', apply: { merged: [{ name: 'a' }] } },
      { by: 'two', apply: { merged: [{ name: 'b' }] } },
    ],
    spec: { merged: [{ name: 'a' }, { name: 'b' }] },
  },
  {
    name: 'the last item takes its list along',
    steps: [
      { by: 'one', apply: { a: '1', set: ['x'] } },
      { by: 'one', apply: { a: '1' } },
    ],
    spec: { a: '1' },
  },
  {
    name: 'the last field takes its struct along',
    steps: [
      { by: 'one', apply: { a: '1', struct: { a: '1' } } },
      { by: 'one', apply: { a: '1' } },
    ],
    spec: { a: '1' },
  },
  {
    name: 'an applier that drops everything leaves nothing of its own',
    steps: [{ by: 'one', apply: { a: '1' } }, { by: 'one' }],
    spec: undefined,
    owners: {},
  },
  {
    name: 'entries of maps come and go one by one',
    steps: [
      { by: 'one', apply: { map: { a: '1', b: '2' } } },
      { by: 'two', apply: { map: { c: '3' } } },
      { by: 'one', apply: { map: { b: '2' } } },
    ],
    spec: { map: { b: '2', c: '3' } },
  },
  {
    name: 'an empty map is something that one can own',
    steps: [{ by: 'one', apply: { map: {}, struct: {} } }],
    spec: { map: {}, struct: {} },
    owners: { one: { 'f:spec': { 'f:map': {}, 'f:struct': {} } } },
  },
  {
    name: 'fields without a schema are owned one by one, lists in them as wholes',
    steps: [
      { by: 'one', apply: { open: { a: { b: 1 }, l: [1] } } },
      { by: 'two', apply: { open: { a: { c: 2 } } } },
    ],
    spec: { open: { a: { b: 1, c: 2 }, l: [1] } },
    owners: {
      one: { 'f:spec': { 'f:open': { 'f:a': { '.': {}, 'f:b': {} }, 'f:l': {} } } },
      two: { 'f:spec': { 'f:open': { 'f:a': { '.': {}, 'f:c': {} } } } },
    },
  },
  {
    name: 'what an applier never owned stays when it drops what is beside it',
    steps: [
      { by: 'one', apply: { items: [{ name: 'a', value: 1 }], map: { a: '1' } } },
      { by: 'hand', update: { map: { a: '1', b: '2' } } },
      { by: 'one', apply: { items: [{ name: 'a' }] } },
    ],
    spec: { items: [{ name: 'a' }], map: { b: '2' } },
  },
];

describe('server-side apply', () => {
  for (const { name, steps, spec, owners: wanted } of stories) {
    it(name, () => {
      let object: KubeObject | undefined;
      for (const step of steps) {
        if (step.update !== undefined && object !== undefined)
          object = update(object, step.by, edit(object, step.update));
        else object = apply(object, step.by, thing(step.apply), { force: step.force });
      }
      assert.ok(object !== undefined);
      assert.deepEqual(object.spec, spec);
      if (wanted !== undefined) assert.deepEqual(owners(object), wanted);
    });
  }

  for (const [name, live, applied, merged] of [
    ['keeps the order of what is there', ['a', 'b', 'c'], ['a', 'c'], ['a', 'b', 'c']],
    ['follows the order of what is applied', ['a', 'b', 'c'], ['c', 'a'], ['b', 'c', 'a']],
    ['adds at the end', ['a'], ['a', 'b'], ['a', 'b']],
    ['adds before what is shared', ['a', 'c'], ['b', 'c'], ['a', 'b', 'c']],
    ['puts strangers after', ['a', 'b'], ['x', 'y'], ['a', 'b', 'x', 'y']],
    ['reorders around strangers', ['1', '2', '3', '4'], ['4', '1'], ['2', '3', '4', '1']],
    ['keeps strangers in place', ['b', 'a', 'c'], ['a', 'b', 'x', 'y'], ['a', 'c', 'b', 'x', 'y']],
  ] as const) {
    it(`${name}: [${live.join()}] with [${applied.join()}]`, () => {
      const there = update(undefined, 'hand', thing({ set: live }));
      assert.deepEqual(apply(there, 'one', thing({ set: applied })).spec, { set: merged });
    });
  }

  it('answers a conflict with the words of Kubernetes', () => {
    const live = update(undefined, 'kubectl-client-side-apply', thing({ a: '1', b: '2' }));
    assert.equal(
      conflictText(() => apply(live, 'one', thing({ a: '9' }))),
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using example.com/v1: .spec.a',
    );
    const both = apply(live, 'two', thing({ items: [{ name: 'x', value: 1 }] }));
    assert.equal(
      conflictText(() => apply(both, 'one', thing({ a: '9', b: '9', items: [{ name: 'x', value: 2 }] }))),
      'Apply failed with 3 conflicts: conflicts with "kubectl-client-side-apply" using example.com/v1:\n- .spec.a\n- .spec.b\nconflicts with "two":\n- .spec.items[name="x"].value',
    );
  });
  it('names each field of a conflict', () => {
    const live = update(undefined, 'hand', thing(undefined, { status: { phase: 'a' } }), { subresource: 'status' });
    try {
      apply(live, 'one', thing(undefined, { status: { phase: 'b' } }), { subresource: 'status' });
      assert.fail();
    } catch (error) {
      assert.ok(error instanceof StatusError);
      assert.equal(error.code, 409);
      assert.deepEqual(error.status.details?.causes, [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "hand" with subresource "status" using example.com/v1',
          field: '.status.phase',
        },
      ]);
    }
  });
  it('has no conflict when both want the same', () => {
    const live = update(undefined, 'hand', thing({ a: '1' }));
    assert.deepEqual(owners(apply(live, 'one', thing({ a: '1' }))), {
      one: { 'f:spec': { 'f:a': {} } },
      'hand/Update': { 'f:spec': { '.': {}, 'f:a': {} } },
    });
  });
  it('gives the very same object when nothing changes, with the old time', () => {
    const live = apply(undefined, 'one', thing({ a: '1', set: ['x'] }));
    const again = apply(live, 'one', thing({ a: '1', set: ['x'] }), { time: later });
    assert.deepEqual(again, live);
    assert.equal(again.metadata.managedFields, live.metadata.managedFields);
  });
  it('leaves what nobody owns in an item that others still want', () => {
    const one = apply(undefined, 'one', thing({ items: [{ name: 'a', value: 1 }] }));
    const two = apply(one, 'two', thing({ items: [{ name: 'a', other: 'x' }] }));
    const defaulted = { ...two, spec: { items: [{ name: 'a', value: 1, other: 'x', protocol: 'TCP' }] } };
    const less = apply(defaulted, 'one', thing({}));
    assert.deepEqual(less.spec, { items: [{ name: 'a', other: 'x', protocol: 'TCP' }] });
    assert.deepEqual(apply(less, 'two', thing({})).spec, {});
  });
  it('notes the time of a change', () => {
    const live = apply(undefined, 'one', thing({ a: '1' }));
    const changed = apply(live, 'one', thing({ a: '2' }), { time: later });
    assert.deepEqual(
      changed.metadata.managedFields?.map(({ time }) => time),
      [later],
    );
  });
  it('owns the status through its subresource only', () => {
    const live = apply(undefined, 'one', thing({ a: '1' }, { status: { phase: 'no' } }), { ignored: ['status'] });
    assert.deepEqual(owners(live), { one: { 'f:spec': { 'f:a': {} } } });
    assert.equal(live.status, undefined);
    const done = apply(live, 'one', thing({ a: '9' }, { status: { phase: 'yes' } }), { subresource: 'status' });
    assert.deepEqual(done.spec, { a: '1' });
    assert.deepEqual(owners(done), {
      one: { 'f:spec': { 'f:a': {} } },
      'one/status': { 'f:status': { 'f:phase': {} } },
    });
    const dropped = apply(done, 'one', thing(undefined), { ignored: ['status'] });
    assert.deepEqual(dropped.status, { phase: 'yes' });
  });
  it('merges labels, finalizers and owners one by one', () => {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1' };
    const labelled = (metadata: Fields): KubeObject => ({ ...thing({}), metadata: { name: 'x', ...metadata } });
    const live = apply(
      undefined,
      'one',
      labelled({ labels: { a: '1' }, finalizers: ['f1'], ownerReferences: [owner] }),
    );
    const both = apply(live, 'two', labelled({ labels: { b: '2' }, finalizers: ['f2'] }));
    assert.deepEqual(both.metadata.labels, { a: '1', b: '2' });
    assert.deepEqual(both.metadata.finalizers, ['f1', 'f2']);
    const less = apply(both, 'one', labelled({}));
    assert.deepEqual(less.metadata.labels, { b: '2' });
    assert.deepEqual(less.metadata.finalizers, ['f2']);
    assert.equal(less.metadata.ownerReferences, undefined);
  });
  it('owns neither identity nor what the server sets', () => {
    const applied = { ...thing({}), metadata: { name: 'x', namespace: 'default', uid: 'u', labels: { a: '1' } } };
    assert.deepEqual(owners(apply(undefined, 'one', applied)), {
      one: { 'f:metadata': { 'f:labels': { 'f:a': {} } }, 'f:spec': {} },
    });
  });
  it('knows what was there before the first apply', () => {
    const live = thing({ a: '1', b: '2' });
    assert.equal(
      conflictText(() => apply(live, 'one', thing({ a: '9' }))),
      'Apply failed with 1 conflict: conflict with "before-first-apply" using example.com/v1: .spec.a',
    );
  });
  it('lets kubectl take over what it applied from the client', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const annotated = (spec: Fields, last: KubeObject): KubeObject => ({
      ...thing(spec),
      metadata: { name: 'x', namespace: 'default', annotations: { [annotation]: JSON.stringify(last) } },
    });
    const live = update(
      undefined,
      'kubectl-client-side-apply',
      annotated({ a: '1', b: '2' }, thing({ a: '1', b: '1' })),
    );
    const next = apply(live, 'kubectl', thing({ a: '9' }));
    assert.deepEqual(next.spec, { a: '9', b: '2' });
    assert.equal(
      next.metadata.annotations?.[annotation],
      '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"x","namespace":"default"},"spec":{"a":"9"}}\n',
    );
    // It may not take what somebody else changed since, and nobody but kubectl may take anything.
    assert.match(
      conflictText(() => apply(live, 'kubectl', thing({ b: '9' }))),
      /: \.spec\.b$/,
    );
    assert.match(
      conflictText(() => apply(live, 'other', thing({ a: '9' }))),
      /: \.spec\.a$/,
    );
  });
  it('refuses managed fields in a configuration, and another kind', () => {
    const live = apply(undefined, 'one', thing({ a: '1' }));
    assert.throws(
      () => apply(live, 'one', live),
      error => isBadRequest(error) && error.message === 'metadata.managedFields must be nil',
    );
    assert.throws(
      () => apply(live, 'one', { ...thing({}), kind: 'Other' }),
      error => isBadRequest(error) && error.message === 'invalid object type: example.com/v1, Kind=Other',
    );
  });

  for (const [name, spec, problem] of [
    ['an unknown field', { x: 1 }, '.spec.x: field not declared in schema'],
    ['a number for a text', { a: 80 }, '.spec.a: expected string, got &value.valueUnstructured{Value:80}'],
    ['a text for a number', { n: '1' }, '.spec.n: expected numeric (int or float), got string'],
    ['a text for a flag', { on: 'yes' }, '.spec.on: expected boolean, got &{yes}'],
    ['a text for a struct', { struct: 'x' }, '.spec.struct: expected map, got &{x}'],
    ['a map for a list', { list: { a: 1 } }, '.spec.list: expected list, got &{map[a:1]}'],
    [
      'a list for a text',
      { list: [['x']] },
      '.spec.list[0]: expected string, got &value.valueUnstructured{Value:[]interface {}{"x"}}',
    ],
    [
      'an item without its key',
      { items: [{ value: 1 }] },
      '.spec.items: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ],
    [
      'two items with one key',
      { items: [{ name: 'a' }, { name: 'a' }] },
      '.spec.items: duplicate entries for key [name="a"]',
    ],
    ['a set with a value twice', { set: ['a', 'a'] }, '.spec.set: duplicate entries for key [="a"]'],
    [
      'several',
      { a: 1, b: 2 },
      'errors:\n  .spec.a: expected string, got &value.valueUnstructured{Value:1}\n  .spec.b: expected string, got &value.valueUnstructured{Value:2}',
    ],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => apply(undefined, 'one', thing(spec)), {
        message: `failed to create typed patch object (default/x; example.com/v1, Kind=Thing): ${problem}`,
        code: 500,
      });
    });
  }
  it('takes null for any type', () => {
    assert.deepEqual(apply(undefined, 'one', thing({ a: null, set: null })).spec, { a: null, set: null });
  });
  it('treats __proto__ and constructor as fields', () => {
    const spec = JSON.parse(
      '{"open":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
    ) as Fields;
    const live = apply(undefined, 'one', thing(spec));
    const both = apply(live, 'two', thing({ open: { a: 1 } }));
    assert.equal(
      JSON.stringify(both.spec),
      '{"open":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1}}',
    );
    assert.deepEqual(apply(both, 'one', thing({})).spec, { open: { a: 1 } });
    assert.equal(({} as Fields).polluted, undefined);
  });
  it('refuses what is nested absurdly deep', () => {
    const spec = JSON.parse('{"open":'.repeat(20_000) + '1' + '}'.repeat(20_000)) as Fields;
    assert.throws(() => apply(undefined, 'one', thing(spec)), isBadRequest);
  });
  it('replaces the parts of what a new schema makes atomic', () => {
    const live = apply(undefined, 'one', thing({ struct: { a: '1', b: '2' } }));
    const atomic = structuredClone(schema);
    const struct = atomic.properties?.spec?.properties?.struct;
    assert.ok(struct !== undefined);
    struct['x-kubernetes-map-type'] = 'atomic';
    const next = serverSideApply({ live, applied: thing({ b: '1' }), schema: atomic, manager: 'one', time: noon });
    assert.deepEqual(next.spec, { b: '1' });
  });
});

describe('ownership by updates', () => {
  it('begins with the creation', () => {
    const live = update(
      undefined,
      'kubectl-create',
      thing({ a: '1', map: { k: 'v' }, set: ['x'], items: [{ name: 'i' }] }),
    );
    assert.deepEqual(live.metadata.managedFields, [
      {
        manager: 'kubectl-create',
        operation: 'Update',
        apiVersion: 'example.com/v1',
        time: noon,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            '.': {},
            'f:a': {},
            'f:items': { '.': {}, 'k:{"name":"i"}': { '.': {}, 'f:name': {} } },
            'f:map': { '.': {}, 'f:k': {} },
            'f:set': { '.': {}, 'v:"x"': {} },
          },
        },
      },
    ]);
  });
  it('goes to who changes a field, and adds up', () => {
    const live = update(undefined, 'one', thing({ a: '1', b: '1' }));
    const second = update(live, 'two', edit(live, { b: '2' }));
    const third = update(second, 'two', edit(second, { n: 3 }), { time: later });
    assert.deepEqual(owners(third), {
      'one/Update': { 'f:spec': { '.': {}, 'f:a': {} } },
      'two/Update': { 'f:spec': { 'f:b': {}, 'f:n': {} } },
    });
    assert.deepEqual(
      third.metadata.managedFields?.map(({ time }) => time),
      [noon, later],
    );
  });
  it('ends with the field, without a new time', () => {
    const live = update(undefined, 'one', thing({ a: '1', b: '1' }));
    const less = update(live, 'two', thing({ b: '1' }, { metadata: live.metadata }), { time: later });
    assert.deepEqual(owners(less), { 'one/Update': { 'f:spec': { '.': {}, 'f:b': {} } } });
    assert.equal(less.metadata.managedFields?.[0]?.time, noon);
  });
  it('stays the very same when nothing changed', () => {
    const live = update(undefined, 'one', thing({ a: '1', set: ['x'] }));
    const copy = structuredClone(live);
    assert.equal(
      trackUpdate({ before: live, after: copy, schema, manager: 'two', time: later }),
      live.metadata.managedFields,
    );
  });
  it('ignores what only the server sets', () => {
    const live = update(undefined, 'one', thing({ a: '1' }));
    const after = { ...live, metadata: { ...live.metadata, resourceVersion: '9', generation: 2, uid: 'u' } };
    assert.equal(
      trackUpdate({ before: live, after, schema, manager: 'two', time: later }),
      live.metadata.managedFields,
    );
  });
  it('is told apart by subresource and version', () => {
    const live = update(undefined, 'one', thing({ a: '1' }), { ignored: ['status'] });
    const done = update(live, 'one', { ...live, status: { phase: 'x' } }, { subresource: 'status' });
    const newer = update(done, 'one', edit({ ...done, apiVersion: 'example.com/v2' }, { b: '1' }), {
      ignored: ['status'],
    });
    assert.deepEqual(
      newer.metadata.managedFields?.map(({ apiVersion, subresource }) => [apiVersion, subresource]),
      [
        ['example.com/v1', undefined],
        ['example.com/v1', 'status'],
        ['example.com/v2', undefined],
      ],
    );
  });
  for (const cleared of [[], [{}]]) {
    it(`is cleared by ${JSON.stringify(cleared)}, until the next apply`, () => {
      const live = update(undefined, 'one', thing({ a: '1' }));
      const reset = { ...live, metadata: { ...live.metadata, managedFields: cleared as never } };
      const bare = update(live, 'two', reset);
      assert.equal(bare.metadata.managedFields, undefined);
      assert.equal(update(bare, 'two', edit(bare, { b: '2' })).metadata.managedFields, undefined);
      assert.deepEqual(Object.keys(owners(apply(bare, 'one', thing({ a: '1' })))), [
        'one',
        'before-first-apply/Update',
      ]);
    });
  }
  it('can be edited by whoever updates', () => {
    const live = update(undefined, 'kubectl-client-side-apply', thing({ a: '1' }));
    const entries = live.metadata.managedFields?.map(entry => ({
      ...entry,
      manager: 'kubectl',
      operation: 'Apply' as const,
    }));
    const migrated = update(live, 'kubectl', { ...live, metadata: { ...live.metadata, managedFields: entries } });
    assert.deepEqual(owners(migrated), { kubectl: { 'f:spec': { '.': {}, 'f:a': {} } } });
    assert.deepEqual(apply(migrated, 'kubectl', thing({ b: '1' })).spec, { b: '1' });
  });
  it('survives clients that drop or break managed fields', () => {
    const live = update(undefined, 'one', thing({ a: '1' }));
    for (const managedFields of [undefined, null, 'x', [{ operation: 'Delete' }], [null]]) {
      const after = { ...live, metadata: { ...live.metadata, managedFields: managedFields as never } };
      assert.deepEqual(owners(update(live, 'two', after)), owners(live));
    }
  });
  it('writes elements the way Kubernetes does, whoever wrote them before', () => {
    const live = update(undefined, 'one', thing({ set: ['<a&b>'] }));
    assert.deepEqual(owners(live), {
      'one/Update': { 'f:spec': { '.': {}, 'f:set': { '.': {}, 'v:"\\u003ca\\u0026b\\u003e"': {} } } },
    });
    const foreign = [
      {
        ...live.metadata.managedFields?.[0],
        manager: 'two',
        fieldsV1: { 'f:spec': { 'f:set': { 'v:"<a&b>"': {} }, 'x:1': {} } },
      },
    ];
    const edited = update(live, 'one', { ...live, metadata: { ...live.metadata, managedFields: foreign as never } });
    assert.deepEqual(owners(edited), {
      'two/Update': { 'f:spec': { 'f:set': { 'v:"\\u003ca\\u0026b\\u003e"': {} } } },
    });
  });
  it('keeps ten updaters', () => {
    let live = update(undefined, 'm0', thing({ map: {} }));
    for (let index = 1; index < 15; index++) {
      const time = `2026-01-01T12:00:${String(index).padStart(2, '0')}Z`;
      const map = { ...(live.spec as { map: Fields }).map, [`k${index}`]: 'v' };
      live = update(live, `m${index}`, edit(live, { map }), { time });
    }
    const entries = live.metadata.managedFields ?? [];
    assert.equal(entries.length, 10);
    assert.equal(entries[0]?.manager, 'ancient-changes');
    assert.equal(entries[0]?.time, '2026-01-01T12:00:05Z');
    assert.deepEqual(Object.keys((entries[0]?.fieldsV1['f:spec'] as Fields)['f:map'] as Fields).sort(), [
      '.',
      'f:k1',
      'f:k2',
      'f:k3',
      'f:k4',
      'f:k5',
    ]);
  });
  it('sees a value that changes between a text and an object', () => {
    const live = update(undefined, 'one', thing({ open: { a: 'x' } }));
    for (const a of [{}, { b: 1 }, null, ['x']]) {
      const owned = owners(update(live, 'two', edit(live, { open: { a } })))['two/Update'] as {
        'f:spec': { 'f:open': Fields };
      };
      assert.ok(Object.hasOwn(owned['f:spec']['f:open'], 'f:a'), JSON.stringify(a));
    }
  });
  it('calls a nameless manager unknown', () => {
    assert.deepEqual(Object.keys(owners(update(undefined, '', thing({ a: '1' })))), ['unknown/Update']);
  });
  it('tracks items that share one name together', () => {
    const live = update(undefined, 'one', thing({ set: ['a', 'a', 'b'] }));
    assert.deepEqual(owners(live), {
      'one/Update': { 'f:spec': { '.': {}, 'f:set': { '.': {}, 'v:"a"': {}, 'v:"b"': {} } } },
    });
    const single = update(live, 'two', edit(live, { set: ['a', 'b'] }));
    assert.deepEqual(owners(single), {
      'one/Update': { 'f:spec': { '.': {}, 'f:set': { '.': {}, 'v:"b"': {} } } },
      'two/Update': { 'f:spec': { 'f:set': { 'v:"a"': {} } } },
    });
  });
});
