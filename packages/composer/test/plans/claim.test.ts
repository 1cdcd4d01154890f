import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  planClaimStatus,
  planDeletingStatus,
  planFailedStatus,
  type SecretState,
} from '../../src/claim/claim-status.ts';
import { planBinding, planComposite, refusalToBind } from '../../src/claim/plan-claim.ts';
import type { Claim, Composite } from '../../src/index.ts';
import { box, xbox, xboxKind } from '../boxes.ts';

const held = { finalizers: ['finalizer.apiextensions.crossplane.io'], resourceVersion: '3' };
const resourceRef = { ...xboxKind, name: 'a-12345' };
const bound = box('a', { metadata: held, spec: { resourceRef, writeConnectionSecretToRef: { name: 's' } } });

for (const { name, reason, claim, more, want } of [
  {
    name: 'Fresh',
    reason:
      'Finalizer, name of the composite and name of the secret must be written together, before anything is made.',
    claim: box('a', { metadata: { resourceVersion: '3' } }),
    want: {
      metadata: held,
      spec: { resourceRef: { ...xboxKind, name: 'a-fresh' }, writeConnectionSecretToRef: { name: 'a-connection' } },
    },
  },
  {
    name: 'KnownComposition',
    reason: 'What a new composite would choose is said at once, or both would be written once more.',
    claim: box('a', { metadata: { resourceVersion: '3' } }),
    more: { composition: 'boxes', secretName: undefined },
    want: {
      metadata: held,
      spec: { resourceRef: { ...xboxKind, name: 'a-fresh' }, compositionRef: { name: 'boxes' } },
    },
  },
  {
    name: 'OwnComposition',
    reason: 'A composition that the claim names stays.',
    claim: box('a', { metadata: held, spec: { compositionRef: { name: 'mine' } } }),
    more: { composition: 'boxes', secretName: undefined },
    want: { metadata: { resourceVersion: '3' }, spec: { resourceRef: { ...xboxKind, name: 'a-fresh' } } },
  },
  {
    name: 'MadeComposite',
    reason: 'A composite that is there has chosen, maybe another one.',
    claim: { ...bound, spec: { ...bound.spec, resourceRef: undefined } },
    more: { bound: 'a-found', composition: 'boxes' },
    want: { metadata: { resourceVersion: '3' }, spec: { resourceRef: { ...xboxKind, name: 'a-found' } } },
  },
  { name: 'Bound', reason: 'A claim that has all is left alone.', claim: bound, want: undefined },
  {
    name: 'OwnFinalizers',
    reason: 'Finalizers of others must stay.',
    claim: { ...bound, metadata: { ...bound.metadata, finalizers: ['other/one'] } },
    want: { metadata: { resourceVersion: '3', finalizers: ['other/one', ...held.finalizers] }, spec: {} },
  },
  {
    name: 'Replaced',
    reason: 'A claim that lost its reference must get back the composite that it has.',
    claim: { ...bound, spec: { ...bound.spec, resourceRef: undefined } },
    more: { bound: 'a-found' },
    want: { metadata: { resourceVersion: '3' }, spec: { resourceRef: { ...xboxKind, name: 'a-found' } } },
  },
  {
    name: 'NoDetails',
    reason: 'A kind without connection details gets no secret name.',
    claim: box('a', { metadata: held, spec: { resourceRef } }),
    more: { secretName: undefined },
    want: undefined,
  },
] as { name: string; reason: string; claim: Claim; more?: object; want: unknown }[]) {
  test(`planBinding: ${name}`, () => {
    const input = { claim, compositeKind: xboxKind, freshName: 'a-fresh', secretName: 'a-connection', ...more };
    assert.deepEqual(planBinding(input), want, reason);
  });
}

test('the composite gets the claim’s labels, annotations and spec, but not what is the claim’s alone', () => {
  const claim = box('a', {
    metadata: {
      labels: { team: 'x', 'app.kubernetes.io/name': 'y' },
      annotations: { note: 'n', 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'k8s.io/x': '1' },
    },
    spec: {
      resourceRef,
      compositeDeletePolicy: 'Foreground',
      compositionRef: { name: 'boxes' },
      compositionRevisionRef: { name: 'r' },
      writeConnectionSecretToRef: { name: 's' },
      resourceRefs: [{ ...xboxKind, name: 'smuggled' }],
      claimRef: { name: 'smuggled' },
    },
  });
  assert.deepEqual(planComposite(claim), {
    ...xboxKind,
    metadata: {
      name: 'a-12345',
      labels: {
        team: 'x',
        'crossplane.io/composite': 'a-12345',
        'crossplane.io/claim-name': 'a',
        'crossplane.io/claim-namespace': 'default',
      },
      annotations: { note: 'n' },
    },
    spec: {
      parameters: { size: 2 },
      compositionRef: { name: 'boxes' },
      claimRef: { apiVersion: 'test.dev/v1', kind: 'Box', namespace: 'default', name: 'a' },
    },
  });
});

test('a composite of another claim is refused, one of nobody is not', () => {
  const of = (name: string): Composite =>
    xbox('x', { spec: { claimRef: { apiVersion: 'test.dev/v1', kind: 'Box', namespace: 'default', name } } });
  assert.equal(refusalToBind(bound, of('a')), undefined);
  assert.equal(refusalToBind(bound, xbox('x')), undefined);
  assert.match(refusalToBind(bound, of('b')) ?? '', /"x" that is not bound to this claim: bound to claim "default\/b"/);
});

