/** What an alert refers to is there: its metrics in the table of metrics, its runbook in the documentation. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { alerts, findMetric, gates, metricNames } from '@larder/catalog';

const folder = new URL('../../../../docs/runbooks/', import.meta.url);
const files = readdirSync(folder).filter(file => file !== 'README.md');

test('each alert has its runbook, and there is none without an alert', () => {
  assert.deepEqual(files.sort(), [...new Set(alerts.map(({ runbook }) => runbook))].sort());
});

for (const file of files) {
  test(`${file} names its alerts and says what it means, how to see why, and what to do`, () => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    for (const { name } of alerts.filter(({ runbook }) => runbook === file))
      assert.ok(text.includes(`\`${name}\``), name);
    const headings = text.match(/^## .*$/gm);
    assert.deepEqual(headings, ['## What it means', '## Why', '## What to do'], file);
    assert.ok(text.split('\n').length > 15, 'it is worth reading');
    assert.doesNotMatch(text, /TODO|TBD/);
  });
}

test('the list of runbooks names each alert with its severity', () => {
  const list = readFileSync(new URL('README.md', folder), 'utf8');
  for (const { name, severity, runbook } of alerts) {
    const row = list.split('\n').find(line => line.includes(`\`${name}\``));
    assert.ok(row?.includes(severity) && row.includes(`(${runbook})`), `${name} in docs/runbooks/README.md: ${row}`);
  }
});

test('each metric that an alert looks at is in the table of metrics, with its labels', () => {
  const used = alerts.flatMap(({ condition }) => condition.flatMap(({ value }) => metricNames(value)));
  const all = [...used, ...Object.values(gates).map(({ metric }) => ({ name: metric, labels: [] as string[] }))];
  for (const { name, labels } of all) {
    const found = findMetric(name);
    assert.ok(found, `nobody measures ${name}`);
    for (const label of labels) assert.ok(found.labels.includes(label), `${name} has no label ${label}`);
  }
});
