import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  fieldErrorText,
  validateConfigMapKey,
  validateDns1035Label,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateLabelKey,
  validateLabelValue,
  validateObjectMeta,
  validateObjectMetaUpdate,
  validatePathSegment,
  type ObjectMeta,
  type OwnerReference,
} from '../src/index.ts';

describe('Names', () => {
  const good: [check: (name: string) => string[], names: string[]][] = [
    [validateDns1123Subdomain, ['a', 'a-b.c9', '9', 'a'.repeat(253)]],
    [validateDns1123Label, ['a', '9-a', 'a'.repeat(63)]],
    [validateDns1035Label, ['a', 'a-9']],
    [validateLabelKey, ['a', 'A_b.c', 'example.com/a', `example.com/${'a'.repeat(63)}`]],
    [validateLabelValue, ['', 'A_b.c-9']],
    [validateConfigMapKey, ['ca.crt', '.hidden', 'A_b']],
    [validatePathSegment, ['a b', 'system:x']],
  ];
  const bad: [check: (name: string) => string[], names: string[]][] = [
    [validateDns1123Subdomain, ['', 'A', '-a', 'a-', 'a..b', 'a_b', 'a/b', '../a', 'a\n', 'a'.repeat(254)]],
    [validateDns1123Label, ['a.b', '', 'A', 'a'.repeat(64)]],
    [validateDns1035Label, ['9a', 'a.b']],
    [validateLabelKey, ['', '/a', 'a/', 'a/b/c', 'Example.com/a', '-a', 'a'.repeat(64)]],
    [validateLabelValue, ['-a', 'a b', 'a'.repeat(64)]],
    [validateConfigMapKey, ['', '.', '..', '..a', 'a/b', 'a'.repeat(254)]],
    [validatePathSegment, ['.', '..', 'a/b', 'a%2fb']],
  ];
  for (const [check, names] of good) {
    it(`${check.name} accepts`, () => names.forEach(name => assert.deepEqual(check(name), [], JSON.stringify(name))));
  }
  for (const [check, names] of bad) {
    it(`${check.name} refuses`, () =>
      names.forEach(name => assert.notDeepEqual(check(name), [], JSON.stringify(name))));
  }

  it("are refused in Kubernetes' words", () => {
    assert.deepEqual(validateDns1123Label('a.b'), ['must not contain dots']);
    assert.deepEqual(validateDns1123Subdomain('A'), [
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ]);
  });

  it('may end in a dash where characters follow', () => {
    assert.deepEqual(validateDns1123Subdomain('a-', true), []);
    assert.notDeepEqual(validateDns1123Subdomain('a-'), []);
  });
});

describe('Metadata', () => {
  const check = (meta: Partial<ObjectMeta>, namespaced = false) =>
    validateObjectMeta({ name: 'a', ...meta }, namespaced, validateDns1123Subdomain).map(fieldErrorText);

  it('is well with a name', () => assert.deepEqual(check({ labels: { a: 'b' } }), []));

  it('needs a name, and a namespace where there are namespaces', () => {
    assert.deepEqual(check({ name: '' }), ['metadata.name: Required value: name or generateName is required']);
    assert.deepEqual(check({}, true), ['metadata.namespace: Required value']);
    assert.deepEqual(check({ namespace: 'x' }), ['metadata.namespace: Forbidden: not allowed on this type']);
  });

  it('has well-formed labels, annotations, finalizers and owners', () => {
    const errors = check({
      labels: { '-a': 'b' },
      annotations: { 'a/b/c': '' },
      finalizers: ['orphan', 'foregroundDeletion'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'x', uid: '1' }],
    });
    assert.equal(errors.length, 4);
    assert.match(errors[0]!, /^metadata\.labels: Invalid value: "-a"/);
    assert.match(errors[2]!, /disallowed from being an owner$/);
  });

  it('has owners that say who they are', () => {
    const owner = { kind: 'X' } as OwnerReference;
    assert.deepEqual(check({ ownerReferences: [owner] }), [
      'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
      'metadata.ownerReferences.name: Invalid value: "": must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ]);
  });

  it('has one controller', () => {
    const owner = { apiVersion: 'v1', kind: 'X', name: 'x', uid: '1', controller: true };
    assert.match(check({ ownerReferences: [owner, owner] })[0]!, /Only one reference can have Controller set to true/);
  });

  it('is not larger than Kubernetes lets it be', () => {
    assert.deepEqual(check({ annotations: { a: 'x'.repeat(262_144) } }), [
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ]);
  });

  it('keeps its identity', () => {
    const old: ObjectMeta = { name: 'a', uid: '1', resourceVersion: '5', deletionTimestamp: '2026-01-01T00:00:00Z' };
    const changed = { ...old, uid: '2', finalizers: ['x/y'] };
    assert.deepEqual(validateObjectMetaUpdate(changed, old).map(fieldErrorText), [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/y"}',
      'metadata.uid: Invalid value: "2": field is immutable',
    ]);
    assert.deepEqual(validateObjectMetaUpdate({ ...old, resourceVersion: '' }, old).map(fieldErrorText), [
      'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    ]);
  });
});