const time = '2026-01-01T00:00:00Z';
const now = new Date('2026-02-02T00:00:00Z');
const there: SecretState = { kind: 'there', written: false, uid: 'u' };
const readyX = xbox('a-12345', {
  status: {
    weight: 3,
    claimConditionTypes: ['Low'],
    connectionDetails: { lastPublishedTime: time },
    conditions: [
      { type: 'Synced', status: 'True', reason: 'ReconcileSuccess', lastTransitionTime: time },
      { type: 'Ready', status: 'True', reason: 'Available', lastTransitionTime: time },
      { type: 'Hidden', status: 'False', reason: 'H', lastTransitionTime: time },
      { type: 'Low', status: 'False', reason: 'L', message: 'low', lastTransitionTime: time },
    ],
  },
});
const unready = xbox('a-12345', {
  status: { conditions: [{ type: 'Ready', status: 'False', reason: 'Creating', message: 'Unready resources: first' }] },
});

for (const { name, reason, composite, secret, want } of [
  {
    name: 'Ready',
    reason: 'Synced comes first, Ready second, then what the composition says about the claim; nothing else.',
    composite: readyX,
    secret: there,
    want: [
      ['Synced', 'True', 'ReconcileSuccess'],
      ['Ready', 'True', 'Available'],
      ['Low', 'False', 'L', 'low'],
    ],
  },
  {
    name: 'NotReady',
    reason: 'What the composite waits for must be readable on the claim.',
    composite: unready,
    secret: { kind: 'missing' },
    want: [
      ['Synced', 'True', 'ReconcileSuccess'],
      [
        'Ready',
        'False',
        'Waiting',
        'Claim is waiting for composite resource to become Ready: Unready resources: first',
      ],
    ],
  },
  {
    name: 'Unborn',
    reason: 'A composite without a status is waited for.',
    composite: xbox('a-12345'),
    secret: { kind: 'none' },
    want: [
      ['Synced', 'True', 'ReconcileSuccess'],
      ['Ready', 'False', 'Waiting', 'Claim is waiting for composite resource to become Ready'],
    ],
  },
  {
    name: 'NoSecretYet',
    reason: 'Ready means that the secret is there.',
    composite: { ...readyX, status: { ...readyX.status, claimConditionTypes: [] } },
    secret: { kind: 'missing' },
    want: [
      ['Synced', 'True', 'ReconcileSuccess'],
      ['Ready', 'False', 'Waiting', 'Claim is waiting for its connection details'],
    ],
  },
  {
    name: 'SecretOfAnother',
    reason: 'A claim whose secret is not ours is not accepted, and says what to do.',
    composite: { ...readyX, status: { ...readyX.status, claimConditionTypes: [] } },
    secret: { kind: 'refused', message: 'taken' },
    want: [
      ['Synced', 'True', 'ReconcileSuccess'],
      ['Ready', 'False', 'Waiting', 'Claim is waiting for its connection secret: see condition Accepted'],
      ['Accepted', 'False', 'SecretNotOurs', 'taken'],
    ],
  },
] as { name: string; reason: string; composite: Composite; secret: SecretState; want: string[][] }[]) {
  test(`planClaimStatus: ${name}`, () => {
    const { conditions } = planClaimStatus(bound, composite, secret, now);
    const got = conditions?.map(({ type, status, reason: why, message }) => [
      type,
      status,
      why,
      ...(message ? [message] : []),
    ]);
    assert.deepEqual(got, want, reason);
  });
}

test('the composite’s status is the claim’s, without the composite’s machinery; times are the claim’s own', () => {
  const before = {
    conditions: [{ type: 'Synced', status: 'True', reason: 'ReconcileSuccess', lastTransitionTime: time }],
  };
  const claim = { ...bound, metadata: { ...bound.metadata, generation: 4 }, status: before } as Claim;
  const status = planClaimStatus(claim, readyX, { kind: 'there', written: true, uid: 'u' }, now);
  assert.deepEqual(Object.keys(status).sort(), ['conditions', 'connectionDetails', 'weight']);
  assert.equal(status.weight, 3);
  assert.deepEqual(status.connectionDetails, { lastPublishedTime: '2026-02-02T00:00:00Z' });
  assert.deepEqual(
    status.conditions?.slice(0, 2).map(each => each.lastTransitionTime),
    [time, '2026-02-02T00:00:00Z'],
  );
  assert.deepEqual(
    status.conditions?.map(each => each.observedGeneration),
    [4, 4, 4],
  );
});

test('a failed turn changes Synced only; a deleted claim says what it waits for', () => {
  const claim = { ...bound, status: planClaimStatus(bound, readyX, there, now) };
  const failed = planFailedStatus(claim, 'boom', now).conditions?.map(each => [each.type, each.status, each.message]);
  assert.deepEqual(failed, [
    ['Synced', 'False', 'boom'],
    ['Ready', 'True', undefined],
    ['Low', 'False', 'low'],
  ]);
  const leaving = (composite: Composite): string | undefined =>
    planDeletingStatus(claim, composite, now).conditions?.[1]?.message;
  assert.equal(leaving(readyX), 'waits for XBox "a-12345" to go');
  const stuck = { type: 'Ready', status: 'False', reason: 'Deleting', message: 'waits for ConfigMap "m"' } as const;
  assert.equal(leaving(xbox('a-12345', { status: { conditions: [stuck] } })), 'waits for ConfigMap "m"');
  const broken = { type: 'Synced', status: 'False', reason: 'ReconcileError', message: 'cannot delete' } as const;
  assert.equal(leaving(xbox('a-12345', { status: { conditions: [broken, stuck] } })), 'cannot delete');
});
