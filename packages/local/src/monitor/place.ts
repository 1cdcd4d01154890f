/** Where the monitor process keeps what is its own, and what it says of itself. */
import { join } from 'node:path';
import type { Home } from '../home/home.ts';
import { findProcessRecord, findServingProcess, type ProcessRecord, type ServingProcess } from '../process/record.ts';

export interface MonitorPlace {
  /** Its working folder, by which it is found. */
  folder: string;
  /** What it is to measure: a file an instance, written by the plane. */
  targets: string;
  /** A folder an instance with its last fifteen days. */
  history: string;
  /** What the plane says of itself, written by the plane. */
  plane: string;
  /** Lets whoever knows it read all metrics. */
  token: string;
  /** Its certificate, written by the plane. */
  certificate: string;
  /** How Prometheus is told of it. */
  scrapeConfig: string;
  record: string;
  /** Locked while it runs. */
  lock: string;
  log: string;
  /** What it prints that isn't its log. */
  output: string;
}

export function monitorPlace(home: Pick<Home, 'folder' | 'logs'>): MonitorPlace {
  const folder = join(home.folder, 'monitor');
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    targets: at('targets'),
    history: at('history'),
    plane: at('plane.json'),
    token: at('token'),
    certificate: at('certificate.pem'),
    scrapeConfig: at('prometheus.yml'),
    record: at('monitor.json'),
    lock: at('lock'),
    log: join(home.logs, 'monitor.log'),
    output: join(home.logs, 'monitor.out'),
  };
}

/** Of the last monitor process, running or not. */
export function findMonitorRecord(place: MonitorPlace): ProcessRecord | undefined {
  return findProcessRecord(place.record);
}

/** Of the monitor process that serves now. */
export function findServingMonitor(place: MonitorPlace): ServingProcess | undefined {
  return findServingProcess(place.record);
}

/** Where all metrics are; `undefined` while they are not served. */
export function findMetricsUrl(home: Pick<Home, 'folder' | 'logs'>): string | undefined {
  const port = findServingMonitor(monitorPlace(home))?.port;
  return port === undefined ? undefined : metricsUrl(port);
}

/** Of all instances, or of one claim. */
export function metricsUrl(port: number, claim?: { namespace: string; name: string }): string {
  return `https://127.0.0.1:${port}/metrics${claim ? `/${claim.namespace}/${claim.name}` : ''}`;
}
