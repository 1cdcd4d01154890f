/** What an alert is: a condition as data, and what a person needs who is woken by it. */
import { holds, valueOf, type Comparison, type Expression, type Sample } from './expression.ts';

export const severities = ['critical', 'warning', 'info'] as const;

/** `critical`: somebody acts now. `warning`: somebody acts today. `info`: somebody plans. */
export type Severity = (typeof severities)[number];

/** How a value is written for people. */
export type Unit = 'ratio' | 'seconds' | 'count' | 'timesBudget' | 'none';

export interface Clause {
  value: Expression;
  comparison: Comparison;
  threshold: number;
}

export interface Alert {
  /** In CamelCase: the label `alertname`. */
  name: string;
  severity: Severity;
  /** All must hold, for as long as `forSeconds`. The first one's value is the one that is told. */
  condition: readonly [Clause, ...Clause[]];
  forSeconds: number;
  unit: Unit;
  /** Quiet while the instance's own maintenance is under way: what it says is then expected. */
  quietInMaintenance: boolean;
  /** One line. `{claim}`, `{namespace}` and `{value}` are filled in. */
  summary: string;
  cause: string;
  remedy: string;
  /** Below docs/runbooks. */
  runbook: `${string}.md`;
}

/** What every alert needs beside its own condition. */
export const gates = {
  enabled: { metric: 'larder_instance_alerts_enabled', is: 1 },
  maintenance: { metric: 'larder_maintenance_active', is: 1 },
} as const;

/** The value that an alert tells, if its condition holds now. */
export function conditionValue(alert: Alert, samples: readonly Sample[], atSeconds: number): number | undefined {
  const has = (gate: { metric: string; is: number }): boolean =>
    samples.some(({ name, value }) => name === gate.metric && value === gate.is);
  if (!has(gates.enabled) || (alert.quietInMaintenance && has(gates.maintenance))) return undefined;
  const values = alert.condition.map(clause => ({ ...clause, is: valueOf(clause.value, samples, atSeconds) }));
  return values.every(({ is, comparison, threshold }) => holds(is, comparison, threshold)) ? values[0]?.is : undefined;
}

/** A text of the table for one instance. */
export function filledIn(text: string, of: { namespace: string; claim: string; value: string }): string {
  return text.replaceAll(/\{(namespace|claim|value)\}/g, (_, name: keyof typeof of) => of[name]);
}

/** A value as people read it. */
export function valueText(value: number, unit: Unit): string {
  switch (unit) {
    case 'ratio':
      return `${shortened(value * 100)}%`;
    case 'seconds':
      return durationText(value);
    case 'timesBudget':
      return `${shortened(value)}`;
    case 'count':
      return grouped(value);
    case 'none':
      return String(value);
  }
}

/** Days and hours, hours and minutes, or less: the two largest units. */
export function durationText(seconds: number): string {
  if (seconds < 0) return `-${durationText(-seconds)}`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [Math.floor(seconds) % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ');
}

function shortened(value: number): string {
  return value.toFixed(value >= 100 ? 0 : 1).replace(/\.0$/, '');
}

function grouped(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
