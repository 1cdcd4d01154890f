/** Keeps the monitor process running as soon as there is something to measure. Never keeps the plane from serving. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Logger } from '@larder/controller';
import { findText, writeFileAtomic } from '../home/files.ts';
import type { Home } from '../home/home.ts';
import { ensureLoopbackCertificate } from '../pki/loopback-certificate.ts';
import type { Pki } from '../pki/pki.ts';
import { keepProcess } from '../process/keep.ts';
import { ownProgram } from '../process/own-program.ts';
import { findMonitorRecord, findServingMonitor, metricsUrl, monitorPlace, type MonitorPlace } from './place.ts';
import { writeScrapeConfig } from './scrape-config.ts';
import { listTargets } from './targets.ts';

export interface KeptMonitor {
  /** Where all metrics are; `undefined` while they are not served. */
  url(): string | undefined;
  /** Stops looking after it. The process goes on. */
  stop(): Promise<void>;
}

export interface KeepMonitorOptions {
  home: Home;
  pki: Pki;
  version: string;
  log: Logger;
}

/** With less room than a turn of fifty instances takes, much of what is read is copied before it is let go of. */
const FLAGS = ['--max-semi-space-size=8'];

/** Begins at once, and returns before it serves. */
export function keepMonitor({ home, pki, version, log }: KeepMonitorOptions): KeptMonitor {
  const place = monitorPlace(home);
  const { stop } = keepProcess({
    name: 'monitor',
    command: ownProgram('larder-monitor', new URL('./main.ts', import.meta.url), FLAGS),
    environment: { MALLOC_ARENA_MAX: '2', LARDER_HOME: home.folder, LARDER_MONITOR_VERSION: version },
    place,
    version,
    prepare: () => ensureFiles(place, pki),
    isWanted: () => findMonitorRecord(place) !== undefined || listTargets(place).length > 0,
    started({ port }) {
      writeScrapeConfig(place, { port, caCertificate: pki.caCertificate });
      log.info('the monitor process is started', { url: metricsUrl(port) });
    },
    loss: 'nothing is measured',
    portRemedy: 'which secrets name: end that process, and metrics are served again',
    log,
  });
  return {
    url() {
      const port = findServingMonitor(place)?.port;
      return port === undefined ? undefined : metricsUrl(port);
    },
    stop,
  };
}

async function ensureFiles(place: MonitorPlace, pki: Pki): Promise<void> {
  for (const folder of [place.folder, place.targets, place.history])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (findText(place.token) === undefined) writeFileAtomic(place.token, `${randomBytes(32).toString('base64url')}\n`);
  await ensureLoopbackCertificate(pki, place.certificate, 'larder-metrics');
}
