/** The alerts and the service level of an instance on this machine: one PostgresMonitor, and what its owner sees of it. */
import type { Condition, KubeObject } from '@larder/kube';
import type { CompositionCondition, CompositionEvent, DesiredComposed } from '../../composition.ts';
import { ownersOwn } from '../engines/acceptance.ts';
import { LOCAL_API_VERSION } from '../engines/postgres-server.ts';
import { fieldAt, textOf } from '../fields.ts';
import type { PostgresMonitor, PostgresMonitorSpec } from './monitor-kind.ts';
import type { AlertStatus } from './status-schema.ts';
import { readAlerts } from './wish.ts';

/** It never keeps an instance from being ready. */
export function composeMonitor(composite: KubeObject): Record<string, DesiredComposed> {
  const { name, labels, annotations } = composite.metadata;
  const metadata = { name, labels: ownersOwn(labels), annotations: ownersOwn(annotations) };
  const resource = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresMonitor', metadata, spec: monitorSpec(composite) };
  return { monitor: { resource, ready: true } };
}

function monitorSpec(composite: KubeObject): PostgresMonitorSpec {
  const namespace = textOf(fieldAt(composite, 'spec.claimRef.namespace'));
  const name = textOf(fieldAt(composite, 'spec.claimRef.name'));
  return {
    ...(namespace === '' || name === '' ? {} : { claim: { namespace, name } }),
    alerts: readAlerts(composite),
  };
}

/** The claim's status. */
export function monitorStatus(monitor: PostgresMonitor | undefined): Record<string, unknown> {
  const { alerts = [], serviceLevel } = monitor?.status ?? {};
  return { ...(alerts.length > 0 ? { alerts } : {}), ...(serviceLevel ? { serviceLevel } : {}) };
}

/** Unless somebody else's Secret has the name. */
export function hasMetricsSecret(monitor: PostgresMonitor | undefined): boolean {
  return !(monitor?.status?.conditions ?? []).some(({ type }) => type === 'MetricsSecretWritten');
}

/** What is well stays on the composite, the rest goes up to the claim. */
export function monitorConditions(monitor: PostgresMonitor | undefined): CompositionCondition[] {
  return (monitor?.status?.conditions ?? []).map(({ type, status, reason, message = '' }: Condition) => ({
    type,
    status,
    reason,
    message,
    target: status === 'True' ? 'Composite' : 'CompositeAndClaim',
  }));
}

/** What has begun and what is over, since the composite last said. */
export function monitorEvents(composite: KubeObject, monitor: PostgresMonitor | undefined): CompositionEvent[] {
  if (monitor?.status === undefined) return [];
  const before = (fieldAt(composite.status, 'alerts') ?? []) as AlertStatus[];
  const { alerts: now = [] } = monitor.status;
  const isIn = (list: AlertStatus[], { name, since }: AlertStatus): boolean =>
    list.some(one => one.name === name && one.since === since);
  const began = now
    .filter(alert => !isIn(before, alert))
    .map(({ name, summary, remedy }) => ({
      type: 'Warning' as const,
      reason: name,
      message: `${summary} ${remedy}`,
    }));
  const over = before
    .filter(alert => !isIn(now, alert))
    .map(({ name, since }) => ({
      type: 'Normal' as const,
      reason: `${name}Resolved`,
      message: `${name}, which had fired since ${since}, is over.`,
    }));
  return [...began, ...over].map(event => ({ ...event, target: 'CompositeAndClaim' as const }));
}
