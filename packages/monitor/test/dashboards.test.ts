/**
 * Public dashboards work unchanged: every query of theirs is for metrics that there are, and a real Prometheus that scrapes a real server
 * answers it with data. The same for our own. Only the queries of the public ones are here (`public/`).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dashboards, findMetric } from '@larder/catalog';
import {
  bootTime,
  CONTENT_TYPE,
  Exposition,
  measureProcesses,
  type Measured,
  type ServerReading,
} from '@larder/monitor';
import { dashboardFolder, renderDashboards } from '../../../hack/generate/dashboards.ts';
import { freePort, makeHome, scopeOfSuite } from '../../postgres/test/machine.ts';
import { makeMeasuring, postmasterOf, type Measuring } from './rig.ts';

interface Query {
  panel: string;
  expr: string;
}

const folder = fileURLToPath(new URL('./public', import.meta.url));
const read = (name: string): Query[] =>
  (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { queries: Query[] }).queries;

/** Names of metrics in a query. */
function namesIn(expr: string): string[] {
  const names = expr
    .replace(/"[^"]*"/g, '""')
    .match(/\b(larder|pg|cnpg|process|apiserver|controller_runtime)_[a-z0-9_]+/g);
  return [...new Set(names ?? [])];
}

const own: Query[] = Object.values(dashboards).flatMap(({ rows }) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries }) => queries.map(({ expr }) => ({ panel: title, expr }))),
  ),
);

describe('dashboards', () => {
  it('are as the catalog says (else npm run generate)', () => {
    assert.deepEqual(readdirSync(dashboardFolder).sort(), Object.keys(renderDashboards()).sort());
    for (const [name, text] of Object.entries(renderDashboards()))
      assert.equal(readFileSync(join(dashboardFolder, name), 'utf8'), text, name);
  });

  for (const [name, queries] of [
    ['our own', own],
    ['Grafana 9628', read('grafana-9628.json')],
    ['postgres_exporter’s', read('postgres-exporter.json')],
  ] as const)
    it(`ask for metrics that there are: ${name}`, () => {
      for (const { panel, expr } of queries) {
        const names = namesIn(expr);
        assert.ok(names.length > 0, expr);
        for (const each of names) assert.ok(findMetric(each), `${panel}: ${each}`);
      }
    });

  it('ask for metrics that there are: CloudNativePG’s, where the exporter has none', () => {
    const names = new Set(read('cloudnativepg.json').flatMap(({ expr }) => namesIn(expr)));
    const cnpg = [...names].filter(name => name.startsWith('cnpg_'));
    const missing = cnpg.filter(name => !findMetric(name) && !isExporters(name));
    assert.deepEqual(missing.sort(), [
      // Standbys, which a machine hasn't, and extensions, which aren't measured.
      'cnpg_pg_extensions_update_available',
      'cnpg_pg_replication_is_wal_receiver_up',
    ]);
  });
});

/** What postgres_exporter tells under another name. */
function isExporters(name: string): boolean {
  const renamed: Record<string, string> = {
    cnpg_backends_total: 'pg_stat_activity_count',
    cnpg_backends_max_tx_duration_seconds: 'pg_stat_activity_max_tx_duration',
    cnpg_collector_collection_duration_seconds: 'pg_scrape_collector_duration_seconds',
    cnpg_collector_last_collection_error: 'pg_exporter_last_scrape_error',
    cnpg_collector_pg_wal: 'pg_wal_size_bytes',
    cnpg_collector_postgres_version: 'pg_static',
    cnpg_pg_database_xid_age: 'pg_database_wraparound_age_datfrozenxid_seconds',
    cnpg_pg_postmaster_start_time: 'pg_postmaster_start_time_seconds',
    cnpg_pg_replication_lag: 'pg_replication_lag_seconds',
    cnpg_pg_settings_setting: 'pg_settings_max_connections',
  };
  return findMetric(renamed[name] ?? name.slice('cnpg_'.length)) !== undefined;
}

const tools = process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools');
const prometheus = join(tools, 'bin/prometheus');

