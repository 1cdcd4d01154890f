/** The report of the service level over a span of time, from the records on disk: it needs neither the plane nor the monitor. */
import { availability, objective, outagesOf, spanOf, type Outage, type Span } from '@larder/catalog';
import type { Home } from '../../home/home.ts';
import { findOrders, listOrders } from '../orders.ts';
import { monitorPlace } from '../place.ts';
import { readRecord, recordPath, RECORD_MINUTES } from './record.ts';

export interface ServiceLevelReport {
  namespace: string;
  claim: string;
  server: string;
  /** s since 1970 */
  from: number;
  to: number;
  span: Span;
  /** Absent when nothing was measured. */
  availability?: number;
  objective: number;
  /** How long it may have been down in this span (s). */
  budgetSeconds: number;
  outages: Outage[];
}

/** Of each instance, whole minutes only. What is older than the record is not measured. */
export function serviceLevelReports(home: Home, span: { from: number; to: number }): ServiceLevelReport[] {
  const place = monitorPlace(home);
  return listOrders(place).flatMap(server => {
    const orders = findOrders(place, server);
    if (!orders) return [];
    const { namespace, claim } = orders;
    return [{ namespace, claim, server, ...reported(recordPath(place.folder, server), span) }];
  });
}

function reported(
  path: string,
  { from, to }: { from: number; to: number },
): Omit<ServiceLevelReport, 'namespace' | 'claim' | 'server'> {
  const [first, last] = [Math.floor(from / 60), Math.floor(to / 60)];
  const known = Math.max(first, last - RECORD_MINUTES + 1);
  const minutes = readRecord(path, known, last);
  const span = spanOf(minutes, (last - first) * 60);
  const ratio = availability(span);
  return {
    from: first * 60,
    to: last * 60,
    span,
    ...(ratio === undefined ? {} : { availability: ratio }),
    objective: objective.ratio,
    budgetSeconds: (last - first) * 60 * (1 - objective.ratio),
    outages: outagesOf(minutes, known * 60),
  };
}
