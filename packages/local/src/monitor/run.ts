/** What the monitor process does: takes the lock, measures every target, serves the metrics on its port for life, says how it stands. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { lineLogger, type Logger } from '@larder/controller';
import { add, CONTENT_TYPE, Exposition, type Measured, type Told } from '@larder/monitor';
import { findText } from '../home/files.ts';
import type { Home } from '../home/home.ts';
import { findKeyPair, type KeyPair } from '../pki/keypair.ts';
import { rotatingFile } from '../plane/rotating-file.ts';
import { tryLock } from '../process/lock.ts';
import { findProcessRecord, ownProcess, writeProcessRecord, type ProcessRecord } from '../process/record.ts';
import type { MonitorContext, MonitorPart } from './part.ts';
import { startParts } from './parts.ts';
import { monitorPlace, type MonitorPlace } from './place.ts';
import { readPlane } from './plane-file.ts';
import { serveMetrics, type MetricsServer, type Page } from './serve.ts';
import { Watches } from './watches.ts';
import type { TargetWatch } from './watch-target.ts';

/** How often the certificate's file is looked at, and whether the home is still there (ms). */
const RENEWAL_MS = 60_000;
const HOME_MS = 1_000;

/** The exit code of a monitor process that has served and ended. Resolves at SIGTERM or SIGINT, and when its home is gone. */
export async function runMonitor(home: Home, version: string): Promise<number> {
  const place = monitorPlace(home);
  const file = rotatingFile(place.log);
  const log = lineLogger({ write: text => file.write(text) }, { pid: process.pid });
  for (const folder of [place.targets, place.history]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = tryLock(place.lock);
  if (!lock) {
    log.info('another monitor process works for this home: this one ends');
    return 0;
  }
  try {
    return await serve(home, place, { version, log });
  } catch (error) {
    const { message, stack } = error as Error;
    log.error('the monitor process failed', { error: message, stack });
    process.stderr.write(`${message}\n`);
    return 1;
  } finally {
    lock.release();
  }
}

async function serve(
  home: Home,
  place: MonitorPlace,
  { version, log }: { version: string; log: Logger },
): Promise<number> {
  const asked = whenAsked(place);
  const port = findProcessRecord(place.record)?.port;
  const starting: ProcessRecord = { ...ownProcess(), phase: 'starting', version, port };
  writeProcessRecord(place.record, starting);
  const parts: MonitorPart[] = [];
  const now = (): number => Date.now() / 1000;
  const watches = new Watches({
    place,
    log,
    now,
    afterTurn: server => parts.forEach(part => part.afterTurn?.(server)),
  });
  const latest = (server: string): Measured[] => watches.find(server)?.parts() ?? [];
  const context: MonitorContext = { home, log, now, latest, targets: () => watches.all().map(({ target }) => target) };
  const server = await serveMetrics(servedFrom({ place, watches, parts, version, now }), certificateOf(place), port);
  parts.push(...startParts(context));
  const serving: ProcessRecord = { ...starting, phase: 'serving', port: server.port };
  writeProcessRecord(place.record, serving);
  log.info('metrics are served', { port: server.port, version });
  const renewal = renewWhenChanged(place, server, log);
  try {
    log.info('the monitor process ends', { because: await asked });
    return 0;
  } finally {
    clearInterval(renewal);
    for (const part of parts) await part.stop();
    await watches.stop();
    await server.close();
    if (existsSync(place.folder)) writeProcessRecord(place.record, { ...serving, phase: 'stopped' });
  }
}

interface From {
  place: MonitorPlace;
  watches: Watches;
  parts: readonly MonitorPart[];
  version: string;
  now: () => number;
}

function servedFrom({ place, watches, parts, version, now }: From): Parameters<typeof serveMetrics>[0] {
  const exposition = new Exposition();
  const told = (watch: TargetWatch): Told => ({
    identity: watch.target,
    parts: [...watch.parts(), ...parts.flatMap(part => [...(part.measured?.(watch.target.server) ?? [])])],
  });
  const page = (chosen: readonly TargetWatch[], more: readonly Told[]): Page => {
    const help = chosen.find(watch => watch.help().size > 0)?.help();
    return { contentType: CONTENT_TYPE, text: exposition.page([...chosen.map(told), ...more], help) };
  };
  const find = (namespace: string, claim: string): TargetWatch | undefined =>
    watches.all().find(({ target }) => target.namespace === namespace && target.claim === claim);
  return {
    token: () => findText(place.token)?.trim(),
    tokenOf: (namespace, claim) => find(namespace, claim)?.target.token,
    all: () => page(watches.all(), [{ parts: [readPlane(place, now()), ownMetrics(watches, version)] }]),
    of: (namespace, claim) => page([find(namespace, claim) ?? []].flat(), []),
  };
}

function ownMetrics(watches: Watches, version: string): Measured {
  const measured: Measured = new Map();
  add(measured, 'larder_monitor_info', 1, [version]);
  add(measured, 'larder_monitor_instances', watches.all().length);
  return measured;
}

/** Also when its home was removed under it: then there is nothing left to measure. */
function whenAsked(place: MonitorPlace): Promise<string> {
  process.on('SIGHUP', () => undefined);
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    const timer = setInterval(() => {
      if (existsSync(place.folder)) return;
      clearInterval(timer);
      resolve('its home is gone');
    }, HOME_MS);
    timer.unref();
  });
}

function certificateOf({ certificate }: MonitorPlace): KeyPair {
  const pair = findKeyPair(certificate);
  if (!pair) throw new Error(`cannot read the certificate "${certificate}": larder up writes it`);
  return pair;
}

function renewWhenChanged(place: MonitorPlace, server: MetricsServer, log: Logger): NodeJS.Timeout {
  let seen = statSync(place.certificate).mtimeMs;
  return setInterval(() => {
    try {
      const { mtimeMs } = statSync(place.certificate);
      if (mtimeMs === seen) return;
      server.renewCertificate(certificateOf(place));
      seen = mtimeMs;
    } catch (error) {
      log.error('cannot renew the certificate', { error: (error as Error).message });
    }
  }, RENEWAL_MS);
}
