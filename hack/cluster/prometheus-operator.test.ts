/**
 * What is composed of an instance for the Prometheus Operator, carried out by the real one: on a kube-apiserver, with a real Prometheus on
 * the configuration that it writes. There is no kubelet: the instance's pod is an object, and what it tells is a page with the names of
 * CloudNativePG's default queries. Runs with LARDER_FULL=1 where the programs are installed (hack/tools/install.sh kube-apiserver etcd;
 * hack/cluster/build.sh prometheus-operator prometheus).
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { alerts, instanceDashboard } from '@larder/catalog';
import {
  conditionsOf,
  httpClient,
  isConditionTrue,
  loadConnection,
  waitFor,
  type HttpClient,
} from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { clusterMonitoring } from '../../packages/catalog/test/monitoring/cluster-rules.ts';
import { freePort } from '../../packages/postgres/test/machine.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from '../kube-apiserver/start.ts';
import { program, tools } from './place.ts';

const definitions = join(tools, 'share/prometheus-operator/prometheus-operator-crd');
const skip = notRun();
const PATIENCE = { timeoutMs: 180_000 };
const HERE = 'sv-postgresql-postgres1-abcde';
const MONITORING = 'monitoring';
const SELECTED = { release: 'prometheus' };
const RULES = '/etc/prometheus/rules';

function notRun(): string | false {
  const needed = ['prometheus-operator', 'prometheus'].map(program);
  if (!hasKubeApiserver() || !needed.every(path => existsSync(path)) || !existsSync(definitions))
    return 'not run: hack/tools/install.sh kube-apiserver etcd and hack/cluster/build.sh prometheus-operator prometheus build what it needs';
  return process.env.LARDER_FULL ? false : 'not run: LARDER_FULL=1 starts a kube-apiserver for it';
}

describe('an instance on a cluster with the real Prometheus Operator', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'larder-prometheus-'));
  const children: ChildProcess[] = [];
  let api: KubeApiserver | undefined;
  let client: HttpClient;
  let exporter: Server | undefined;
  let prometheus = '';

  before(async () => {
    api = await startKubeApiserver(false);
    const connection = await loadConnection(api.kubeconfig);
    client = httpClient(connection);
    for (const name of [MONITORING, HERE])
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await createDefinitions(client);
    const files = { 'ca.crt': connection.ca, 'client.crt': connection.cert, 'client.key': connection.key };
    for (const [name, text = ''] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    run('prometheus-operator', [
      `--apiserver=${connection.server}`,
      `--ca-file=${join(folder, 'ca.crt')}`,
      `--cert-file=${join(folder, 'client.crt')}`,
      `--key-file=${join(folder, 'client.key')}`,
      `--web.listen-address=127.0.0.1:${await freePort()}`,
      '--kubelet-endpoints=false',
      '--kubelet-endpointslice=false',
    ]);
    await client.create(prometheusObject());
  });

  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    exporter?.closeAllConnections();
    exporter?.close();
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(name: string, args: string[]): void {
    children.push(spawn(program(name), args, { stdio: process.env.LARDER_DEBUG ? 'inherit' : 'ignore', cwd: folder }));
  }

  it('has its objects accepted by the real definitions, with every field known', async () => {
    const composed = clusterMonitoring({ prometheusOperator: true, ruleLabels: SELECTED });
    for (const name of ['pod-monitor', 'alerts']) {
      const resource = composed[name]?.resource as KubeObject | undefined;
      assert.ok(resource, name);
      await client.create(resource, { fieldValidation: 'Strict' });
    }
  });

  it('is scraped by what the operator configures, and is told under the names of the table', async () => {
    exporter = createServer((_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(PAGE),
    );
    await new Promise<void>(resolve => exporter?.listen(0, '127.0.0.1', resolve));
    await createPod(client, (exporter.address() as AddressInfo).port);
    const { configuration, rules } = await writtenByOperator(client);
    mkdirSync(join(folder, 'rules'));
    for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, 'rules', name), text);
    writeFileSync(join(folder, 'prometheus.yml'), runnableHere(configuration, folder, api?.kubeconfig ?? ''));
    const port = await freePort();
    prometheus = `http://127.0.0.1:${port}`;
    run('prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    const of = '{namespace="my-app",claim="postgres1"}';
    await untilTold(`pg_up${of}`, 1);
    await untilTold(
      `sum(pg_stat_activity_count{namespace="my-app",claim="postgres1",backend_type="client backend"})`,
      7,
    );
    await untilTold(`pg_settings_max_connections${of}`, 100);
    await untilTold(`pg_settings_shared_buffers_bytes${of}`, 128 * 2 ** 20);
    await untilTold(`larder_connections_reserved${of}`, 3);
    await untilTold(`pg_database_size_bytes{namespace="my-app",claim="postgres1",datname="app"}`, 7_500_000);
    await untilTold(`sum(pg_stat_database_xact_commit${of})`, 4_321);
    await untilTold(`larder_instance_alerts_enabled${of}`, 1);
  });

  it('has all alerts of the table, each of which Prometheus evaluates', async () => {
    const deadline = performance.now() + PATIENCE.timeoutMs;
    for (;;) {
      const { groups } = await asked<{ groups: { name: string; rules: { name: string; health: string }[] }[] }>(
        'rules',
      );
      const found = groups.find(({ name }) => name === 'larder-alerts')?.rules ?? [];
      assert.deepEqual(
        found.map(({ name }) => name),
        alerts.map(({ name }) => name),
      );
      const unwell = groups.flatMap(({ rules }) => rules.filter(({ health }) => health !== 'ok'));
      if (unwell.length === 0) return;
      assert.ok(performance.now() < deadline, `not evaluated: ${unwell.map(({ name }) => name).join(', ')}`);
      await delay(500);
    }
  });

  it('fills the dashboard’s panels that the engine measures, and errs in none', async () => {
    const chosen = (text: string): string =>
      text.replaceAll('$namespace', 'my-app').replaceAll('$claim', 'postgres1').replaceAll('$__rate_interval', '5m');
    const panels = instanceDashboard.rows.flatMap(row => row.panels);
    const look = async (): Promise<string[]> => {
      const empty: string[] = [];
      for (const { title, queries } of panels) {
        const answers = await Promise.all(queries.map(({ expr }) => query(chosen(expr))));
        if (answers.every(({ length }) => length === 0)) empty.push(title);
      }
      return empty;
    };
    // A rate is of two scrapes.
    let empty = await look();
    for (const deadline = performance.now() + PATIENCE.timeoutMs; performance.now() < deadline; empty = await look()) {
      if (empty.length <= UNMEASURED.length) break;
      await delay(1_000);
    }
    assert.deepEqual(empty, UNMEASURED);
  });

  async function asked<T>(path: string): Promise<T> {
    const answer = await fetch(`${prometheus}/api/v1/${path}`);
    const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string };
    assert.equal(status, 'success', error);
    return data;
  }

  async function query(expression: string): Promise<{ value: [number, string] }[]> {
    const { result } = await asked<{ result: { value: [number, string] }[] }>(
      `query?query=${encodeURIComponent(expression)}`,
    );
    return result;
  }

  async function untilTold(expression: string, value: number): Promise<void> {
    let told: unknown;
    for (const deadline = performance.now() + PATIENCE.timeoutMs; performance.now() < deadline; await delay(500)) {
      told = await query(expression).catch((error: unknown) => error);
      if (
        Array.isArray(told) &&
        told.length === 1 &&
        Number((told as { value: [number, string] }[])[0]!.value[1]) === value
      )
        return;
    }
    const { activeTargets, droppedTargets } = await asked<{ activeTargets: object[]; droppedTargets: object[] }>(
      'targets',
    );
    const targets = JSON.stringify([...activeTargets, ...droppedTargets]);
    assert.fail(`${expression} is not ${value}: ${JSON.stringify(told)}; targets: ${targets}`);
  }
});

/** What nobody tells on a cluster of CloudNativePG, so that it is left empty rather than guessed. */
const UNMEASURED = [
  'Ready',
  'Storage used',
  'Last backup',
  'Changes that wait',
  'Processors',
  'Storage',
  'Dead rows',
  'WAL',
  'Age of what waits to be archived',
  'Recoverable',
];

