/**
 * What a running plane says of itself to whoever scrapes it, in Kubernetes' and controller-runtime's names; and an owner's Secret for
 * metrics, with another's of that name in its way.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { request } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findMetric, metrics } from '@larder/catalog';
import { httpClient, loadConnection, waitFor } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { findText } from '../src/home/files.ts';
import { findServingMonitor, metricsUrl, monitorPlace } from '../src/monitor/place.ts';
import { backupRig, claimObject, conditions, NAMESPACE, secretOf, untilClaim, type BackupRig } from './backups/rig.ts';

const skip = process.env.LARDER_FULL === '1' ? false : 'not run: slow; LARDER_FULL=1 runs it';
const tools = process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools');
const promtool = join(tools, 'bin/promtool');
const SECRET = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'one-metrics' };

test('a running plane', { skip, timeout: 600_000 }, async suite => {
  const rig = await backupRig();
  const { apiVersion, kind, namespace, name } = SECRET;
  await rig.client.create({ apiVersion, kind, metadata: { namespace, name }, data: { mine: 'eA==' } });
  await rig.client.create(claimObject('one', { backup: { enabled: false } }));

  await suite.test(
    'leaves a Secret of the metrics’ name alone that is somebody else’s, and says so on the claim',
    async () => {
      const isTaken = (claim: Parameters<typeof conditions>[0]): boolean =>
        conditions(claim).some(({ type, reason }) => type === 'MetricsSecretWritten' && reason === 'SecretTaken');
      const monitoringOf = (claim?: KubeObject): unknown =>
        (claim?.status as { monitoring?: unknown } | undefined)?.monitoring;
      const told = await untilClaim(rig.client, 'one', claim => isTaken(claim) && isReady(claim));
      const { message = '' } = conditions(told).find(({ type }) => type === 'MetricsSecretWritten') ?? {};
      assert.match(message, /^the secret my-app\/one-metrics exists and isn’t of these metrics: remove it/);
      assert.equal(monitoringOf(told), undefined, 'it names no secret that has something else in it');
      assert.deepEqual(await secretOf(rig.client, 'one-metrics'), { mine: 'x' });
      await rig.client.delete(SECRET);
      const well = await untilClaim(
        rig.client,
        'one',
        claim => claim !== undefined && !isTaken(claim) && isReady(claim),
      );
      await waitFor(rig.client, SECRET, secret => secret !== undefined, { timeoutMs: 120_000 });
      assert.deepEqual(Object.keys(await secretOf(rig.client, 'one-metrics')).sort(), ['ca.crt', 'token', 'url']);
      const named = await untilClaim(rig.client, 'one', claim => monitoringOf(claim) !== undefined);
      assert.deepEqual(monitoringOf(named), { secretName: 'one-metrics' });
      assert.equal(conditions(well).length, 2, 'a claim that is well has two conditions');
    },
  );

  await suite.test(
    'tells of its API, store, watches, reconciles, queues and process, as promtool would have it',
    async t => {
      const open = new AbortController();
      t.after(() => open.abort());
      const client = httpClient(await loadConnection(join(rig.home.folder, 'kubeconfig')));
      const watching = (async (): Promise<void> => {
        const kind = { apiVersion: 'v1', kind: 'ConfigMap' };
        for await (const _ of client.watch(kind, { namespace: NAMESPACE, signal: open.signal })) void _;
      })();
      watching.catch(() => undefined);
      const metadata = { name: 'seen', namespace: NAMESPACE };
      await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
      const text = await scrapedWith(rig, /^apiserver_watch_events_total\{.*resource="configmaps"\} [1-9]/m);
      const labels = 'group="",version="v1",resource="configmaps",scope="namespace"';
      for (const expected of [
        /^larder_plane_up 1$/m,
        /^larder_plane_info\{version="0\.1\.0"\} 1$/m,
        new RegExp(`^apiserver_request_total\\{verb="POST",${labels},code="201"\\} 1$`, 'm'),
        new RegExp(`^apiserver_request_duration_seconds_count\\{verb="POST",${labels}\\} 1$`, 'm'),
        new RegExp(`^apiserver_longrunning_requests\\{verb="WATCH",${labels}\\} 1$`, 'm'),
        /^etcd_request_duration_seconds_count\{operation="txn"\} \d+$/m,
        /^etcd_request_errors_total\{operation="txn"\} 0$/m,
        /^controller_runtime_reconcile_total\{controller="monitors",result="success"\} [1-9]/m,
        /^controller_runtime_reconcile_errors_total\{controller="monitors"\} 0$/m,
        /^controller_runtime_reconcile_time_seconds_bucket\{controller="monitors",le="\+Inf"\} [1-9]/m,
        /^controller_runtime_max_concurrent_reconciles\{controller="monitors"\} 4$/m,
        /^workqueue_depth\{name="monitors"\} \d+$/m,
        /^workqueue_adds_total\{name="monitors"\} [1-9]/m,
        /^workqueue_retries_total\{name="monitors"\} \d+$/m,
        /^process_cpu_seconds_total \S+$/m,
        /^process_resident_memory_bytes \d+$/m,
        /^process_start_time_seconds \S+$/m,
        /^nodejs_eventloop_lag_p99_seconds \S+$/m,
      ])
        assert.match(text, expected);
      const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => [name, type]));
      const absent = metrics.filter(({ source, name, type }) => source === 'plane' && types.get(name) !== type);
      assert.deepEqual(absent, [], 'of the table, with its types');
      for (const name of types.keys()) assert.ok(findMetric(name), `${name} is in the table`);
      if (!existsSync(promtool)) return t.skip('promtool is not here: hack/tools/install.sh promtool');
      const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
      assert.ok(status === 0 || status === 3, stderr);
      // What it would have named otherwise are the exporter's names, not ours.
      const complaints = stderr.split('\n').filter(line => line !== '' && !/^(pg_|cnpg_)/.test(line));
      assert.deepEqual(complaints, []);
    },
  );
});

function isReady(claim: Parameters<typeof conditions>[0]): boolean {
  return conditions(claim).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** All metrics over HTTP, once they say that. The plane writes down what it counted every 15 seconds. */
async function scrapedWith({ home }: BackupRig, expected: RegExp): Promise<string> {
  const place = monitorPlace(home);
  const ca = findText(join(home.folder, 'ca.crt')) ?? '';
  let text = '';
  for (const deadline = performance.now() + 180_000; performance.now() < deadline; await delay(500)) {
    const port = findServingMonitor(place)?.port;
    const token = findText(place.token)?.trim() ?? '';
    if (port !== undefined) text = await read(metricsUrl(port), ca, token);
    if (expected.test(text)) return text;
  }
  assert.fail(`it does not tell ${expected}; the last answer has ${text.length} characters`);
}

/** Empty while nobody answers. */
function read(url: string, ca: string, token: string): Promise<string> {
  return new Promise(resolve => {
    const asked = request(url, { ca, agent: false, headers: { authorization: `Bearer ${token}` } }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(response.statusCode === 200 ? text : ''));
      response.on('error', () => resolve(''));
    });
    asked.on('error', () => resolve(''));
    asked.end();
  });
}
