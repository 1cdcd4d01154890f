import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoded, encoded, planSecret, selectKeys } from '../../src/connection-secret.ts';
import type { Secret } from '../../src/crossplane.ts';
import { box } from '../boxes.ts';

const owner = box('a', { metadata: { uid: 'uid-a' } });
const reference = { apiVersion: 'test.dev/v1', kind: 'Box', name: 'a', uid: 'uid-a', controller: true };
const secret = (more: Partial<Secret>, references = [reference]): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace: 'default', ownerReferences: references },
  type: 'connection.crossplane.io/v1alpha1',
  data: { password: 'eA==' },
  ...more,
});

for (const { name, reason, existing, want } of [
  { name: 'Missing', reason: 'A missing secret is made, or put back.', existing: undefined, want: 'create' },
  { name: 'Same', reason: 'The same content is not written again.', existing: secret({}), want: 'nothing' },
  {
    name: 'Changed',
    reason: 'Other content is put right.',
    existing: secret({ data: { password: 'eQ==' } }),
    want: 'update',
  },
  {
    name: 'MoreKeys',
    reason: 'A key that was added by hand goes.',
    existing: secret({ data: { password: 'eA==', more: '' } }),
    want: 'update',
  },
  {
    name: 'Unowned',
    reason: 'A secret that somebody made is never taken over.',
    existing: secret({}, []),
    want: 'refuse',
  },
  {
    name: 'OfAnother',
    reason: 'Nor is one of another claim, nor of an earlier one of this name.',
    existing: secret({}, [{ ...reference, uid: 'uid-before' }]),
    want: 'refuse',
  },
  {
    name: 'NotController',
    reason: 'To be one owner among others is not enough.',
    existing: secret({}, [{ ...reference, controller: false }]),
    want: 'refuse',
  },
  {
    name: 'OtherType',
    reason: 'A secret of another type is not a connection secret.',
    existing: secret({ type: 'Opaque' }),
    want: 'refuse',
  },
]) {
  test(`planSecret: ${name}`, () => {
    const step = planSecret(existing, { namespace: 'default', name: 's', owner, data: { password: 'eA==' } });
    assert.equal(step.do, want, reason);
    if (step.do !== 'refuse') return;
    assert.match(step.message, /secret "s" is there already .* kubectl delete secret s -n default/);
    assert.ok(!step.message.includes('eA=='), 'a message must not hold the content');
  });
}

for (const name of ['../../x', '..', 'a/b', 'A', '', "x'; --"]) {
  test(`planSecret: a secret can't be called ${JSON.stringify(name)}`, () => {
    const step = planSecret(undefined, { namespace: 'default', name, owner, data: {} });
    assert.equal(step.do, 'refuse');
    assert.match(step.do === 'refuse' ? step.message : '', /^spec.writeConnectionSecretToRef.name: ".*" is no name/);
  });
}

test('only keys that the definition names', () => {
  assert.deepEqual(selectKeys({ a: '1', b: '2', c: '3' }, ['a', 'b']), { a: '1', b: '2' });
  assert.deepEqual(selectKeys({ a: '1' }, ['a', 'b']), { a: '1' }, 'the composition knows what is whole');
  assert.equal(selectKeys(undefined, []), undefined);
  assert.deepEqual(selectKeys({ a: '1' }, []), { a: '1' });
});

test('what is encoded comes back', () => {
  const details = { password: 'ä "\n', 'ca.crt': '-----BEGIN' };
  assert.deepEqual(decoded(encoded(details)), details);
});