/** In CloudNativePG's names, of one server. */
const PAGE = `cnpg_collector_up{cluster="postgres1-abcde"} 1
cnpg_backends_total{datname="app",usename="app",application_name="a",state="idle"} 5
cnpg_backends_total{datname="app",usename="app",application_name="b",state="active"} 2
cnpg_backends_max_tx_duration_seconds{datname="app",usename="app",application_name="b",state="active"} 1
cnpg_backends_waiting_total 0
cnpg_pg_settings_setting{name="max_connections"} 100
cnpg_pg_settings_setting{name="superuser_reserved_connections"} 3
cnpg_pg_settings_setting{name="shared_buffers"} 16384
cnpg_pg_settings_setting{name="autovacuum_freeze_max_age"} 2e+08
cnpg_pg_database_size_bytes{datname="app"} 7500000
cnpg_pg_database_xid_age{datname="app"} 12
cnpg_pg_database_mxid_age{datname="app"} 1
cnpg_pg_stat_archiver_archived_count 3
cnpg_pg_stat_archiver_failed_count 0
cnpg_collector_pg_wal_archive_status{value="ready"} 0
cnpg_collector_pg_wal_archive_status{value="done"} 1
cnpg_collector_pg_wal{value="size"} 5.0331648e+07
cnpg_collector_pg_wal{value="count"} 3
cnpg_pg_stat_checkpointer_checkpoints_timed 4
cnpg_pg_stat_checkpointer_checkpoints_req 1
cnpg_pg_stat_checkpointer_buffers_written 100
cnpg_pg_stat_bgwriter_buffers_clean 0
cnpg_pg_replication_slots_pg_wal_lsn_diff{slot_name="s",slot_type="physical",database=""} 0
${[
  'xact_commit',
  'xact_rollback',
  'blks_read',
  'blks_hit',
  'tup_returned',
  'tup_fetched',
  'tup_inserted',
  'tup_updated',
  'tup_deleted',
  'temp_bytes',
]
  .map(name => `cnpg_pg_stat_database_${name}{datname="app"} 4321\n`)
  .join('')}`;

