/** Monitoring: alerts and service level, as data and as arithmetic. */
export * from './alert.ts';
export { alerts } from './alerts.ts';
export * from './dashboard.ts';
export * from './dashboards.ts';
export * from './evaluation.ts';
export type { Comparison, Expression, Sample } from './expression.ts';
export { metricNames, promQl } from './expression.ts';
export * from './metric.ts';
export * from './metrics.ts';
export * from './rules.ts';
export * from './service-level.ts';
export { metricsSecretName } from './status.ts';
