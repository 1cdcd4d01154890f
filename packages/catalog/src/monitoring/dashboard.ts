/** A Grafana dashboard, as data: rows of panels, each with what it shows. Rendered as Grafana's JSON by `grafanaJson`. */

export type PanelUnit =
  'short' | 'bytes' | 's' | 'percentunit' | 'ops' | 'Bps' | 'dateTimeFromNow' | 'bool_yes_no' | 'ms';

export interface Panel {
  title: string;
  /** What it means, and when it should be looked at. */
  description: string;
  kind: 'timeseries' | 'stat' | 'table';
  unit: PanelUnit;
  queries: { expr: string; legend: string }[];
  /** Of 24 columns. @default 8 */
  width?: number;
}

export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  /** What can be chosen at the top; each query gives the values of one label. */
  variables: { name: string; label: string; query: string; all: boolean }[];
  rows: { title: string; panels: Panel[] }[];
}

const HEIGHTS = { stat: 4, timeseries: 8, table: 10 } as const;

/** The same JSON for the same dashboard: it is checked in. */
export function grafanaJson(dashboard: Dashboard): Record<string, unknown> {
  return {
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: ['larder', 'postgresql'],
    timezone: 'browser',
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [datasource, ...dashboard.variables.map(variable)] },
    panels: panelsOf(dashboard),
  };
}

const SOURCE = { type: 'prometheus', uid: '${datasource}' };
const datasource = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };

function variable({ name, label, query, all }: Dashboard['variables'][number]): Record<string, unknown> {
  return {
    ...{ name, label, query, definition: query, type: 'query', datasource: SOURCE },
    ...{ includeAll: all, multi: all, refresh: 2, sort: 1 },
    ...(all ? { allValue: '.*', current: { text: 'All', value: '$__all' } } : {}),
  };
}

function panelsOf({ rows }: Dashboard): Record<string, unknown>[] {
  const panels: Record<string, unknown>[] = [];
  let y = 0;
  for (const { title, panels: inRow } of rows) {
    panels.push({ id: panels.length + 1, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 } });
    y += 1;
    let x = 0;
    let highest = 0;
    for (const panel of inRow) {
      const w = panel.width ?? 8;
      const h = HEIGHTS[panel.kind];
      if (x + w > 24) [x, y, highest] = [0, y + highest, 0];
      panels.push(panelJson(panel, { id: panels.length + 1, gridPos: { x, y, w, h } }));
      [x, highest] = [x + w, Math.max(highest, h)];
    }
    y += highest;
  }
  return panels;
}

function panelJson(
  { title, description, kind, unit, queries }: Panel,
  place: { id: number; gridPos: object },
): Record<string, unknown> {
  const instant = kind !== 'timeseries';
  return {
    ...place,
    type: kind,
    title,
    description,
    datasource: SOURCE,
    fieldConfig: {
      defaults: { unit, ...(kind === 'timeseries' ? { custom: { fillOpacity: 10 } } : {}) },
      overrides: [],
    },
    options: kind === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value' } : {},
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(65 + at),
      ...{ expr, legendFormat: legend, datasource: SOURCE },
      ...(instant ? { instant: true, range: false } : { range: true }),
      ...(kind === 'table' ? { format: 'table' } : {}),
    })),
  };
}
