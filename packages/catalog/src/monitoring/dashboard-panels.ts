/** Panels of dashboards, in few words. */
import type { Panel } from './dashboard.ts';

export type Line = [expr: string, legend: string];

export const series = (title: string, unit: Panel['unit'], description: string, ...lines: Line[]): Panel => ({
  ...{ title, unit, description, kind: 'timeseries' as const },
  queries: lines.map(([expr, legend]) => ({ expr, legend })),
});

export const stat = (title: string, unit: Panel['unit'], description: string, expr: string): Panel => ({
  ...{ title, unit, description, kind: 'stat' as const, width: 4 },
  queries: [{ expr, legend: '' }],
});
