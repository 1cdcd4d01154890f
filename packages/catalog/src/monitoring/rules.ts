/** The alerts as rules in Prometheus' own format: what a rule file and the spec of a `PrometheusRule` hold. */
import { gates, type Alert, type Unit } from './alert.ts';
import { alerts } from './alerts.ts';
import { identity, promQl, quoted } from './expression.ts';

export interface RuleGroup {
  name: string;
  interval?: string;
  rules: Rule[];
}

export type Rule = AlertingRule | RecordingRule;

export interface AlertingRule {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface RecordingRule {
  record: string;
  expr: string;
  labels?: Record<string, string>;
}

/** Where the runbooks lie, unless the platform team serves them elsewhere. */
export const runbookFolder = 'docs/runbooks';

/** The alerts of all instances, or of one, which is known to want them. */
export function alertGroup(of: { instance?: { namespace: string; claim: string }; runbooks?: string } = {}): RuleGroup {
  const { instance, runbooks = runbookFolder } = of;
  return { name: 'larder-alerts', rules: alerts.map(alert => alertingRule(alert, runbooks, instance)) };
}

function alertingRule(alert: Alert, runbooks: string, instance?: { namespace: string; claim: string }): AlertingRule {
  const { name, severity, forSeconds, summary, cause, remedy, runbook, unit } = alert;
  return {
    alert: name,
    expr: ofInstance(alertExpression(alert), instance),
    ...(forSeconds > 0 ? { for: `${forSeconds}s` } : {}),
    labels: { severity },
    annotations: {
      summary: templated(summary, unit),
      cause,
      remedy,
      description: `${cause} ${remedy}`,
      runbook_url: `${runbooks}/${runbook}`,
    },
  };
}

/** Its condition, where alerts are wanted, and where needed outside of maintenance. */
export function alertExpression({ condition, quietInMaintenance }: Alert): string {
  const on = `on (${identity.join(', ')})`;
  const clauses = condition.map(({ value, comparison, threshold }) => `(${promQl(value)} ${comparison} ${threshold})`);
  const gate = ({ metric, is }: { metric: string; is: number }): string =>
    `(max by (${identity.join(', ')}) (${metric}) == ${is})`;
  const wanted = [...clauses, gate(gates.enabled)].join(` and ${on} `);
  return quietInMaintenance ? `(${wanted}) unless ${on} ${gate(gates.maintenance)}` : wanted;
}

/** Every selector narrowed to one instance. Only our own expressions are read, so the names are known to be metrics. */
function ofInstance(expression: string, instance: { namespace: string; claim: string } | undefined): string {
  if (!instance) return expression;
  const own = Object.entries(instance).map(([label, value]) => `${label}=${quoted(value)}`);
  return expression.replaceAll(
    /by \(namespace, claim\) \(([a-z_:]*)(?:\{([^}]*)\})?\)/g,
    (_, name: string, matchers: string | undefined) =>
      `by (namespace, claim) (${name}{${[...(matchers === undefined ? [] : [matchers]), ...own].join(',')}})`,
  );
}

/** A text of the table as a template of Prometheus. */
function templated(text: string, unit: Unit): string {
  return text
    .replaceAll('{namespace}', '{{ $labels.namespace }}')
    .replaceAll('{claim}', '{{ $labels.claim }}')
    .replaceAll('{value}', `{{ $value${formats[unit]} }}`);
}

const formats: Record<Unit, string> = {
  ratio: ' | humanizePercentage',
  seconds: ' | humanizeDuration',
  count: ' | printf "%.0f"',
  timesBudget: ' | printf "%.1f"',
  none: '',
};

/**
 * Rules as a file that Prometheus reads. YAML's flow style is JSON, and Prometheus takes it; this writes what people can read.
 */
export function ruleFileText(groups: readonly RuleGroup[]): string {
  const lines = [
    '# Written by Larder, and written again when it changes: put rules of your own in another file.',
    'groups:',
  ];
  for (const { name, interval, rules } of groups) {
    lines.push(`  - name: ${name}`);
    if (interval !== undefined) lines.push(`    interval: ${interval}`);
    lines.push('    rules:', ...rules.flatMap(ruleLines));
  }
  return `${lines.join('\n')}\n`;
}

function ruleLines(rule: Rule): string[] {
  const fields = Object.entries(rule).flatMap(([field, value]: [string, string | Record<string, string>]) =>
    typeof value === 'string'
      ? [`${field}: ${JSON.stringify(value)}`]
      : [`${field}:`, ...Object.entries(value).map(([key, text]) => `  ${key}: ${JSON.stringify(text)}`)],
  );
  return fields.map((line, index) => `      ${index === 0 ? '- ' : '  '}${line}`);
}
