/** When windows are, whatever the clock does; and whose turn it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_API_VERSION, type PostgresArchive, type PostgresChange, type PostgresServer } from '@larder/catalog';
import { backupMs, fitsIn, restartMs } from '../../src/operations/measured.ts';
import { turnOf, type TurnInput } from '../../src/operations/turn.ts';
import { isOpen, windowAt } from '../../src/operations/window.ts';
import { SPEC } from '../servers/rig.ts';

const tuesdays = { schedule: '00 22 * * 2', window: '1h', timeZone: 'UTC' };
const nights = { schedule: '30 2 * * *', window: '1h', timeZone: 'Europe/Zurich' };

const cases: { says: string; updates: typeof tuesdays; now: string; opens: string | undefined; closes?: string }[] = [
  {
    says: 'the next one',
    updates: tuesdays,
    now: '2026-11-23T12:00:00Z',
    opens: '2026-11-24T22:00:00.000Z',
    closes: '2026-11-24T23:00:00.000Z',
  },
  {
    says: 'the one that just opened',
    updates: tuesdays,
    now: '2026-11-24T22:00:00Z',
    opens: '2026-11-24T22:00:00.000Z',
  },
  {
    says: 'the one that is open',
    updates: tuesdays,
    now: '2026-11-24T22:59:59.999Z',
    opens: '2026-11-24T22:00:00.000Z',
  },
  {
    says: 'once it has closed, the next',
    updates: tuesdays,
    now: '2026-11-24T23:00:00Z',
    opens: '2026-12-01T22:00:00.000Z',
  },
  {
    says: 'by the wall clock in winter',
    updates: nights,
    now: '2026-11-23T12:00:00Z',
    opens: '2026-11-24T01:30:00.000Z',
  },
  {
    says: 'by the wall clock in summer',
    updates: nights,
    now: '2026-07-01T12:00:00Z',
    opens: '2026-07-02T00:30:00.000Z',
  },
  {
    says: 'over midnight',
    updates: { ...tuesdays, schedule: '30 23 * * *' },
    now: '2026-11-24T00:10:00Z',
    opens: '2026-11-23T23:30:00.000Z',
  },
  {
    says: 'on a leap day',
    updates: { ...tuesdays, schedule: '0 4 29 2 *' },
    now: '2026-11-23T12:00:00Z',
    opens: '2028-02-29T04:00:00.000Z',
  },
  {
    says: 'over the end of a year',
    updates: { ...tuesdays, schedule: '0 4 1 1 *' },
    now: '2026-12-31T23:00:00Z',
    opens: '2027-01-01T04:00:00.000Z',
  },
  { says: 'never', updates: { ...tuesdays, schedule: '0 4 31 2 *' }, now: '2026-11-23T12:00:00Z', opens: undefined },
  {
    says: 'windows that overlap: the newer',
    updates: { ...tuesdays, schedule: '0 * * * *', window: '90m' },
    now: '2026-11-24T12:10:00Z',
    opens: '2026-11-24T12:00:00.000Z',
    closes: '2026-11-24T13:30:00.000Z',
  },
];

for (const { says, updates, now, opens, closes } of cases) {
  test(`window: ${says}`, () => {
    const found = windowAt(updates, new Date(now));
    assert.equal(found?.opens, opens);
    if (closes !== undefined) assert.equal(found?.closes, closes);
    if (found) assert.equal(isOpen(found, new Date(now)), found.opens <= new Date(now).toISOString());
  });
}

test('where a summer begins the hour that there isn’t has its window once, and where it ends the hour that comes twice has one', () => {
  for (const [day, from, to] of [
    ['the summer begins', '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z'],
    ['the summer ends', '2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z'],
  ] as const) {
    const found = new Set<string>();
    for (let at = Date.parse(from); at < Date.parse(to); at += 60_000) {
      const window = windowAt(nights, new Date(at));
      if (window && window.opens < new Date(to).toISOString()) found.add(window.opens);
    }
    assert.equal(found.size, 1, `${day}: ${[...found].join(', ')}`);
  }
});

test('a clock that was set back finds the same window, of the same moment', () => {
  const before = windowAt(tuesdays, new Date('2026-11-24T22:50:00Z'));
  const after = windowAt(tuesdays, new Date('2026-11-24T22:05:00Z'));
  assert.deepEqual(before, after);
});

test('what was measured decides what fits', () => {
  const backups = [{ name: '20261123T001148', time: '2026-11-23T00:21:48Z', size: '1Gi', firstWal: '', lastWal: '' }];
  assert.equal(backupMs({ status: { backups } } as unknown as PostgresArchive), 600_000);
  assert.equal(backupMs(undefined), 60_000);
  const server = serverWith({ startedAt: '2026-11-23T00:00:00Z', completedAt: '2026-11-23T00:00:10Z' });
  assert.equal(restartMs(server), 40_000);
  const now = new Date('2026-11-24T22:00:00Z');
  assert.equal(fitsIn('2026-11-24T22:15:00Z', now, 600_000), true);
  assert.equal(fitsIn('2026-11-24T22:14:59Z', now, 600_000), false);
});

function serverWith(
  restart: { startedAt: string; completedAt: string } | undefined,
  reason = 'Available',
): PostgresServer {
  const ready = { type: 'Ready', status: 'True' as const, reason, lastTransitionTime: '2026-01-01T00:00:00Z' };
  const lastRestart = restart && { ...restart, downtime: '10.00s', result: 'Succeeded' as const };
  return {
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresServer',
    metadata: { name: 'one' },
    spec: SPEC,
    status: { conditions: [ready], ...(lastRestart ? { lastRestart } : {}) },
  };
}

function change(
  name: string,
  spec: Partial<PostgresChange['spec']>,
  status?: PostgresChange['status'],
): PostgresChange {
  return {
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresChange',
    metadata: { name, creationTimestamp: '2026-11-24T22:00:00Z' },
    spec: { server: 'one', operation: 'Restart', ...spec },
    ...(status ? { status } : {}),
  };
}

const running = { phase: 'Running' as const };
const maintenance = { operation: 'Maintenance' as const, until: '2026-11-24T23:00:00.000Z' };

const turns: { says: string; input: Partial<TurnInput>; turn: string }[] = [
  { says: 'nobody is ahead', input: {}, turn: 'begin' },
  {
    says: 'another is under way',
    input: { all: [change('a', {}, running)] },
    turn: 'refused Failed Restart of this instance is under way',
  },
  {
    says: 'another was first',
    input: { all: [change('a', {})] },
    turn: 'refused Failed Restart of this instance is in line',
  },
  { says: 'another came later', input: { all: [change('z', {})] }, turn: 'begin' },
  {
    says: 'one that waits already is ahead of one that nobody has looked at',
    input: { all: [change('z', {}, { phase: 'Pending' })] },
    turn: 'refused Failed Restart of this instance is in line',
  },
  { says: 'one of another server', input: { all: [change('a', { server: 'two' }, running)] }, turn: 'begin' },
  { says: 'its own', input: { all: [change('m', {}, running)] }, turn: 'begin' },
  { says: 'a window that waits gives way', input: { all: [change('a', maintenance)] }, turn: 'begin' },
  {
    says: 'a window waits for its owner’s word',
    input: { change: change('m', maintenance), all: [change('a', {}, running)] },
    turn: 'wait It waits for Restart',
  },
  {
    says: 'two windows at once are enough',
    input: {
      change: change('m', maintenance),
      all: [
        change('a', { ...maintenance, server: 'two' }, running),
        change('b', { ...maintenance, server: 'three' }, running),
      ],
    },
    turn: 'wait It waits for its turn',
  },
  {
    says: 'a window that closed is past',
    input: { change: change('m', maintenance), now: '2026-11-24T23:00:00.000Z' },
    turn: 'refused Skipped The window closed',
  },
  { says: 'a freeze', input: { hold: { reason: 'Christmas' } }, turn: 'wait It waits: Christmas' },
  {
    says: 'a vacuum disturbs nobody in a freeze',
    input: { change: change('m', { operation: 'Vacuum' }), hold: { reason: 'Christmas' } },
    turn: 'begin',
  },
  {
    says: 'a restore',
    input: { server: serverWith(undefined, 'Restoring') },
    turn: 'refused Failed The instance is being restored',
  },
];

for (const { says, input, turn } of turns) {
  test(`turn: ${says}`, () => {
    const found = turnOf({
      change: change('m', {}),
      server: serverWith(undefined),
      all: [],
      hold: undefined,
      now: '2026-11-24T22:10:00.000Z',
      ...input,
    });
    const words = [found.kind, 'phase' in found ? found.phase : '', 'message' in found ? found.message : ''];
    assert.ok(words.filter(Boolean).join(' ').startsWith(turn), words.join(' '));
  });
}
