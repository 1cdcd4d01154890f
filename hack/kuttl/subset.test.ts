import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differences } from './subset.ts';

const table = [
  { reason: 'Maps may hold more.', expected: { a: 1 }, found: { a: 1, b: 2 }, want: [] },
  {
    reason: 'A missing key is told with its path.',
    expected: { a: { b: 1 } },
    found: { a: {} },
    want: ['.a.b: expected 1, found nothing'],
  },
  { reason: 'Lists have the same length.', expected: [1], found: [1, 2], want: [': expected 1 items, found 2: [1,2]'] },
  {
    reason: 'Lists have the same order.',
    expected: { l: [{ t: 'A' }, { t: 'B' }] },
    found: { l: [{ t: 'B' }, { t: 'A' }] },
    want: ['.l[0].t: expected "A", found "B"', '.l[1].t: expected "B", found "A"'],
  },
  { reason: 'Items of lists may hold more.', expected: [{ t: 'A' }], found: [{ t: 'A', x: 1 }], want: [] },
  { reason: 'A number is not its text.', expected: { n: '1' }, found: { n: 1 }, want: ['.n: expected "1", found 1'] },
  { reason: 'A map is not null.', expected: { a: {} }, found: { a: null }, want: ['.a: expected {}, found null'] },
];

describe('differences', () => {
  for (const { reason, expected, found, want } of table)
    it(reason, () => assert.deepEqual(differences(expected, found), want));
});
