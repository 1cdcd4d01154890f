/**
 * Prometheus' own promtool reads the rules and says when they fire: in the same situations as our own evaluation. Where it is installed:
 * `hack/tools/install.sh promtool`.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { alertGroup, alerts, ruleFileText } from '@larder/catalog';
import { inMaintenance, situations, well, type Series } from './situations.ts';
import { clusterRules } from './cluster-rules.ts';

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const promtool = join(process.env.LARDER_TOOLS ?? join(cache, 'larder/tools'), 'bin/promtool');
const skip = existsSync(promtool) ? false : 'not run: no promtool; hack/tools/install.sh promtool builds it';
/** Two hours of so many instances take Prometheus two minutes on a busy machine. */
const slow = skip || (process.env.LARDER_FULL ? false : 'not run: it takes a minute; LARDER_FULL=1 runs it');
const folder = mkdtempSync(join(tmpdir(), 'larder-promtool-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const one = { namespace: 'my-app', claim: 'postgres1' };
/** How long each situation lasts, in minutes: longer than any alert waits. */
const LASTS = 120;

function run(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(promtool, args, { cwd: folder, timeout: 300_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${stdout}${stderr}`.slice(0, 8000)));
      else resolve(stdout);
    });
  });
}

function written(name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** The series of an instance as promtool writes them: from the first minute as they are. */
function inputSeries(series: Series, of = one): { series: string; values: string }[] {
  return Object.entries(series).flatMap(([name, value]) => {
    const each = typeof value === 'number' ? [{ labels: {}, value }] : value;
    return each.map(({ labels, value: number }) => {
      const all = { ...of, instance: `${of.namespace}/${of.claim}`, ...labels };
      const text = Object.entries(all).map(([label, content]) => `${label}=${JSON.stringify(content)}`);
      return { series: `${name}{${text.join(',')}}`, values: `${number}+0x${LASTS}` };
    });
  });
}

/** What fires at a minute, and nothing else. */
function firing(minute: number, names: readonly string[], of = one): object {
  return {
    expr: 'count by (alertname, namespace, claim) (ALERTS{alertstate="firing"})',
    eval_time: `${minute}m`,
    exp_samples: names.map(alertname => ({
      labels: `{alertname="${alertname}", namespace="${of.namespace}", claim="${of.claim}"}`,
      value: 1,
    })),
  };
}

function situation(name: string, series: Series, tests: object[]): object {
  return { name, interval: '1m', input_series: inputSeries(series), promql_expr_test: tests };
}

test('promtool reads the rule file, and finds nothing to complain of', { skip }, async () => {
  const file = written('rules.yaml', ruleFileText([alertGroup()]));
  const output = await run('check', 'rules', '--lint=all', '--lint-fatal', file);
  assert.match(output, new RegExp(`SUCCESS: ${alerts.length} rules found`));
});

test(
  'each alert fires when it must, after its time, and is quiet otherwise, as Prometheus reckons it',
  { skip: slow },
  async () => {
    written('rules.yaml', ruleFileText([alertGroup()]));
    const quiet = firing(LASTS, []);
    const tests = Object.entries(situations).flatMap(([name, { fires, also = [], quiet: near }]) => {
      const waits = (alerts.find(each => each.name === name)?.forSeconds ?? 0) / 60;
      const early = waits > also.length ? [firing(waits - 1, [])] : [];
      return [
        situation(`${name} fires`, { ...well, ...fires }, [...early, firing(LASTS, [name, ...also])]),
        ...near.map((series, index) => situation(`${name} is quiet, ${index}`, { ...well, ...series }, [quiet])),
        situation(`${name} without alerts`, { ...well, ...fires, larder_instance_alerts_enabled: 0 }, [quiet]),
      ];
    });
    const file = written('fires.test.yaml', { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests });
    await run('test', 'rules', file);
  },
);

test('all are quiet during the own maintenance of an instance, and while another is down', { skip: slow }, async () => {
  written('rules.yaml', ruleFileText([alertGroup()]));
  const minutes = [1, 2, 5, 6, 30, 61, LASTS];
  const other = { namespace: 'my-app', claim: 'other' };
  const tests = [
    situation(
      'well',
      well,
      minutes.map(minute => firing(minute, [])),
    ),
    situation(
      'maintenance',
      { ...well, ...inMaintenance },
      minutes.map(minute => firing(minute, [])),
    ),
    {
      name: 'another in maintenance does not quieten this one',
      interval: '1m',
      input_series: [...inputSeries({ ...well, pg_up: 0 }), ...inputSeries({ ...well, ...inMaintenance }, other)],
      promql_expr_test: [firing(5, ['PostgreSQLDown'])],
    },
    {
      name: 'a restart of a few minutes, with its maintenance',
      interval: '1m',
      input_series: [
        ...inputSeries({ ...well, pg_up: [], larder_maintenance_active: [] }),
        { series: 'pg_up{namespace="my-app",claim="postgres1"}', values: '1x9 0x5 1x100' },
        { series: 'larder_maintenance_active{namespace="my-app",claim="postgres1"}', values: '0x8 1x7 0x100' },
      ],
      promql_expr_test: Array.from({ length: 30 }, (_, minute) => firing(minute, [])),
    },
  ];
  const file = written('quiet.test.yaml', { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests });
  await run('test', 'rules', file);
});

test('what people are told is whole: values are written for them', { skip: slow }, async () => {
  written('rules.yaml', ruleFileText([alertGroup()]));
  const told: [name: string, summary: string][] = [
    ['PostgreSQLDown', 'PostgreSQL of my-app/postgres1 does not answer.'],
    ['PostgreSQLStorageNearlyFull', 'my-app/postgres1 has used 90% of its storage; at 95% it becomes read-only.'],
    ['PostgreSQLReplicationLag', 'Who replicates from my-app/postgres1 is 5m 1s behind.'],
  ];
  const tests = told.map(([name, summary]) => {
    const { severity, cause, remedy, runbook } = alerts.find(alert => alert.name === name)!;
    const description = `${cause} ${remedy}`;
    const exp_annotations = { summary, cause, remedy, description, runbook_url: `docs/runbooks/${runbook}` };
    return {
      interval: '1m',
      input_series: inputSeries({ ...well, ...situations[name]!.fires }),
      alert_rule_test: [
        { eval_time: '90m', alertname: name, exp_alerts: [{ exp_labels: { severity, ...one }, exp_annotations }] },
      ],
    };
  });
  const file = written('told.test.yaml', { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests });
  await run('test', 'rules', file);
});

test(
  'rules that are composed on a cluster fire for their own instance, from the metrics of CloudNativePG',
  { skip: slow },
  async () => {
    const { groups, namespace } = clusterRules();
    written('cluster.yaml', ruleFileText(groups));
    const pod = `namespace="${namespace}",pod="postgres1-abcde-1",cluster="postgres1-abcde"`;
    const cnpg = (up: string, clients: number): { series: string; values: string }[] => [
      { series: `cnpg_collector_up{${pod}}`, values: up },
      { series: `cnpg_backends_total{${pod},datname="app",state="idle"}`, values: `${clients}x120` },
      { series: `cnpg_pg_settings_setting{${pod},name="max_connections"}`, values: '100x120' },
      { series: `cnpg_pg_settings_setting{${pod},name="superuser_reserved_connections"}`, values: '3x120' },
      { series: `cnpg_pg_database_xid_age{${pod},datname="app"}`, values: '1000x120' },
      { series: `cnpg_backends_max_tx_duration_seconds{${pod},datname="app"}`, values: '3x120' },
    ];
    const of = (name: string, input_series: object[], tests: object[]): object => ({
      name,
      interval: '1m',
      input_series,
      promql_expr_test: tests,
    });
    const tests = [
      of('well', cnpg('1x120', 5), [firing(100, [])]),
      of('down', cnpg('1x10 0x100', 5), [firing(9, []), firing(15, ['PostgreSQLDown'])]),
      of('gone', cnpg('1x10 stale', 5), [firing(9, []), firing(30, ['PostgreSQLDown'])]),
      of('never measured', [], [firing(100, [])]),
      of('connections', cnpg('1x120', 90), [firing(100, ['PostgreSQLConnectionsNearLimit'])]),
    ];
    const file = written('cluster.test.yaml', { rule_files: ['cluster.yaml'], evaluation_interval: '1m', tests });
    await run('test', 'rules', file);
  },
);
