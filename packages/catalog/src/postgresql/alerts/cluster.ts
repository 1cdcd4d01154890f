/**
 * Monitoring on a cluster, for its Prometheus Operator: a `PodMonitor` that has the instance's pods scraped, and a `PrometheusRule` that
 * gives what they tell the names of the table, and has its alerts where the owner wants them.
 */
import type { KubeObject } from '@larder/kube';
import type { DesiredComposed } from '../../composition.ts';
import { claimOf } from '../../cluster/claim-secret.ts';
import type { ClusterEngine, EngineRequest, EngineResponse } from '../../cluster/engine.ts';
import { isReady } from '../../cluster/ready.ts';
import type { PlaneSettings } from '../../cluster/settings.ts';
import { alertGroup, type RuleGroup } from '../../monitoring/rules.ts';
import { labelsOf, namespaceOf } from '../engines/cluster/place.ts';
import type { Refused } from '../refused.ts';
import { recordings, type Exporter } from './cluster-metrics.ts';
import { readAlerts, type AlertsWish } from './wish.ts';

/** The names of what is composed. */
const RULES = 'alerts';
const PODS = 'pod-monitor';

/** What CloudNativePG calls the port of its exporter, and labels its servers' pods with. */
const METRICS_PORT = 'metrics';

/** Alerts need somebody who evaluates them, and on a cluster it is its Alertmanager that tells people. */
export function refuseAlerts({ enabled, receivers }: AlertsWish, { monitoring }: PlaneSettings): Refused[] {
  const unwatched: Refused[] =
    enabled && !monitoring.prometheusOperator
      ? [
          {
            reason: 'AlertsNotPossible',
            field: 'alerts.enabled',
            value: 'true',
            because:
              'can not be had, since this cluster has no Prometheus Operator that Larder knows of: set it to false, or have the platform team set input.monitoring.prometheusOperator',
          },
        ]
      : [];
  const [first] = receivers;
  if (!first) return unwatched;
  const because =
    'can not be told by Larder on a cluster, since there the Alertmanager tells people: leave receivers out, and write an AlertmanagerConfig into the namespace of the claim';
  return [...unwatched, { reason: 'AlertsNotPossible', field: 'alerts.receivers', value: first.name, because }];
}

/** The engine, with what its cluster's Prometheus has to know of each instance. */
export function withMonitoring(engine: ClusterEngine, exporter: Exporter): ClusterEngine {
  return {
    ...engine,
    names: [...engine.names, RULES, PODS],
    compose: request => monitored(request, engine.compose(request), exporter),
  };
}

type Resource = DesiredComposed['resource'];

function monitored(request: EngineRequest, response: EngineResponse, exporter: Exporter): EngineResponse {
  const { composite, composed, settings } = request;
  const isThere = response.composed.cluster !== undefined;
  if (response.keep || !isThere || !settings.monitoring.prometheusOperator) return response;
  // StackGres' operator has its own.
  const pods: Record<string, Resource> =
    exporter === 'cloudnativepg' ? { [PODS]: podMonitor(composite, settings) } : {};
  const resources: Record<string, Resource> = { ...pods, [RULES]: rulesObject(composite, settings, exporter) };
  const more = Object.entries(resources).map(([name, resource]): [string, DesiredComposed] => {
    const seen = composed[name];
    return [name, { resource, ready: seen !== undefined && isReady(seen.resource) }];
  });
  return { ...response, composed: { ...response.composed, ...Object.fromEntries(more) } };
}

function podMonitor(composite: KubeObject, settings: PlaneSettings): Resource {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: metadataOf('larder-metrics', composite, settings),
    spec: {
      selector: { matchLabels: { 'cnpg.io/cluster': composite.metadata.name, 'cnpg.io/podRole': 'instance' } },
      podMetricsEndpoints: [{ port: METRICS_PORT, interval: '15s' }],
    },
  };
}

function rulesObject(composite: KubeObject, settings: PlaneSettings, exporter: Exporter): Resource {
  const { namespace, name } = claimOf(composite) ?? { namespace: '', name: composite.metadata.name };
  const instance = { namespace, claim: name };
  const { enabled } = readAlerts(composite);
  const here = namespaceOf(composite);
  const { runbooks } = settings.monitoring;
  const groups: RuleGroup[] = [
    { name: 'larder-metrics', rules: recordings({ composite, instance, here, alerts: enabled }, exporter) },
    ...(enabled ? [alertGroup({ instance, runbooks })] : []),
  ];
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: metadataOf('larder-alerts', composite, settings),
    spec: { groups },
  };
}

function metadataOf(name: string, composite: KubeObject, { monitoring }: PlaneSettings): Resource['metadata'] {
  const labels = { ...labelsOf(composite), ...monitoring.ruleLabels };
  return { name, namespace: namespaceOf(composite), labels };
}
