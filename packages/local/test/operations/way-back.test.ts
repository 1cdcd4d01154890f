/** From which servers before a major upgrade somebody may come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNotBack } from '../../src/operations/major/switch.ts';

test('what would run an owner’s functions as a superuser gets nothing back', () => {
  assert.deepEqual(
    ['13.23', '15.18', '16.0', '16.14', '17.10'].map(version => whyNotBack(version) === undefined),
    [false, false, true, true, true],
  );
  assert.match(whyNotBack('15.18') ?? '', /as a superuser$/);
});
