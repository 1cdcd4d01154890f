import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { humanDuration, tableOf } from '@larder/kube';
import type { ResourceDefinition } from '@larder/kube';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const durations: [number, string][] = [
  [-2 * second, '<invalid>'],
  [-second, '0s'],
  [0, '0s'],
  [second - 1, '0s'],
  [2 * minute - 1, '119s'],
  [2 * minute, '2m'],
  [2 * minute + second, '2m1s'],
  [10 * minute - 1, '9m59s'],
  [10 * minute, '10m'],
  [3 * hour - 1, '179m'],
  [3 * hour, '3h'],
  [3 * hour + minute, '3h1m'],
  [8 * hour - 1, '7h59m'],
  [8 * hour, '8h'],
  [48 * hour - 1, '47h'],
  [48 * hour, '2d'],
  [49 * hour, '2d1h'],
  [8 * day - 1, '7d23h'],
  [8 * day, '8d'],
  [2 * 365 * day - 1, '729d'],
  [2 * 365 * day, '2y'],
  [2 * 365 * day + 10 * day, '2y10d'],
  [8 * 365 * day - 1, '7y364d'],
  [8 * 365 * day, '8y'],
];

const now = new Date('2026-01-01T00:00:00Z');
const instance = {
  apiVersion: 'syn.tools/v1',
  kind: 'PostgreSQLInstance',
  metadata: { name: 'postgres1', namespace: 'default', creationTimestamp: '2025-12-31T23:55:00Z' },
  spec: { replicas: 2.9, ratio: 1.5, on: true, list: ['a', { b: 1 }] },
  status: {
    conditions: [
      { type: 'Synced', status: 'True' },
      { type: 'Ready', status: 'False' },
    ],
    at: 'yesterday',
  },
};
const definition: ResourceDefinition = {
  group: 'syn.tools',
  version: 'v1',
  kind: 'PostgreSQLInstance',
  plural: 'postgresqlinstances',
  singular: 'postgresqlinstance',
  namespaced: true,
  schema: { type: 'object' },
  columns: [
    { name: 'READY', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
    { name: 'REPLICAS', type: 'integer', jsonPath: '.spec.replicas', priority: 1, description: 'How many' },
    { name: 'RATIO', type: 'number', jsonPath: '.spec.ratio' },
    { name: 'ON', type: 'boolean', jsonPath: '.spec.on' },
    { name: 'LIST', type: 'string', jsonPath: '.spec.list' },
    { name: 'MISSING', type: 'string', jsonPath: '.spec.no.such' },
    { name: 'WRONG', type: 'integer', jsonPath: '.spec.on' },
    { name: 'MISFIT', type: 'string', jsonPath: '.spec.on[0]' },
    { name: 'AT', type: 'date', jsonPath: '.status.at' },
    { name: 'COUNT', type: 'string', jsonPath: '.spec.list', cell: object => `${Object.keys(object).length} fields` },
    { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
};

describe('tables', () => {
  for (const [milliseconds, text] of durations) {
    it(`show ${milliseconds} ms as ${text}`, () => {
      assert.equal(humanDuration(milliseconds), text);
    });
  }
  it('fill the columns of a kind', () => {
    const table = tableOf(definition, [instance], now, { metadata: { resourceVersion: '7' } });
    assert.deepEqual(table.rows[0]?.cells, [
      'postgres1',
      'False',
      2,
      1.5,
      true,
      '["a",{"b":1}]',
      null,
      null,
      null,
      '<invalid>',
      '5 fields',
      '5m',
    ]);
    assert.deepEqual(table.metadata, { resourceVersion: '7' });
    assert.equal(table.columnDefinitions?.[0]?.format, 'name');
    assert.deepEqual(table.columnDefinitions?.[2], {
      name: 'REPLICAS',
      type: 'integer',
      format: '',
      description: 'How many',
      priority: 1,
    });
  });
  it('show name and age of kinds without columns', () => {
    const table = tableOf({ ...definition, columns: undefined }, [instance], now);
    assert.deepEqual(
      table.columnDefinitions?.map(({ name }) => name),
      ['Name', 'Age'],
    );
    assert.deepEqual(table.rows[0]?.cells, ['postgres1', '5m']);
  });
  it('carry what was asked for beside the cells', () => {
    const object = (includeObject: 'None' | 'Metadata' | 'Object'): unknown =>
      tableOf(definition, [instance], now, { includeObject }).rows[0]?.object;
    assert.equal(object('None'), null);
    assert.equal(object('Object'), instance);
    assert.deepEqual(object('Metadata'), {
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: instance.metadata,
    });
  });
  it('leave the headers out when asked so', () => {
    assert.equal(tableOf(definition, [], now, { headers: false }).columnDefinitions, null);
  });
});
