/**
 * Alerts on a cluster: the rules of the table as a `PrometheusRule` beside the instance, for the Prometheus Operator. CloudNativePG's own
 * metrics get the names of the table by recording rules. What nobody measures there is left out: an alert without its metric is quiet.
 */
import type { KubeObject } from '@larder/kube';
import { claimOf } from '../../cluster/claim-secret.ts';
import type { ClusterEngine, EngineRequest, EngineResponse } from '../../cluster/engine.ts';
import { isReady } from '../../cluster/ready.ts';
import type { PlaneSettings } from '../../cluster/settings.ts';
import { quoted } from '../../monitoring/expression.ts';
import { alertGroup, type RecordingRule, type RuleGroup } from '../../monitoring/rules.ts';
import { labelsOf, namespaceOf } from '../engines/cluster/place.ts';
import { fieldAt, textOf } from '../fields.ts';
import type { Refused } from '../refused.ts';
import { readAlerts, type AlertsWish } from './wish.ts';

/** The name of the composed rules. */
const ALERTS = 'alerts';

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

/** The engine, with rules beside its instances where their owners want alerts. */
export function withAlerts(engine: ClusterEngine, metricsOf: 'cloudnativepg' | 'stackgres'): ClusterEngine {
  return {
    ...engine,
    names: [...engine.names, ALERTS],
    compose: request => alerted(request, engine.compose(request), metricsOf),
  };
}

function alerted(
  request: EngineRequest,
  response: EngineResponse,
  metricsOf: 'cloudnativepg' | 'stackgres',
): EngineResponse {
  const { composite, composed, settings } = request;
  const isThere = response.composed.cluster !== undefined;
  if (response.keep || !isThere || !readAlerts(composite).enabled || !settings.monitoring.prometheusOperator)
    return response;
  const seen = composed[ALERTS];
  const resource = rulesObject(composite, settings, metricsOf);
  const ready = seen !== undefined && isReady(seen.resource);
  return { ...response, composed: { ...response.composed, [ALERTS]: { resource, ready } } };
}

function rulesObject(
  composite: KubeObject,
  { monitoring }: PlaneSettings,
  metricsOf: 'cloudnativepg' | 'stackgres',
): Omit<KubeObject, 'metadata'> & { metadata: Partial<KubeObject['metadata']> } {
  const instance = claimOf(composite) ?? { namespace: '', name: composite.metadata.name };
  const identity = { namespace: instance.namespace, claim: instance.name };
  const alerts = alertGroup({ instance: identity, runbooks: monitoring.runbooks });
  const groups: RuleGroup[] = [
    { name: 'larder-metrics', rules: recordings(composite, identity, metricsOf) },
    { ...alerts, name: 'larder-alerts' },
  ];
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'larder-alerts',
      namespace: namespaceOf(composite),
      labels: { ...labelsOf(composite), ...monitoring.ruleLabels },
    },
    spec: { groups },
  };
}

/** The table's metrics out of those that the engine's exporter has. */
function recordings(
  composite: KubeObject,
  labels: Record<string, string>,
  metricsOf: 'cloudnativepg' | 'stackgres',
): RecordingRule[] {
  const here = `namespace=${quoted(namespaceOf(composite))}`;
  const maintained = fieldAt(composite.status, 'maintenance.current') === undefined ? 0 : 1;
  const facts: Record<string, string> = {
    larder_instance_alerts_enabled: 'vector(1)',
    larder_maintenance_active: `vector(${maintained})`,
    ...endOfLife(composite),
  };
  const measured = metricsOf === 'cloudnativepg' ? cloudNativePgMetrics(here) : exporterMetrics(here);
  return Object.entries({ ...facts, ...measured }).map(([record, expr]) => ({
    record,
    expr,
    labels: record === 'pg_stat_activity_count' ? { ...labels, backend_type: 'client backend' } : labels,
  }));
}

function endOfLife(composite: KubeObject): Record<string, string> {
  const day = textOf(fieldAt(composite.status, 'endOfLife'));
  const [year, month, date] = day.split('-').map(Number);
  if (!year || !month || !date) return {};
  return { larder_end_of_life_timestamp_seconds: `vector(${unixDay(year, month, date) * 86_400})` };
}

/** Days since 1970 of a date in the Gregorian calendar. */
function unixDay(year: number, month: number, date: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

/** What was measured within the last hour and isn't any more is down; what nobody ever measured is neither up nor down. */
function upOrGone(series: string): string {
  return `max(${series}) or max(max_over_time(${series}[1h])) * 0`;
}

/** In the names that CloudNativePG's default queries have. */
function cloudNativePgMetrics(here: string): Record<string, string> {
  const setting = (name: string): string => `max(cnpg_pg_settings_setting{${here},name=${quoted(name)}})`;
  return {
    pg_up: upOrGone(`cnpg_collector_up{${here}}`),
    pg_stat_activity_count: `sum(cnpg_backends_total{${here}})`,
    pg_settings_max_connections: setting('max_connections'),
    larder_connections_reserved: setting('superuser_reserved_connections'),
    cnpg_pg_stat_replication_replay_lag_seconds: `max(cnpg_pg_stat_replication_replay_lag_seconds{${here}})`,
    pg_database_wraparound_age_datfrozenxid_seconds: `max(cnpg_pg_database_xid_age{${here}})`,
    pg_database_wraparound_age_datminmxid_seconds: `max(cnpg_pg_database_mxid_age{${here}})`,
    pg_long_running_transactions_oldest_timestamp_seconds: `max(cnpg_backends_max_tx_duration_seconds{${here}})`,
  };
}

/** In the names of postgres_exporter, which StackGres runs beside each server. */
function exporterMetrics(here: string): Record<string, string> {
  return {
    pg_up: upOrGone(`pg_up{${here}}`),
    pg_stat_activity_count: `sum(pg_stat_activity_count{${here}})`,
    pg_settings_max_connections: `max(pg_settings_max_connections{${here}})`,
    larder_connections_reserved: `max(pg_settings_superuser_reserved_connections{${here}})`,
    pg_long_running_transactions_oldest_timestamp_seconds: `max(pg_stat_activity_max_tx_duration{${here}})`,
  };
}
