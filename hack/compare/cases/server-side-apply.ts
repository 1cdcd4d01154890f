/** Server-side apply: owners, conflicts, force, removal, lists, and what it refuses. */
import type { HttpCase } from '../case.ts';
import { custom, define, pathOf } from './crd-fixtures.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const type = 'application/apply-patch+yaml';
const notes = (data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'ssa', ...metadata },
  data,
});
const apply = (query: string, body: unknown) => ({ ask: `PATCH ${configMaps}/ssa?${query}`, type, body });
const crates = pathOf('crates');

export const serverSideApplyCases: HttpCase[] = [
  {
    name: 'server-side apply',
    steps: [
      apply('fieldManager=one', notes({ a: '1', b: '2' })),
      apply('fieldManager=one', notes({ a: '1', b: '2' })),
      apply('fieldManager=two', notes({ a: '1' })),
      apply('fieldManager=two', notes({ a: '9' })),
      apply('fieldManager=two', notes({ a: '9', b: '9', c: '3' })),
      apply('fieldManager=two&force=true', notes({ a: '9' })),
      apply('fieldManager=two&force=false', notes({ b: '9' })),
      apply('fieldManager=one', notes({})),
      apply('fieldManager=one', notes({ z: '1' }, { labels: { x: 'y' } })),
      apply('fieldManager=one', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' } }),
      apply('', notes({ a: '1' })),
      apply('fieldManager=', notes({ a: '1' })),
      apply('fieldManager=x', { kind: 'ConfigMap', metadata: { name: 'ssa' } }),
      apply('fieldManager=x', { apiVersion: 'v1', metadata: { name: 'ssa' } }),
      apply('fieldManager=x', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ssa' } }),
      apply('fieldManager=x', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } }),
      apply('fieldManager=x', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      apply('fieldManager=x', { apiVersion: 'v1', kind: 'ConfigMap' }),
      apply('fieldManager=x', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa', namespace: 'other' } }),
      apply('fieldManager=x', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa', managedFields: [{}] } }),
      apply('fieldManager=x', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'ssa', resourceVersion: '1' },
        data: { q: '1' },
      }),
      apply('fieldManager=x', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa', uid: 'other' } }),
      apply('fieldManager=x', notes({ a: 5 })),
      apply('fieldManager=x', notes('text' as unknown as object)),
      apply('fieldManager=x&fieldValidation=Strict', { ...notes({ y: '1' }), nope: 1 }),
      apply('fieldManager=x', '['),
      apply('fieldManager=x', ''),
      apply('fieldManager=x', '7'),
      apply('fieldManager=x', '[]'),
      apply('fieldManager=x&force=maybe', notes({})),
      apply('fieldManager=x&dryRun=All', notes({ dry: '1' })),
      {
        ask: `PATCH ${configMaps}/ssa-new?fieldManager=x`,
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa-new', uid: 'some' } },
      },
      {
        ask: `PATCH ${configMaps}/ssa-new?fieldManager=x`,
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa-new', resourceVersion: '7' } },
      },
      {
        ask: `PATCH ${configMaps}/ssa-new?fieldManager=x&dryRun=All`,
        type,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa-new' }, data: { a: '1' } },
      },
      { ask: `PATCH ${configMaps}/ssa`, body: { data: { a: 'patched', new: '1' } } },
      apply('fieldManager=two', notes({ a: '9' })),
      {
        ask: `PUT ${configMaps}/ssa`,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa', managedFields: [{}] }, data: { k: '1' } },
      },
      {
        ask: `PUT ${configMaps}/ssa`,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' }, data: { k: '2' } },
      },
      {
        ask: `PATCH ${configMaps}/ssa`,
        body: {
          metadata: {
            managedFields: [
              { manager: 'x', operation: 'Frob', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
            ],
          },
        },
      },
      {
        ask: `PATCH ${configMaps}/ssa`,
        body: {
          metadata: {
            managedFields: [
              { manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV9', fieldsV1: {} },
            ],
          },
        },
      },
      {
        ask: `PATCH ${configMaps}/ssa`,
        body: {
          metadata: {
            managedFields: [
              {
                manager: 'x',
                operation: 'Apply',
                apiVersion: 'v1',
                fieldsType: 'FieldsV1',
                fieldsV1: { 'f:data': { 'f:k': {} } },
              },
            ],
          },
        },
      },
      apply('fieldManager=two', notes({ k: '2' })),
    ],
  },
  {
    name: 'server-side apply of custom resources',
    steps: [
      ...define('crates'),
      {
        ask: `PATCH ${crates}/c?fieldManager=one`,
        type,
        body: custom('crates', 'c', {
          size: 5,
          jars: [{ name: 'plum' }, { name: 'fig', grams: 5 }],
          tags: ['a', 'b'],
          free: { x: [1, { y: 2 }] },
          weights: { a: 1 },
        }),
      },
      {
        ask: `PATCH ${crates}/c?fieldManager=two`,
        type,
        body: custom('crates', 'c', { size: 5, jars: [{ name: 'pear', grams: 7 }], tags: ['c'] }),
      },
      {
        ask: `PATCH ${crates}/c?fieldManager=two`,
        type,
        body: custom('crates', 'c', { size: 6, jars: [{ name: 'plum', grams: 7 }], free: { x: [] } }),
      },
      {
        ask: `PATCH ${crates}/c?fieldManager=two`,
        type,
        body: custom('crates', 'c', { size: 5, jars: [{ name: 'plum' }] }),
      },
      { ask: `PATCH ${crates}/c?fieldManager=one`, type, body: custom('crates', 'c', { size: 5, tags: ['a'] }) },
      {
        ask: `PATCH ${crates}/c?fieldManager=two`,
        type,
        body: custom('crates', 'c', { size: 5, jars: [{ name: 'x' }, { name: 'x' }] }),
      },
      {
        ask: `PATCH ${crates}/c?fieldManager=two`,
        type,
        body: custom('crates', 'c', { size: 5, jars: [{ grams: 1 }] }),
      },
      { ask: `PATCH ${crates}/c?fieldManager=two`, type, body: custom('crates', 'c', { size: 'five' }) },
      { ask: `PATCH ${crates}/c?fieldManager=two`, type, body: custom('crates', 'c', { size: 500 }) },
      { ask: `PATCH ${crates}/c?fieldManager=two`, type, body: custom('crates', 'c', { size: 5, nope: 1 }) },
      {
        ask: `PATCH ${crates}/c?fieldManager=two&fieldValidation=Strict`,
        type,
        body: custom('crates', 'c', { size: 5, nope: 1 }),
      },
      {
        ask: `PATCH ${crates}/c?fieldManager=two`,
        type,
        body: custom('crates', 'c', { size: 5 }, { status: { phase: 'x' } }),
      },
      {
        ask: `PATCH ${crates}/c?fieldManager=two`,
        type,
        body: { ...custom('crates', 'c', { size: 5 }), kind: 'Other' },
      },
      {
        ask: `PATCH ${crates}/c?fieldManager=two`,
        type,
        body: { ...custom('crates', 'c', { size: 5 }), apiVersion: 'store.example/v2' },
      },
    ],
  },
];
