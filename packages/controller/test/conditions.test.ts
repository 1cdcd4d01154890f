import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineLogger, mapToOwner, refOfKey, setCondition } from '../src/index.ts';
import { thing } from './memory-client.ts';

const early = new Date('2026-01-01T00:00:00.900Z');
const late = new Date('2026-01-02T00:00:00Z');

test('setCondition', async t => {
  const ready = { type: 'Ready', status: 'True', reason: 'Available' } as const;
  const synced = { type: 'Synced', status: 'True', reason: 'ReconcileSuccess' } as const;
  const before = setCondition(setCondition([], synced, early), ready, early);

  await t.test('adds at the end, with the time to the second', () => {
    assert.deepEqual(
      before.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
      [
        ['Synced', '2026-01-01T00:00:00Z'],
        ['Ready', '2026-01-01T00:00:00Z'],
      ],
    );
  });
  await t.test('keeps the time while the status stays, whatever else changes', () => {
    const after = setCondition(before, { ...synced, message: 'new' }, late);
    assert.deepEqual(after[0], { ...synced, message: 'new', lastTransitionTime: '2026-01-01T00:00:00Z' });
    assert.equal(after[1], before[1]);
  });
  await t.test('takes the new time when the status changes, in the old place', () => {
    const after = setCondition(before, { ...synced, status: 'False', reason: 'ReconcileError' }, late);
    assert.deepEqual(
      after.map(each => each.type),
      ['Synced', 'Ready'],
    );
    assert.equal(after[0]?.lastTransitionTime, '2026-01-02T00:00:00Z');
  });
  await t.test('leaves the given list alone', () => assert.equal(before[0]?.status, 'True'));
});

test('refOfKey is the way back of keyOf', () => {
  const kind = { apiVersion: 'v1', kind: 'Secret' };
  assert.deepEqual(refOfKey(kind, 'a/b'), { ...kind, namespace: 'a', name: 'b' });
  assert.deepEqual(refOfKey(kind, 'b'), { ...kind, name: 'b' });
});

test('mapToOwner follows the controller only, in any version of its group', () => {
  const owner = { apiVersion: 'x.dev/v2', kind: 'Owner', name: 'o', uid: '1' };
  const map = mapToOwner({ apiVersion: 'x.dev/v1', kind: 'Owner' }, { namespaced: true });
  const owned = (reference: object): string[] =>
    map(thing('a', { metadata: { name: 'a', namespace: 'n', ownerReferences: [{ ...owner, ...reference }] } }));
  assert.deepEqual(owned({ controller: true }), ['n/o']);
  assert.deepEqual(owned({ controller: false }), []);
  assert.deepEqual(owned({ controller: true, apiVersion: 'y.dev/v1' }), []);
  assert.deepEqual(owned({ controller: true, kind: 'Other' }), []);
});

test('a log record is one line, whatever is in it', () => {
  const lines: string[] = [];
  const log = lineLogger({ write: line => lines.push(line), now: () => early }).with({ controller: 'x' });
  log.info('two\nlines \u001b[31m', { key: 'a/b', text: 'with "quotes"\nand a break', missing: undefined });
  log.debug('not at this level');
  assert.deepEqual(lines, [
    '2026-01-01T00:00:00.900Z info  two lines  [31m controller=x key=a/b text="with \\"quotes\\"\\nand a break"\n',
  ]);
});
