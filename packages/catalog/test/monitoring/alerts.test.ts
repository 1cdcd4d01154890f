/** Each alert fires when it must and is quiet otherwise, as the local plane reckons it. `promtool.test.ts` asks Prometheus the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertText, alerts, evaluateAlerts, type ActiveAlert, type Evaluation, type Sample } from '@larder/catalog';
import { inMaintenance, samplesOf, situations, well, type Series } from './situations.ts';

const at = 7200;
const one = { namespace: 'my-app', claim: 'postgres1' };

/** What is firing after the situation has lasted two hours, looked at every minute. */
function afterTwoHours(...series: Series[]): string[] {
  return firing(lasting(samplesOf(well, ...series), { from: 0, to: at }).active);
}

function lasting(samples: Sample[], { from, to }: { from: number; to: number }, first: ActiveAlert[] = []): Evaluation {
  let last: Evaluation = { active: first, fired: [], resolved: [] };
  for (let time = from; time <= to; time += 60) {
    last = evaluateAlerts({ samples, at: time, before: { active: last.active, at: time - 60 } });
  }
  return last;
}

function firing(active: readonly ActiveAlert[]): string[] {
  return active.filter(({ firingSince }) => firingSince !== undefined).map(({ name }) => name);
}

test('each alert has a situation here, and its name once', () => {
  assert.deepEqual(Object.keys(situations).sort(), alerts.map(({ name }) => name).sort());
});

test('nothing fires for an instance that is well', () => assert.deepEqual(afterTwoHours(), []));

for (const [name, { fires, tells, also = [], quiet }] of Object.entries(situations)) {
  const alert = alerts.find(each => each.name === name);
  test(`${name} fires when it must, and tells "${tells}"`, () => {
    assert.ok(alert);
    const { active } = lasting(samplesOf(well, fires), { from: 0, to: at });
    assert.deepEqual(firing(active).sort(), [name, ...also].sort());
    const text = alertText(
      active.find(each => each.name === name)!,
      one,
    )!;
    assert.match(text.summary, /my-app\/postgres1/);
    assert.ok(text.summary.includes(tells), text.summary);
    assert.doesNotMatch(text.summary, /[{}]|undefined|NaN/);
  });

  test(`${name} waits for its time`, () => {
    const before = lasting(samplesOf(well, fires), { from: 0, to: alert!.forSeconds - 60 });
    assert.ok(!firing(before.active).includes(name));
    const samples = samplesOf(well, fires);
    const then = evaluateAlerts({ samples, at: alert!.forSeconds, before: { ...before, at: alert!.forSeconds - 60 } });
    assert.ok(then.fired.some(each => each.name === name));
  });

  test(`${name} is quiet when it is not so, and where no alerts are wanted`, () => {
    for (const near of quiet) assert.deepEqual(afterTwoHours(near), [], JSON.stringify(near));
    assert.deepEqual(afterTwoHours(fires, { larder_instance_alerts_enabled: 0 }), []);
    assert.deepEqual(afterTwoHours(fires, { larder_instance_alerts_enabled: [] }), []);
  });
}

test('nothing fires during the own maintenance of an instance, and what fired is over', () => {
  assert.deepEqual(afterTwoHours(inMaintenance), []);
  const down = lasting(samplesOf(well, { pg_up: 0 }), { from: 0, to: 600 });
  assert.deepEqual(firing(down.active), ['PostgreSQLDown']);
  const then = lasting(samplesOf(well, inMaintenance), { from: 660, to: 660 }, down.active);
  assert.deepEqual(
    then.resolved.map(({ name }) => name),
    ['PostgreSQLDown'],
  );
});

test('what maintenance does not explain is told in maintenance too', () => {
  for (const { name, quietInMaintenance } of alerts.filter(each => !each.quietInMaintenance)) {
    assert.equal(quietInMaintenance, false);
    assert.ok(afterTwoHours(situations[name]!.fires, { larder_maintenance_active: 1 }).includes(name), name);
  }
});

test('an alert fires once and is over once', () => {
  const samples = samplesOf(well, { pg_up: 0 });
  const heard: string[] = [];
  let last: Evaluation = { active: [], fired: [], resolved: [] };
  for (let time = 0; time <= 1200; time += 60) {
    const up = time >= 900 ? samplesOf(well) : samples;
    last = evaluateAlerts({ samples: up, at: time, before: { active: last.active, at: time - 60 } });
    heard.push(...last.fired.map(({ name }) => `${name} fired at ${time}`));
    heard.push(...last.resolved.map(({ name }) => `${name} resolved at ${time}`));
  }
  assert.deepEqual(heard, ['PostgreSQLDown fired at 60', 'PostgreSQLDown resolved at 900']);
});

test('time in which nobody looked does not count as time in which it was so; what fires goes on', () => {
  const samples = samplesOf(well, { pg_up: 0 });
  const pending = evaluateAlerts({ samples, at: 0, before: { active: [], at: 0 } });
  const later = evaluateAlerts({ samples, at: 4000, before: { active: pending.active, at: 0 } });
  assert.deepEqual(firing(later.active), []);
  const fires = lasting(samples, { from: 0, to: 600 });
  const still = evaluateAlerts({ samples, at: 9000, before: { active: fires.active, at: 600 } });
  assert.deepEqual([firing(still.active), still.fired, still.resolved], [['PostgreSQLDown'], [], []]);
});

test('every alert says what happened, why, and what to do, in whole sentences', () => {
  for (const { name, summary, cause, remedy, severity } of alerts) {
    assert.match(name, /^PostgreSQL[A-Z][A-Za-z]+$/);
    assert.match(summary, /\{namespace\}\/\{claim\}/, name);
    for (const text of [summary, cause, remedy]) assert.match(text, /^[A-Z{].*\.$/s, `${name}: ${text}`);
    assert.ok(['critical', 'warning', 'info'].includes(severity));
  }
});
