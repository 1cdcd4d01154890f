/** Monitoring: alerts and service level, as data and as arithmetic. */
export * from './alert.ts';
export * from './alerts.ts';
export * from './evaluation.ts';
export * from './expression.ts';
export * from './rules.ts';
export * from './service-level.ts';
