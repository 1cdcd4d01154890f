/** What the probe of an instance finds, and the service level that follows from it. */
import { entriesFrom, type Metric } from './metric.ts';

const { gauge } = entriesFrom('monitor');
const truth = { unit: 'boolean' } as const;
const seconds = { unit: 'seconds' } as const;
const ratio = { unit: 'ratio' } as const;

export const serviceLevelMetrics: readonly Metric[] = [
  gauge('larder_probe_up', 'Whether a connection as an application has it is answered.', truth),
  gauge('larder_probe_login_up', 'Whether the last new login was let in; absent when that says nothing.', truth),
  gauge('larder_probe_duration_seconds', 'How long the last answer took.', seconds),
  gauge('larder_probe_login_duration_seconds', 'How long the last new login took.', seconds),
  gauge('larder_slo_objective_ratio', 'The share of time that is aimed at.', ratio),
  gauge('larder_slo_availability_ratio', 'The share of the measured time of 30 days, maintenance taken out.', ratio),
  gauge('larder_slo_error_budget_remaining_ratio', 'What is left of the error budget of 30 days.', ratio),
  gauge('larder_slo_burn_rate', 'How many times as fast as it may the budget is used.', { labels: ['window'] }),
  gauge('larder_slo_measured_seconds', 'Of the last 30 days: up, down, in maintenance, and not measured.', {
    labels: ['state'],
    ...seconds,
  }),
];
