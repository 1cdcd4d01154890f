/**
 * The one table of metrics: what is measured of an instance and of the plane, on every plane under the same names. Dashboards and alerts
 * are checked against it.
 */
import type { Metric } from './metric.ts';
import { claimMetrics } from './metrics-claim.ts';
import { databaseMetrics } from './metrics-database.ts';
import { monitorMetrics, planeMetrics } from './metrics-plane.ts';
import { serverMetrics } from './metrics-server.ts';
import { serviceLevelMetrics } from './metrics-service-level.ts';

export const metrics: readonly Metric[] = [
  ...serverMetrics,
  ...databaseMetrics,
  ...claimMetrics,
  ...serviceLevelMetrics,
  ...monitorMetrics,
  ...planeMetrics,
];

/** What every metric of an instance is told apart by. */
export const identityLabels = ['namespace', 'claim', 'instance'] as const;

const byName = new Map(metrics.map(metric => [metric.name, metric]));

/** Settings are metrics too: numbers and switches, in bytes and seconds where they have a unit. */
const SETTING = /^pg_settings_[a-z0-9_]+$/;

/** `undefined` for a name that nobody measures. Parts of a histogram are found by their own names. */
export function findMetric(name: string): Metric | undefined {
  const known = byName.get(name);
  if (known) return known;
  if (SETTING.test(name)) return settingMetric(name, 'A setting of the server.');
  const histogram = byName.get(name.replace(/_(bucket|sum|count)$/, ''));
  return histogram?.type === 'histogram' ? histogram : undefined;
}

export function settingMetric(name: string, help: string): Metric {
  return { name, type: 'gauge', help, labels: [], source: 'server' };
}

/** Whether servers of this major tell it. */
export function isOfMajor({ majors }: Metric, major: number): boolean {
  return major >= (majors?.from ?? 0) && major <= (majors?.to ?? Infinity);
}
