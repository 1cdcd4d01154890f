/** `dashboards/`: what Grafana imports, made from the catalog's dashboards. */
import { dashboards, grafanaJson } from '@larder/catalog';
import { fileURLToPath } from 'node:url';

export const dashboardFolder = fileURLToPath(new URL('../../dashboards', import.meta.url));

/** Files by their names. */
export function renderDashboards(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(dashboards).map(([name, dashboard]) => [
      name,
      `${JSON.stringify(grafanaJson(dashboard), null, 2)}\n`,
    ]),
  );
}
