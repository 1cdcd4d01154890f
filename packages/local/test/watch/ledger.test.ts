/** The service level's record: it has its size for ever, survives being killed, and tells nothing that nobody measured. */
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, rmSync, statSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Minute } from '@larder/catalog';
import { Ledger } from '../../src/monitor/service-level/ledger.ts';
import { LevelRecord, readRecord, RECORD_MINUTES } from '../../src/monitor/service-level/record.ts';
import { percentText, serviceLevelStatus } from '../../src/monitor/service-level/told.ts';

const folder = mkdtempSync(join(tmpdir(), 'larder-ledger-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let next = 0;
const newPath = (): string => join(folder, `${(next += 1)}`, 'one.ring');

/** A moment at the beginning of a minute. */
const T = 1_790_000_040;
const up: Minute = { up: 60, down: 0, maintenance: 0 };

function counted(ledger: Ledger, from: number, seconds: number, state: keyof Minute): void {
  for (let second = 0; second < seconds; second += 1) ledger.count(from + second, state);
}

test('minutes are read back, those that nobody wrote are not known, and the file has its size for ever', () => {
  const path = newPath();
  assert.deepEqual(readRecord(path, 5, 7), [undefined, undefined], 'nothing is there yet');
  const record = new LevelRecord(path);
  const at = T / 60;
  record.write(at, up);
  record.write(at + 2, { up: 1, down: 2, maintenance: 3 });
  assert.deepEqual(readRecord(path, at, at + 3), [up, undefined, { up: 1, down: 2, maintenance: 3 }]);
  record.write(at + RECORD_MINUTES, { up: 0, down: 60, maintenance: 0 });
  assert.deepEqual(record.read(at, at + 1), [undefined], 'its place has been taken by a later one');
  for (let more = 0; more < RECORD_MINUTES; more += 997) record.write(at + more, up);
  assert.ok(statSync(path).size <= RECORD_MINUTES * 8);
  record.close();
});

test('what is damaged is not measured, and no second of it more than there was', () => {
  const path = newPath();
  const record = new LevelRecord(path);
  const at = T / 60;
  record.write(at, up);
  record.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([61]), 0, 1, (at % RECORD_MINUTES) * 8 + 5);
  closeSync(file);
  assert.deepEqual(readRecord(path, at, at + 1), [undefined]);
});

test('seconds become minutes, and what was not counted after the first is neither up nor down', () => {
  const ledger = new Ledger(new LevelRecord(newPath()), T);
  counted(ledger, T, 30, 'up');
  counted(ledger, T + 30, 10, 'down');
  counted(ledger, T + 60, 60, 'up');
  counted(ledger, T + 120, 60, 'maintenance');
  const { span, availability, since } = ledger.level(T + 240);
  assert.deepEqual(span, { up: 90, down: 10, maintenance: 60, unmeasured: 60 });
  assert.deepEqual([availability, since], [0.9, T / 60]);
  ledger.close();
});

test('one that is killed loses what it had not written, and no more', () => {
  const path = newPath();
  const killed = new Ledger(new LevelRecord(path), T);
  counted(killed, T, 60, 'up');
  counted(killed, T + 60, 20, 'down');
  killed.save();
  counted(killed, T + 80, 40, 'up');
  // Nothing is closed, nothing said: the next one has the file only.
  const after = new Ledger(new LevelRecord(path), T + 180);
  counted(after, T + 180, 60, 'up');
  const { span } = after.level(T + 240);
  assert.deepEqual(span, { up: 120, down: 20, maintenance: 0, unmeasured: 100 });
  after.close();
});

test('the clock may jump: no minute has more than sixty seconds, and what is older than the window is gone', () => {
  const ledger = new Ledger(new LevelRecord(newPath()), T);
  counted(ledger, T, 60, 'up');
  counted(ledger, T, 60, 'down');
  assert.deepEqual(ledger.level(T + 60).span, { up: 60, down: 0, maintenance: 0, unmeasured: 0 });
  const later = T + 40 * 86_400;
  counted(ledger, later, 60, 'up');
  assert.deepEqual(ledger.level(later + 60).span, { up: 60, down: 0, maintenance: 0, unmeasured: 0 });
  counted(ledger, T, 60, 'down');
  assert.equal(ledger.level(later + 120).span.down, 0, 'that long ago is nobody’s business any more');
  ledger.close();
});

test('maintenance that is heard of when it is over is taken out, once', () => {
  const ledger = new Ledger(new LevelRecord(newPath()), T);
  counted(ledger, T, 60, 'up');
  counted(ledger, T + 60, 30, 'up');
  counted(ledger, T + 90, 30, 'down');
  for (let again = 0; again < 3; again += 1) ledger.takeOut([{ from: T + 85, to: T + 125 }]);
  const { span, availability } = ledger.level(T + 120);
  assert.deepEqual(span, { up: 85, down: 0, maintenance: 35, unmeasured: 0 });
  assert.equal(availability, 1);
  ledger.close();
});

test('burn rates are told for windows of which enough was measured', () => {
  const ledger = new Ledger(new LevelRecord(newPath()), T);
  counted(ledger, T, 270, 'up');
  counted(ledger, T + 270, 30, 'down');
  const { burnRates } = ledger.level(T + 300);
  assert.deepEqual(Object.keys(burnRates), ['5m']);
  assert.ok(Math.abs((burnRates['5m'] ?? 0) - 100) < 1e-6);
  ledger.close();
});

test('on the claim nothing looks better than it is', () => {
  assert.deepEqual([1, 0.99999, 0.999999999, 0.999, 0.5, 0].map(percentText), [
    '100%',
    '99.999%',
    '99.999%',
    '99.9%',
    '50%',
    '0%',
  ]);
  const ledger = new Ledger(new LevelRecord(newPath()), T);
  assert.equal(serviceLevelStatus(ledger.level(T)), undefined, 'nothing was measured');
  counted(ledger, T, 60, 'up');
  counted(ledger, T + 60, 60, 'down');
  assert.deepEqual(serviceLevelStatus(ledger.level(T + 240)), {
    ...{ objective: '99.9%', window: '30d', availability: '50%', downtime: '1m', errorBudgetLeft: '97%' },
    measured: '50%',
  });
  ledger.close();
});
