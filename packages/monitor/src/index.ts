/** Measures PostgreSQL servers: what Prometheus scrapes, and fifteen days of history. */
export * from './measured.ts';
export * from './exposition.ts';
export * from './measure/server.ts';
export type { Reach } from './measure/reach.ts';
export { bounds, OTHERS } from './measure/bounds.ts';
export type { Access } from './measure/session.ts';
export { bootTime, measureProcesses } from './measure/processes.ts';
export * from './history/series.ts';
export * from './history/history.ts';
export type { TimedPoint } from './history/ring.ts';
