import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedSettings, gibibyte, refusedSettings } from './settings-cases.ts';
import { factsOf, majorsWithFacts } from '../src/postgresql/facts/facts.ts';
import { checkSettings } from '../src/postgresql/settings/check.ts';
import { reservedReason } from '../src/postgresql/settings/reserved.ts';
import { textRemedy } from '../src/postgresql/settings/texts.ts';

const size = gibibyte;

for (const [name, value] of acceptedSettings) {
  test(`accepted: ${name} = ${value}`, () => {
    const { settings, refusals } = checkSettings({ [name]: value }, 17, size);
    assert.deepEqual(refusals, []);
    assert.deepEqual(Object.values(settings), [value]);
  });
}

for (const [name, value, because] of refusedSettings) {
  test(`refused: ${name} = ${value}`, () => {
    const { settings, refusals } = checkSettings({ [name]: value }, 17, size);
    assert.equal(refusals.length, 1, JSON.stringify(settings));
    assert.equal(refusals[0]?.field, `settings.${name}`);
    assert.equal(refusals[0]?.value, value);
    assert.match(refusals[0]?.because ?? '', because);
  });
}

test('names are spelled in any case, as PostgreSQL has it, but once', () => {
  assert.deepEqual(checkSettings({ timezone: 'UTC' }, 17, size).settings, { TimeZone: 'UTC' });
  const twice = checkSettings({ TimeZone: 'UTC', timezone: 'UTC' }, 17, size).refusals;
  assert.match(twice[0]?.because ?? '', /given twice/);
});

test('a setting of another major says so', () => {
  const [refusal] = checkSettings({ io_workers: '4' }, 17, size).refusals;
  assert.match(refusal?.because ?? '', /is a setting of PostgreSQL 18, not of 17/);
  assert.deepEqual(checkSettings({ io_workers: '4' }, 18, size).refusals, []);
});

test('settings of a library need the library', () => {
  const alone = { 'auto_explain.log_min_duration': '1s' };
  assert.match(
    checkSettings(alone, 17, size).refusals[0]?.because ?? '',
    /add auto_explain to settings\.shared_preload_libraries/,
  );
  assert.deepEqual(checkSettings({ ...alone, shared_preload_libraries: 'auto_explain' }, 17, size).refusals, []);
});

test('what fits alone may not fit together', () => {
  const together = { shared_buffers: '700MB', max_connections: '512', max_locks_per_transaction: '4096' };
  const { refusals } = checkSettings(together, 17, size);
  assert.deepEqual(
    refusals.map(({ field }) => field),
    ['settings.shared_buffers'],
  );
  assert.match(refusals[0]?.because ?? '', /of shared memory, and the instance has 1024MB/);
});

test('amounts are bytes where they measure memory', () => {
  const { amounts } = checkSettings({ shared_buffers: '16384', work_mem: '4MB', statement_timeout: '2min' }, 17, size);
  assert.deepEqual(amounts, { shared_buffers: 128 * 1024 ** 2, work_mem: 4 * 1024 ** 2, statement_timeout: 120_000 });
});

test('every text setting is either reserved or has a shape: none slips through', () => {
  for (const major of majorsWithFacts) {
    for (const [name, { type }] of Object.entries(factsOf(major).settings)) {
      if (type !== 'string' || reservedReason(name) !== undefined) continue;
      assert.doesNotMatch(textRemedy(name, '\u0000') ?? '', /leave it out/, `${name} of PostgreSQL ${major}`);
    }
  }
});
