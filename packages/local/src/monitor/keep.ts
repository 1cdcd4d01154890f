/**
 * Keeps one monitor process running as soon as there is something to measure: adopts the one that is there, starts one where there is
 * none, and looks after it as long as the plane lives. Never keeps the plane from serving.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@larder/controller';
import { describePortHolder } from '@larder/postgres';
import { findText, writeFileAtomic } from '../home/files.ts';
import type { Home } from '../home/home.ts';
import { findKeyPair, isUsable, keyPairText } from '../pki/keypair.ts';
import type { Pki } from '../pki/pki.ts';
import { endProcess } from '../process/end.ts';
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
  /** Program and arguments of the process. @default the one of the sources or the bundle that we run from */
  command?: string[];
}

const HOST = '127.0.0.1';
/** With less room than a turn of fifty instances takes, much of what is read is copied before it is let go of. */
const FRUGAL = ['--max-semi-space-size=8'];
/** How long a start may take (ms). */
const START_MS = 60_000;
/** How often the certificate is looked at (ms). */
const CERTIFICATE_MS = 3_600_000;
/** How often the process is looked at (ms). */
const LOOK_MS = 1_000;

/** Begins at once, and returns before it serves. */
export function keepMonitor(options: KeepMonitorOptions): KeptMonitor {
  const place = monitorPlace(options.home);
  const stopping = new AbortController();
  let problem = '';
  let certificateDue = 0;
  const look = async (): Promise<void> => {
    if (findMonitorRecord(place) === undefined && listTargets(place).length === 0) return;
    try {
      if (performance.now() >= certificateDue) {
        await ensureFiles(place, options.pki);
        certificateDue = performance.now() + CERTIFICATE_MS;
      }
      await ensureRunning(place, options, stopping.signal);
      problem = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== problem) options.log.error('nothing is measured', { error: message });
      problem = message;
    }
  };
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look();
      await delay(LOOK_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  };
  const watching = watch();
  return {
    url() {
      const port = findServingMonitor(place)?.port;
      return port === undefined ? undefined : metricsUrl(port);
    },
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

/** May run twice. @throws Error that says why there is none */
async function ensureRunning(
  place: MonitorPlace,
  { version, log, command, home, pki }: KeepMonitorOptions,
  signal: AbortSignal,
): Promise<void> {
  const serving = findServingMonitor(place);
  if (serving?.version === version) return;
  if (serving) {
    log.info('the monitor process is replaced', { from: serving.version, to: version });
    await endProcess(serving, { graceMs: 10_000 });
  }
  await start(place, { version, command, folder: home.folder, signal });
  const port = findServingMonitor(place)?.port;
  if (port === undefined) return;
  writeScrapeConfig(place, { port, caCertificate: pki.caCertificate });
  log.info('the monitor process is started', { url: metricsUrl(port) });
}

async function start(
  place: MonitorPlace,
  {
    version,
    folder,
    command = ownProgram('larder-monitor', new URL('./main.ts', import.meta.url), FRUGAL),
    signal,
  }: { version: string; folder: string; command?: string[]; signal: AbortSignal },
): Promise<void> {
  const output = openSync(place.output, 'w', 0o600);
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    cwd: place.folder,
    detached: true,
    env: {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      LC_ALL: 'C.UTF-8',
      MALLOC_ARENA_MAX: '2',
      LARDER_HOME: folder,
      LARDER_MONITOR_VERSION: version,
    },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.unref();
  let failed = false;
  // One that finds another at work ends well: then it is that one that will serve.
  child.once('exit', code => (failed = code !== 0));
  child.once('error', () => (failed = true));
  for (const deadline = performance.now() + START_MS; !findServingMonitor(place); await delay(20)) {
    if (signal.aborted) return;
    if (failed) throw new Error(whyEnded(place));
    if (performance.now() > deadline) throw new Error(`the monitor process doesn't serve; see "${place.log}"`);
  }
}

function whyEnded(place: MonitorPlace): string {
  const lines = findText(place.output)?.trim().split('\n') ?? [];
  const said = lines.findLast(line => /Error/.test(line)) ?? lines.at(-1) ?? '';
  const port = findMonitorRecord(place)?.port;
  const remedy = said.includes('EADDRINUSE')
    ? `; ${port === undefined ? 'somebody' : describePortHolder(port)} has its port, which secrets name: end that process, and metrics are served again`
    : '';
  return `the monitor process ended: ${said === '' ? `see "${place.log}"` : said}${remedy}`;
}

/** The process reads the certificate again when it changes. */
async function ensureFiles(place: MonitorPlace, pki: Pki): Promise<void> {
  for (const folder of [place.folder, place.targets, place.history])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (findText(place.token) === undefined) writeFileAtomic(place.token, `${randomBytes(32).toString('base64url')}\n`);
  const names = { dnsNames: ['localhost'], ipAddresses: [HOST, '::1'] };
  const known = findKeyPair(place.certificate);
  if (known && isUsable(known, new X509Certificate(pki.caCertificate), names.dnsNames, new Date())) return;
  const made = await pki.issueServerCertificate({ commonName: 'larder-metrics', ...names });
  writeFileAtomic(place.certificate, keyPairText(made));
}
