import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crdsOfDefinition, kindsOfDefinition } from '../../src/index.ts';
import { definition } from '../boxes.ts';

const live = { ...definition, metadata: { ...definition.metadata, uid: 'uid-d' } };
const { composite, claim } = crdsOfDefinition(live);

test('the composite is cluster-scoped, the claim is namespaced, and both belong to the definition', () => {
  assert.deepEqual([composite.metadata.name, composite.spec.scope], ['xboxes.test.dev', 'Cluster']);
  assert.deepEqual([claim?.metadata.name, claim?.spec.scope], ['boxes.test.dev', 'Namespaced']);
  const { apiVersion, kind } = definition;
  const owner = { apiVersion, kind, name: 'xboxes.test.dev', uid: 'uid-d', controller: true, blockOwnerDeletion: true };
  assert.deepEqual(composite.metadata.ownerReferences, [owner]);
  assert.deepEqual(claim?.metadata.ownerReferences, [owner]);
  assert.deepEqual(claim?.metadata.labels, { team: 'tests' });
});

test('names are completed and get their category', () => {
  assert.deepEqual(composite.spec.names, {
    kind: 'XBox',
    plural: 'xboxes',
    singular: 'xbox',
    listKind: 'XBoxList',
    categories: ['composite'],
  });
  assert.deepEqual(claim?.spec.names.categories, ['all', 'claim']);
  assert.deepEqual(claim?.spec.names.shortNames, ['bx']);
});

test('columns: the definition’s own, then Crossplane’s', () => {
  const names = (crd: typeof composite | undefined): (string | undefined)[] =>
    crd?.spec.versions[0]?.additionalPrinterColumns?.map(column => column.name) ?? [];
  assert.deepEqual(names(composite), ['Size', 'SYNCED', 'READY', 'COMPOSITION', 'COMPOSITIONREVISION', 'AGE']);
  assert.deepEqual(names(claim), ['Size', 'SYNCED', 'READY', 'CONNECTION-SECRET', 'AGE']);
});

test('schemas hold the definition’s fields and Crossplane’s', () => {
  const schema = (crd: typeof composite | undefined) => crd?.spec.versions[0]?.schema.openAPIV3Schema;
  const fields = (crd: typeof composite | undefined, part: 'spec' | 'status'): string[] =>
    Object.keys(schema(crd)?.properties?.[part]?.properties ?? {}).sort();
  const shared = [
    'compositionRef',
    'compositionRevisionRef',
    'compositionRevisionSelector',
    'compositionSelector',
    'compositionUpdatePolicy',
  ];
  assert.deepEqual(
    fields(composite, 'spec'),
    [...shared, 'claimRef', 'parameters', 'resourceRefs', 'writeConnectionSecretToRef'].sort(),
  );
  assert.deepEqual(
    fields(claim, 'spec'),
    [...shared, 'compositeDeletePolicy', 'parameters', 'resourceRef', 'writeConnectionSecretToRef'].sort(),
  );
  assert.deepEqual(fields(claim, 'status'), [
    'claimConditionTypes',
    'conditions',
    'connectionDetails',
    'ware',
    'weight',
  ]);
  assert.deepEqual(schema(claim)?.properties?.spec?.required, ['parameters']);
  assert.equal(schema(claim)?.properties?.spec?.properties?.compositeDeletePolicy?.default, 'Foreground');
  assert.equal(schema(claim)?.description, 'A box.');
  assert.equal(schema(composite)?.['x-kubernetes-validations']?.length, 1);
});

test('a claim’s name keeps its limits; a composite’s is longer by a dash and five letters', () => {
  const name = (crd: typeof composite | undefined) =>
    crd?.spec.versions[0]?.schema.openAPIV3Schema.properties?.metadata?.properties?.name;
  assert.deepEqual(name(claim), { type: 'string', maxLength: 38, pattern: '^[a-z]+[0-9]*$' });
  assert.deepEqual(name(composite), { type: 'string', maxLength: 44 });
});

test('without claimNames there is no claim, and equal names are refused', () => {
  const { claimNames: _names, ...spec } = definition.spec;
  assert.equal(crdsOfDefinition({ ...definition, spec }).claim, undefined);
  assert.equal(kindsOfDefinition({ ...definition, spec }).claim, undefined);
  const same = { ...definition, spec: { ...definition.spec, claimNames: { ...definition.spec.names } } };
  assert.throws(() => crdsOfDefinition(same), /spec.claimNames must differ from spec.names/);
});
