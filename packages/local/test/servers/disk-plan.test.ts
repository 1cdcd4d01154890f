/** What happens on a disk that runs out, as a table. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planDisk, reserveOf, type DiskPlan, type DiskSeen } from '../../src/servers/index.ts';

const MiB = 2 ** 20;
const reserve = { floor: 512 * MiB, ballast: 128 * MiB };
const plenty: DiskSeen = { free: 9_000 * MiB, ballastThere: true, held: new Set(), growth: new Map() };
const growth = new Map([
  ['loader', 300 * MiB],
  ['helper', 90 * MiB],
  ['quiet', 10 * MiB],
]);

const cases: { reason: string; seen: Partial<DiskSeen>; held: string[]; ballast: DiskPlan['ballast'] }[] = [
  { reason: 'with room for all nobody is held', seen: { growth }, held: [], ballast: 'keep' },
  { reason: 'the ballast is made once there is room', seen: { ballastThere: false }, held: [], ballast: 'make' },
  {
    reason: 'it is not made where it would take the last room',
    seen: { ballastThere: false, free: 700 * MiB },
    held: [],
    ballast: 'keep',
  },
  {
    reason: 'below the floor those that grew most stop writing, and the others go on',
    seen: { free: 500 * MiB, growth },
    held: ['loader', 'helper'],
    ballast: 'keep',
  },
  {
    reason: 'where something else fills the disk, nobody is to blame yet',
    seen: { free: 500 * MiB, growth: new Map([['quiet', 0]]) },
    held: [],
    ballast: 'keep',
  },
  {
    reason: 'below half of the floor all stop, and the ballast gives room to end in order',
    seen: { free: 200 * MiB, growth },
    held: ['loader', 'helper', 'quiet'],
    ballast: 'remove',
  },
  {
    reason: 'whoever is held stays so while the disk is just above the floor',
    seen: { free: 600 * MiB, held: new Set(['loader']) },
    held: ['loader'],
    ballast: 'keep',
  },
  {
    reason: 'room again, but not for the ballast: still held',
    seen: { free: 700 * MiB, held: new Set(['loader']), ballastThere: false },
    held: ['loader'],
    ballast: 'keep',
  },
  {
    reason: 'room for the ballast too: it is made, and all are let go',
    seen: { free: 800 * MiB, held: new Set(['loader']), ballastThere: false },
    held: [],
    ballast: 'make',
  },
];

describe('planDisk', () => {
  for (const { reason, seen, held, ballast } of cases) {
    it(reason, () => {
      const plan = planDisk(reserve, { ...plenty, ...seen });
      assert.deepEqual([[...plan.held], plan.ballast], [held, ballast]);
    });
  }

  it('keeps a share of a small disk, and never much of a large one', () => {
    assert.deepEqual(reserveOf(1_000 * MiB), { floor: 20 * MiB, ballast: 5 * MiB });
    assert.deepEqual(reserveOf(10 ** 15), { floor: 512 * MiB, ballast: 128 * MiB });
    assert.deepEqual(reserveOf(10 ** 15, { floor: 64 }), { floor: 64, ballast: 16 });
  });
});
