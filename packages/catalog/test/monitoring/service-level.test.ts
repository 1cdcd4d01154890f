import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  availability,
  budgetLeft,
  budgetSeconds,
  burnRate,
  outagesOf,
  overlapSeconds,
  spanOf,
  withMaintenance,
  type Minute,
} from '@larder/catalog';

const up: Minute = { up: 60, down: 0, maintenance: 0 };
const down: Minute = { up: 0, down: 60, maintenance: 0 };
const maintained: Minute = { up: 0, down: 0, maintenance: 60 };

test('time that nobody measured is neither up nor down', () => {
  const span = spanOf([up, undefined, down, undefined], 240);
  assert.deepEqual(span, { up: 60, down: 60, maintenance: 0, unmeasured: 120 });
  assert.equal(availability(span), 0.5);
  assert.equal(availability(spanOf([undefined], 60)), undefined);
});

test('maintenance is taken out', () => {
  const span = spanOf([up, maintained, maintained], 180);
  assert.deepEqual([availability(span), span.unmeasured], [1, 0]);
});

test('the budget of 99.9 % over 30 days is 43 minutes and 12 seconds', () => {
  assert.equal(Math.round(budgetSeconds), 2592);
  assert.equal(budgetLeft({ ...down, down: 0 }), 1);
  assert.ok(Math.abs(budgetLeft({ up: 0, down: 1296, maintenance: 0 }) - 0.5) < 1e-9);
  assert.ok(budgetLeft({ up: 0, down: 5184, maintenance: 0 }) < -0.99);
});

const rates: { name: string; minutes: (Minute | undefined)[]; want: number | undefined }[] = [
  { name: 'all up', minutes: Array<Minute>(60).fill(up), want: 0 },
  { name: 'a thousandth down burns at one', minutes: [{ up: 3596.4, down: 3.6, maintenance: 0 }], want: 1 },
  { name: 'all down', minutes: Array<Minute>(60).fill(down), want: 1000 },
  { name: 'too little measured', minutes: Array<Minute>(14).fill(down), want: undefined },
  { name: 'a quarter measured', minutes: Array<Minute>(15).fill(down), want: 1000 },
  {
    name: 'measured, but for maintenance',
    minutes: [...Array<Minute>(50).fill(maintained), ...Array<Minute>(5).fill(up)],
    want: 0,
  },
  { name: 'nothing but maintenance', minutes: Array<Minute>(60).fill(maintained), want: undefined },
];
for (const { name, minutes, want } of rates) {
  test(`burn rate over an hour: ${name}`, () => {
    const rate = burnRate(spanOf(minutes, 3600), '1h');
    assert.equal(rate === undefined ? undefined : Number(rate.toFixed(6)), want);
  });
}

test('maintenance that is heard of later takes downs out first, and once', () => {
  const cases: [Minute, number, Minute][] = [
    [{ up: 40, down: 20, maintenance: 0 }, 15, { up: 40, down: 5, maintenance: 15 }],
    [{ up: 40, down: 20, maintenance: 0 }, 30, { up: 30, down: 0, maintenance: 30 }],
    [{ up: 10, down: 0, maintenance: 0 }, 60, { up: 0, down: 0, maintenance: 60 }],
    [{ up: 50, down: 0, maintenance: 10 }, 10, { up: 50, down: 0, maintenance: 10 }],
    [up, 0, up],
  ];
  for (const [minute, seconds, want] of cases) {
    const once = withMaintenance(minute, seconds);
    assert.deepEqual(once, want);
    assert.deepEqual(withMaintenance(once, seconds), want, 'it may run twice');
    assert.ok(once.up + once.down + once.maintenance <= 60);
  }
});

test('overlap of a minute with maintenance', () => {
  assert.equal(overlapSeconds(120, [{ from: 100, to: 150 }]), 30);
  assert.equal(overlapSeconds(120, [{ from: 0, to: 900 }]), 60);
  assert.equal(overlapSeconds(120, [{ from: 180, to: 900 }]), 0);
  assert.equal(
    overlapSeconds(120, [
      { from: 120, to: 130 },
      { from: 170, to: 999 },
    ]),
    20,
  );
});

test('runs of maintenance that overlap are not counted twice', () => {
  const runs = [
    { from: 130, to: 140 },
    { from: 125, to: 135 },
    { from: 131, to: 133 },
  ];
  assert.equal(overlapSeconds(120, runs), 15);
});

test('minutes with downs that follow each other are one outage', () => {
  const some: Minute = { up: 50, down: 10, maintenance: 0 };
  assert.deepEqual(outagesOf([up, some, down, up, undefined, some], 600), [
    { from: 660, to: 780, down: 70 },
    { from: 900, to: 960, down: 10 },
  ]);
  assert.deepEqual(outagesOf([], 0), []);
});
