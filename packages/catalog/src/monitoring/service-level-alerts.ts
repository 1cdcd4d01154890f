/**
 * Alerts on the rate at which the error budget is burnt. Two windows each, as is usual: the long one says that it matters, the short one
 * that it goes on.
 */
import type { Alert } from './alert.ts';
import { metric } from './expression.ts';

function burn(window: string, threshold: number): Alert['condition'][0] {
  return { value: metric('larder_slo_burn_rate', { where: { window } }), comparison: '>', threshold };
}

const shared = {
  unit: 'timesBudget',
  // Maintenance is taken out of what is measured, not out of what is told of it.
  quietInMaintenance: false,
  cause: 'The server was away, hung, or let nobody in, outside of its maintenance.',
  remedy: 'See when with `larder sla`, and why in the events of the claim and the log of the server.',
  runbook: 'error-budget.md',
} as const;

export const burnAlerts: readonly Alert[] = [
  {
    ...shared,
    name: 'PostgreSQLErrorBudgetBurnsFast',
    severity: 'critical',
    condition: [burn('1h', 14.4), burn('5m', 14.4)],
    forSeconds: 120,
    summary: '{namespace}/{claim} burns its error budget {value} times as fast as it may: all of it within two days.',
  },
  {
    ...shared,
    name: 'PostgreSQLErrorBudgetBurns',
    severity: 'warning',
    condition: [burn('6h', 6), burn('30m', 6)],
    forSeconds: 900,
    summary: '{namespace}/{claim} burns its error budget {value} times as fast as it may: all of it within five days.',
  },
];