async function createDefinitions(client: HttpClient): Promise<void> {
  for (const file of readdirSync(definitions)) {
    const object = parse(readFileSync(join(definitions, file), 'utf8')) as KubeObject;
    await client.create(object);
    const ref = { apiVersion: object.apiVersion, kind: object.kind, name: object.metadata.name };
    const isThere = (found?: KubeObject): boolean =>
      found !== undefined && isConditionTrue(conditionsOf(found), 'Established');
    await waitFor(client, ref, isThere, PATIENCE);
  }
}

function prometheusObject(): KubeObject {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'Prometheus',
    metadata: { name: 'cluster', namespace: MONITORING },
    spec: {
      replicas: 1,
      evaluationInterval: '2s',
      podMonitorSelector: { matchLabels: SELECTED },
      podMonitorNamespaceSelector: {},
      ruleSelector: { matchLabels: SELECTED },
      ruleNamespaceSelector: {},
    },
  };
}

/** As CloudNativePG labels its pods; the exporter's port is where our page is. */
async function createPod(client: HttpClient, containerPort: number): Promise<void> {
  const pod = await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'postgres1-abcde-1',
      namespace: HERE,
      labels: { 'cnpg.io/cluster': 'postgres1-abcde', 'cnpg.io/podRole': 'instance' },
    },
    spec: {
      nodeName: 'nowhere',
      containers: [
        { name: 'postgres', image: 'registry.example/postgresql', ports: [{ name: 'metrics', containerPort }] },
      ],
    },
  });
  const status = { phase: 'Running', podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] };
  await client.updateStatus({ ...pod, status });
}

/** Once it has both the pods and the rules in it. */
async function writtenByOperator(
  client: HttpClient,
): Promise<{ configuration: string; rules: Record<string, string> }> {
  const secret = { apiVersion: 'v1', kind: 'Secret', namespace: MONITORING, name: 'prometheus-cluster' };
  const configurationIn = (found?: KubeObject): string => {
    const packed = (found?.data as Record<string, string> | undefined)?.['prometheus.yaml.gz'];
    return packed === undefined ? '' : gunzipSync(Buffer.from(packed, 'base64')).toString();
  };
  const found = await waitFor(
    client,
    secret,
    one => configurationIn(one).includes(`podMonitor/${HERE}/larder-metrics/0`),
    PATIENCE,
  );
  const file = { apiVersion: 'v1', kind: 'ConfigMap', namespace: MONITORING, name: 'prometheus-cluster-rulefiles-0' };
  const rulesIn = (one?: KubeObject): Record<string, string> => (one?.data ?? {}) as Record<string, string>;
  const rules = await waitFor(
    client,
    file,
    one => Object.keys(rulesIn(one)).some(name => name.includes('larder-alerts')),
    PATIENCE,
  );
  return { configuration: configurationIn(found), rules: rulesIn(rules) };
}

/** The operator's configuration outside of its cluster: where the API is, where the rules are, and what is filled in; and sooner. */
function runnableHere(configuration: string, folder: string, kubeconfig: string): string {
  const elsewhere = configuration
    .replaceAll(new RegExp(`${RULES}/[^/\\s]+/`, 'g'), `${folder}/rules/`)
    .replaceAll(/^(\s*)- role: pod$/gm, `$1- role: pod\n$1  kubeconfig_file: ${kubeconfig}`)
    // As its config-reloader does, beside each Prometheus.
    .replaceAll('$(SHARD)', '0')
    .replaceAll('$(POD_NAME)', 'prometheus-cluster-0')
    .replaceAll('scrape_interval: 15s', 'scrape_interval: 2s')
    .replaceAll('scrape_timeout: 10s', 'scrape_timeout: 2s');
  assert.match(elsewhere, /kubeconfig_file/, configuration);
  return elsewhere;
}
