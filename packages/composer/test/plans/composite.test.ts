import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompositionResponse } from '@larder/catalog';
import { planCompositeStatus, planDeletingStatus } from '../../src/composite/composite-status.ts';
import { planComposed, planGarbage, planRecord } from '../../src/composite/plan-composed.ts';
import { selectComposition } from '../../src/composite/select-composition.ts';
import type { CompositionObject } from '../../src/composite/select-composition.ts';
import type { Composite } from '../../src/index.ts';
import { boxes, configMapKind, definition, map, nothing, said, xbox } from '../boxes.ts';

const composite = xbox('a-12345', {
  metadata: {
    name: 'a-12345',
    labels: {
      'crossplane.io/claim-name': 'a',
      'crossplane.io/claim-namespace': 'default',
      'crossplane.io/composite': 'a-12345',
    },
  },
});
const observed = (names: Record<string, object>) =>
  new Map(
    Object.entries(names).map(([role, metadata]) => [
      role,
      { resource: { ...configMapKind, metadata: { name: role, ...metadata } } },
    ]),
  );

test('a composed object gets Crossplane’s labels, annotation and owner, and nothing of its status', () => {
  const resource = { ...map('x'), status: { no: true } };
  const [planned] = planComposed(composite, { first: { resource, ready: false } }, new Map());
  assert.match(planned?.ref.name ?? '', /^a-12345-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  const { apiVersion, kind } = composite;
  assert.deepEqual(planned?.body, {
    ...configMapKind,
    data: { content: 'x' },
    metadata: {
      name: planned?.ref.name,
      namespace: 'larder-system',
      labels: composite.metadata.labels,
      annotations: { 'crossplane.io/composition-resource-name': 'first' },
      ownerReferences: [
        { apiVersion, kind, name: 'a-12345', uid: 'uid-x', controller: true, blockOwnerDeletion: true },
      ],
    },
  });
});

test('names: what is there keeps its name, what is named gets it, all others get the same one at every turn', () => {
  const named = { ...map('x'), metadata: { name: 'mine' } };
  const name = (resource: typeof named | ReturnType<typeof map>, live: object = {}): string | undefined =>
    planComposed(composite, { first: { resource, ready: false } }, observed(live as Record<string, object>))[0]?.ref
      .name;
  assert.equal(name(named), 'mine');
  assert.equal(name(named, { first: { name: 'older' } }), 'older');
  assert.equal(name(map('x')), name(map('y')));
  const [one, two] = planComposed(
    composite,
    { a: { resource: map('x'), ready: false }, b: { resource: map('x'), ready: false } },
    new Map(),
  );
  assert.notEqual(one?.ref.name, two?.ref.name);
});

test('a composed resource that changes its kind is refused: it would be two', () => {
  const wanted = { first: { resource: { ...map('x'), kind: 'Secret' }, ready: false } };
  assert.throws(() => planComposed(composite, wanted, observed({ first: {} })), /"first" from ConfigMap to Secret/);
});

test('the record comes with everything before the first object is made, and only once', () => {
  const planned = planComposed(composite, { first: { resource: map('x'), ready: false } }, new Map());
  const input = {
    composite,
    compositionRef: { name: 'boxes' },
    secretNamespace: 'larder-system',
    planned,
    present: [],
  };
  const patch = planRecord(input);
  assert.deepEqual(patch, {
    metadata: { resourceVersion: '7', finalizers: ['composite.apiextensions.crossplane.io'] },
    spec: {
      compositionRef: { name: 'boxes' },
      resourceRefs: [planned[0]?.ref],
      writeConnectionSecretToRef: { name: 'uid-x', namespace: 'larder-system' },
    },
  });
  const { metadata, spec } = patch as unknown as Composite;
  const recorded = {
    ...composite,
    metadata: { ...composite.metadata, finalizers: metadata.finalizers },
    spec: { ...composite.spec, ...spec },
  };
  assert.equal(planRecord({ ...input, composite: recorded }), undefined);
});

test('an object that is no longer wanted stays recorded until it is gone', () => {
  const gone = { ...configMapKind, name: 'old', namespace: 'n' };
  const patch = planRecord({ composite, compositionRef: { name: 'boxes' }, planned: [], present: [gone] });
  assert.deepEqual((patch?.spec as Composite['spec']).resourceRefs, [gone]);
});

test('garbage is what is there and unwanted, last made first, and not what goes already', () => {
  const there = observed({ first: {}, second: {}, third: { deletionTimestamp: 'x' }, kept: {} });
  const garbage = planGarbage({ kept: { resource: map('x'), ready: true } }, there);
  assert.deepEqual(
    garbage.map(each => each.metadata.name),
    ['second', 'first'],
  );
});

const compositions = boxes().compositions.map(each => each.resource as CompositionObject);
for (const { name, spec, definitionSpec, want } of [
  { name: 'Default', spec: {}, want: 'boxes' },
  { name: 'Named', spec: { compositionRef: { name: 'mine' } }, want: 'mine' },
  { name: 'Selected', spec: { compositionSelector: { matchLabels: { kind: 'spare' } } }, want: 'spare' },
  {
    name: 'NamedAndSelected',
    spec: { compositionRef: { name: 'mine' }, compositionSelector: { matchLabels: { kind: 'spare' } } },
    want: 'mine',
  },
  {
    name: 'NothingMatches',
    spec: { compositionSelector: { matchLabels: { kind: 'none' } } },
    want: /"kind=none"; on offer: "boxes", "spare"/,
  },
  { name: 'NoDefault', spec: {}, definitionSpec: { defaultCompositionRef: undefined }, want: 'boxes' },
  {
    name: 'Enforced',
    spec: { compositionRef: { name: 'mine' } },
    definitionSpec: { enforcedCompositionRef: { name: 'law' } },
    want: 'law',
  },
] as { name: string; spec: object; definitionSpec?: object; want: string | RegExp }[]) {
  test(`selectComposition: ${name}`, () => {
    const from = { ...definition, spec: { ...definition.spec, ...definitionSpec } };
    const selection = selectComposition(xbox('x', { spec: spec as Composite['spec'] }), from, compositions);
    if (typeof want === 'string') assert.deepEqual(selection, { kind: 'selected', name: want });
    else assert.match(selection.kind === 'none' ? selection.message : '', want);
  });
}

const now = new Date('2026-02-02T00:00:00Z');
const first = { resource: map('x'), ready: true };
for (const { name, reason, response, refused, want } of [
  {
    name: 'AllReady',
    reason: 'Ready when all are.',
    response: { composed: { first } },
    want: ['True ReconcileSuccess', 'True Available'],
  },
  {
    name: 'OneUnready',
    reason: 'The unready ones are named.',
    response: { composed: { first, second: { ...first, ready: false } } },
    want: ['True ReconcileSuccess', 'False Creating Unready resources: second'],
  },
  {
    name: 'NothingComposed',
    reason: 'A refused composite is not ready, and says why.',
    response: { conditions: [said({ status: 'False', message: 'version 99 is not on offer' })] },
    want: [
      'True ReconcileSuccess',
      'False Creating version 99 is not on offer',
      'False Fine version 99 is not on offer',
    ],
  },
  {
    name: 'Refused',
    reason: 'What the API refuses is not synced; what runs stays ready.',
    response: { composed: { first } },
    refused: new Map([['first', 'spec.x: Invalid value']]),
    want: ['False ReconcileError Unsynced resources: first (spec.x: Invalid value)', 'True Available'],
  },
  {
    name: 'SystemConditions',
    reason: 'Synced and Ready are not the composition’s to set.',
    response: {
      composed: { first },
      conditions: [said({ type: 'Ready', status: 'False' }), said({ type: 'Synced', status: 'False' })],
    },
    want: ['True ReconcileSuccess', 'True Available'],
  },
] as {
  name: string;
  reason: string;
  response: Partial<CompositionResponse>;
  refused?: Map<string, string>;
  want: string[];
}[]) {
  test(`planCompositeStatus: ${name}`, () => {
    const outcome = {
      response: { ...nothing, ...response },
      refused: refused ?? new Map<string, string>(),
      published: false,
    };
    const got = planCompositeStatus(composite, outcome, now).conditions?.map(({ status, reason: why, message }) =>
      [status, why, message].filter(Boolean).join(' '),
    );
    assert.deepEqual(got, want, reason);
  });
}

test('the types for the claim are those of this very response', () => {
  const conditions = [said({ type: 'A' }), said({ type: 'B', target: 'CompositeAndClaim' })];
  const before = { ...composite, status: { claimConditionTypes: ['Old'], old: true } };
  const status = planCompositeStatus(
    before,
    { response: { ...nothing, conditions, status: { weight: 1 } }, refused: new Map(), published: false },
    now,
  );
  assert.deepEqual(status.claimConditionTypes, ['B']);
  assert.equal(status.weight, 1);
  assert.ok(!('old' in status));
});

test('a stuck deletion says what it waits for, since when, why, and where to look', () => {
  const metadata = { name: 's', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['local/server'] };
  const server = { apiVersion: 'local.larder.dev/v1alpha1', kind: 'PostgresServer', metadata };
  const text = (object: typeof server & { status?: object }): string | undefined =>
    planDeletingStatus(composite, object, now).conditions?.[1]?.message;
  assert.equal(
    text(server),
    'waits for PostgresServer "s" to go, asked for at 2026-01-01T00:00:00Z: held by finalizer local/server. ' +
      'More: kubectl describe postgresserver.local.larder.dev s',
  );
  const conditions = [
    {
      type: 'Ready',
      status: 'False',
      reason: 'X',
      message: 'the folder is in use',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    },
  ];
  assert.match(
    text({ ...server, status: { conditions } }) ?? '',
    /: the folder is in use \(since 2026-01-01T00:01:00Z\)\. More/,
  );
});
