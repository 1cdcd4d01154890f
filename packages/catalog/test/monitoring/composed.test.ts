/** What is composed for alerts, and what the owner of a claim sees of them: locally a PostgresMonitor, on a cluster a PrometheusRule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  alerts,
  findMetric,
  LOCAL_API_VERSION,
  type CompositionRequest,
  type CompositionResponse,
  type PostgresMonitorStatus,
} from '@larder/catalog';
import { clusterMonitoring, clusterRules } from './cluster-rules.ts';
import { compose, request, running, wellKnown } from '../local-requests.ts';

const fires = {
  name: 'PostgreSQLStorageNearlyFull',
  severity: 'warning',
  summary: 'my-app/postgres1 has used 90% of its storage; at 95% it becomes read-only.',
  since: '2026-11-23T10:00:00Z',
  remedy: 'Raise resources.storageSize.',
  runbook: 'storage-filling.md',
};

function withMonitor(status: PostgresMonitorStatus, before: Record<string, unknown> = {}): CompositionResponse {
  const asked: CompositionRequest = request({ server: running(), status: before });
  const resource = {
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresMonitor',
    metadata: { name: 'postgres1-abcde' },
    spec: { alerts: { enabled: true, receivers: [] } },
    status,
  };
  return compose({ ...asked, composed: { ...asked.composed, monitor: { resource, connectionDetails: {} } } });
}

test('each instance has a monitor, which does not hold up its being ready', () => {
  const { composed } = compose(request({ parameters: wellKnown }));
  assert.deepEqual(composed.monitor?.resource.spec, { alerts: { enabled: false, receivers: [] } });
  assert.equal(composed.monitor.ready, true);
});

test('a secret of the metrics’ name that is somebody else’s is told on the claim', () => {
  const taken = {
    type: 'MetricsSecretWritten',
    status: 'False' as const,
    reason: 'SecretTaken',
    message: 'the secret my-app/postgres1-metrics exists and isn’t of these metrics',
    lastTransitionTime: fires.since,
  };
  const told = withMonitor({ conditions: [taken] });
  assert.equal(told.conditions.find(({ type }) => type === taken.type)?.target, 'CompositeAndClaim');
});

test('alerts that fire are on the claim, with an event when they begin and when they are over', () => {
  const condition = {
    type: 'AlertsQuiet',
    status: 'False' as const,
    reason: fires.name,
    message: fires.summary,
    lastTransitionTime: fires.since,
  };
  const began = withMonitor({ alerts: [fires], conditions: [condition] });
  assert.deepEqual(began.status.alerts, [fires]);
  const told = began.conditions.find(({ type }) => type === 'AlertsQuiet');
  assert.deepEqual([told?.status, told?.reason, told?.target], ['False', fires.name, 'CompositeAndClaim']);
  assert.deepEqual(
    began.events.map(({ type, reason }) => [type, reason]),
    [['Warning', fires.name]],
  );
  assert.deepEqual(withMonitor({ alerts: [fires] }, { alerts: [fires] }).events, [], 'said once');
  const over = withMonitor({ conditions: [{ ...condition, status: 'True', reason: 'Quiet' }] }, { alerts: [fires] });
  assert.deepEqual(
    over.events.map(({ type, reason }) => [type, reason]),
    [['Normal', `${fires.name}Resolved`]],
  );
  assert.equal(over.status.alerts, undefined);
  assert.equal(
    over.conditions.find(({ type }) => type === 'AlertsQuiet')?.target,
    'Composite',
    'not on a claim that is well',
  );
});

test('the service level is on the claim as it was reckoned', () => {
  const serviceLevel = { objective: '99.9%', window: '30d', downtime: '0s', errorBudgetLeft: '100%', measured: '98%' };
  assert.deepEqual(withMonitor({ serviceLevel }).status.serviceLevel, serviceLevel);
});

test('on a cluster the rules of an instance are all of the table, for that instance alone', () => {
  const { groups, namespace, labels } = clusterRules({
    prometheusOperator: true,
    ruleLabels: { release: 'prometheus' },
  });
  assert.equal(namespace, 'sv-postgresql-postgres1-abcde');
  assert.equal(labels.release, 'prometheus');
  const rules = groups.flatMap(group => group.rules);
  const names = rules.flatMap(rule => ('alert' in rule ? [rule.alert] : []));
  assert.deepEqual(
    names,
    alerts.map(({ name }) => name),
  );
  for (const rule of rules.filter(each => 'alert' in each)) {
    const selectors = rule.expr.match(/by \(namespace, claim\) \([^)]*\)/g) ?? [];
    assert.ok(selectors.length > 1, rule.expr);
    for (const selector of selectors) assert.match(selector, /namespace="my-app",claim="postgres1"\}\)$/);
  }
});

test('on a cluster an instance that wants no alerts is measured under the same names, and has none', () => {
  const { groups } = clusterRules({ prometheusOperator: true }, false);
  assert.deepEqual(
    groups.map(({ name }) => name),
    ['larder-metrics'],
  );
  const recorded = groups.flatMap(({ rules }) => rules.flatMap(rule => ('record' in rule ? [rule] : [])));
  for (const { record, labels = {} } of recorded) {
    assert.ok(findMetric(record), `${record} is in the table`);
    assert.deepEqual(
      [labels.namespace, labels.claim, labels.instance],
      ['my-app', 'postgres1', 'my-app/postgres1'],
      record,
    );
  }
  assert.equal(recorded.find(({ record }) => record === 'larder_instance_alerts_enabled')?.expr, 'vector(0)');
});

test('on a cluster its pods are scraped by the Prometheus that the platform team names, and nobody else may', () => {
  const monitoring = { prometheusOperator: true, namespace: 'observability', ruleLabels: { release: 'prometheus' } };
  const composed = clusterMonitoring(monitoring, false);
  const monitor = composed['pod-monitor']?.resource;
  assert.equal(monitor?.metadata.labels?.release, 'prometheus');
  assert.deepEqual(monitor?.spec, {
    selector: { matchLabels: { 'cnpg.io/cluster': 'postgres1-abcde', 'cnpg.io/podRole': 'instance' } },
    podMetricsEndpoints: [{ port: 'metrics', interval: '15s' }],
  });
  const { ingress } = composed['network-policy']?.resource.spec as { ingress: unknown[] };
  assert.deepEqual(ingress.at(-1), {
    from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'observability' } } }],
    ports: [{ port: 9187, protocol: 'TCP' }],
  });
  assert.equal(clusterMonitoring(monitoring, false, 'stackgres')['pod-monitor'], undefined, 'StackGres makes its own');
});

test('without the Prometheus Operator nothing of it is composed, and nobody may scrape', () => {
  const composed = clusterMonitoring({});
  assert.deepEqual([composed.alerts, composed['pod-monitor']], [undefined, undefined]);
  assert.doesNotMatch(JSON.stringify(composed['network-policy']), /9187/);
});

test('runbooks are linked where the platform team serves them', () => {
  const { groups } = clusterRules({ prometheusOperator: true, runbooks: 'https://runbooks.example.com/pg/' });
  const rule = groups.flatMap(({ rules }) => rules).find(each => 'alert' in each && each.alert === 'PostgreSQLDown');
  assert.ok(rule && 'annotations' in rule);
  assert.equal(rule.annotations.runbook_url, 'https://runbooks.example.com/pg/postgresql-down.md');
});