describe('with a real Prometheus', { skip: process.env.LARDER_FULL !== '1' || !existsSync(prometheus) }, () => {
  const scope = scopeOfSuite();
  let rig: Measuring;
  let api: string;

  before(async () => {
    rig = (await makeMeasuring(scope))!;
    await rig.sql('CREATE DATABASE app');
    await rig.sql('CREATE TABLE public.t (id int PRIMARY KEY, v text)', 'app');
    api = await startPrometheus(await serve());
    const deadline = performance.now() + 120_000;
    for (let round = 0; ; round++) {
      await work(round);
      if ((await ask('count_over_time(pg_up[1m]) > 8')).length > 0) break;
      assert.ok(performance.now() < deadline, 'Prometheus has scraped');
    }
  });

  /** Rows come and go, and something waits for a lock, so that no rate is of nothing. */
  async function work(round: number): Promise<void> {
    await rig.sql(
      `INSERT INTO public.t SELECT n, n FROM generate_series(${round * 100 + 1}, ${round * 100 + 100}) n;
       UPDATE public.t SET v = 'x' WHERE id % 7 = 0; DELETE FROM public.t WHERE id % 11 = 0`,
      'app',
    );
    await rig.sql('CHECKPOINT');
    await delay(300);
  }

  async function serve(): Promise<number> {
    const exposition = new Exposition();
    const startTicks = (pid: number): number => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    };
    const pid = await postmasterOf(rig.server);
    const server = createServer((_, response) => {
      void (async () => {
        const reading: ServerReading = await rig.monitor.turn();
        const processes = measureProcesses({ pid, startTicks: startTicks(pid) }, bootTime() ?? 0);
        const claim: Measured = new Map(
          [
            ...['larder_plane_up', 'larder_instance_ready', 'larder_archive_healthy', 'larder_pending_changes'],
            ...['larder_storage_used_bytes', 'larder_storage_size_bytes', 'larder_monitor_collection_duration_seconds'],
            ...['larder_backup_last_success_timestamp_seconds', 'larder_recoverable_from_timestamp_seconds'],
            ...['larder_recoverable_to_timestamp_seconds'],
          ].map(name => [name, [{ value: 1 }]]),
        );
        const info = new Map([['larder_instance_info', [{ labels: ['one', '17', 'localhost:1'], value: 1 }]]]);
        const slots = new Map([['pg_replication_slots_pg_wal_lsn_diff', [{ labels: ['s', 'app'], value: 1 }]]]);
        const plane = new Map([
          [
            'apiserver_request_total',
            [{ labels: ['GET', '', 'v1', 'secrets', 'resource', '200'], value: performance.now() }],
          ],
          ['controller_runtime_reconcile_total', [{ labels: ['x', 'success'], value: performance.now() }]],
        ]);
        const identity = { namespace: 'my-app', claim: 'postgres1' };
        const parts = [...reading.parts.values(), processes, claim, info, slots, plane];
        response.writeHead(200, { 'Content-Type': CONTENT_TYPE });
        response.end(exposition.page([{ identity, parts }], reading.settingsHelp));
      })();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => server.close().closeAllConnections());
    return (server.address() as AddressInfo).port;
  }

  async function startPrometheus(target: number): Promise<string> {
    const home = makeHome(scope, 'prometheus');
    const port = await freePort();
    const configuration = `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [{ job_name: larder, honor_labels: true, static_configs: [{ targets: ['127.0.0.1:${target}'] }] }]`;
    writeFileSync(join(home, 'prometheus.yml'), configuration);
    const flags = [`--config.file=${join(home, 'prometheus.yml')}`, `--storage.tsdb.path=${join(home, 'data')}`];
    const child = spawn(prometheus, [...flags, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
    scope.defer(async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });
    return `http://127.0.0.1:${port}/api/v1/query`;
  }

  async function ask(query: string): Promise<unknown[]> {
    const url = `${api}?${new URLSearchParams({ query }).toString()}`;
    const answer = await fetch(url).catch(() => undefined);
    if (!answer) return [];
    const { status, data, error } = (await answer.json()) as {
      status: string;
      data?: { result: unknown[] };
      error?: string;
    };
    assert.equal(status, 'success', `${query}: ${error ?? ''}`);
    return data?.result ?? [];
  }

  /** As Grafana does, with everything chosen. */
  function filled(expr: string): string {
    return expr
      .replaceAll('$__rate_interval', '1m')
      .replaceAll('$release', '')
      .replaceAll('$instance', 'my-app/postgres1')
      .replaceAll('$namespace', 'my-app')
      .replaceAll('$claim', 'postgres1')
      .replaceAll(/\$(db|datname|mode|job)/g, '.*');
  }

  /** `> 0` and `!= 0` hide what is zero: a table that nobody locks is no missing metric. */
  const unhidden = (expr: string): string => expr.replace(/\s*(>|!=)\s*0\s*$/, '');

  for (const [name, queries] of [
    ['Grafana 9628', read('grafana-9628.json')],
    ['postgres_exporter’s', read('postgres-exporter.json')],
    ['our own', own],
  ] as const)
    it(`each query returns data: ${name}`, async () => {
      const empty: string[] = [];
      for (const { panel, expr } of queries)
        if ((await ask(unhidden(filled(expr)))).length === 0) empty.push(`${panel}: ${expr}`);
      assert.deepEqual(empty, []);
    });
});
