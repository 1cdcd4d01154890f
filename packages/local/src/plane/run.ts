/** The plane as a process: takes the lock, serves until it is asked to end, and leaves a record of itself. */
import { lineLogger, type Logger } from '@larder/controller';
import type { Home } from '../home/home.ts';
import { tryLock } from '../process/lock.ts';
import { ownProcess } from '../process/record.ts';
import { announce } from './announce.ts';
import type { ListenWish } from './listen.ts';
import type { Plane } from './plane.ts';
import { findPlaneRecord, writePlaneRecord, type PlaneRecord } from './record.ts';
import { rotatingFile } from './rotating-file.ts';

export interface PlaneOptions {
  home: Home;
  version: string;
  /** Absent: the last one if it is free, else any. */
  apiPort?: number;
  /** Absent: as last time. */
  listen?: ListenWish;
  build?: string;
}

/** The exit code of a plane that has served and ended. Resolves at SIGTERM or SIGINT; databases go on. */
export async function runPlane(options: PlaneOptions): Promise<number> {
  const { home } = options;
  const log = lineLogger({ write: text => file.write(text) }, { pid: process.pid });
  const file = rotatingFile(home.planeLog);
  const lock = tryLock(home.lock);
  if (!lock) {
    announce({ alreadyRunning: true });
    process.stderr.write(`larder: a plane runs in "${home.folder}" already: see larder status\n`);
    return 1;
  }
  watchForFaults(log);
  const asked = new Promise<string>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
  });
  try {
    return await serve(options, log, asked);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.error('the plane failed', { error: message, stack: (error as Error).stack });
    announce({ failed: message });
    process.stderr.write(`larder: ${message}\n`);
    return 1;
  } finally {
    lock.release();
  }
}

async function serve(options: PlaneOptions, log: Logger, asked: Promise<string>): Promise<number> {
  const { home, version, apiPort, build } = options;
  const began = performance.now();
  const last = findPlaneRecord(home);
  const preferredPort = last?.apiPort;
  const listen = options.listen ?? last?.listen;
  let record: PlaneRecord = { ...newRecord(version, apiPort ?? preferredPort), listen, build };
  writePlaneRecord(home, record);
  const { startPlane } = await import('./plane.ts');
  const plane: Plane = await startPlane({ home, version, log, apiPort, preferredPort, listen });
  record = {
    ...record,
    phase: 'serving',
    apiPort: plane.apiPort,
    endpoints: { ...record.endpoints, api: plane.api, s3: plane.s3 },
  };
  writePlaneRecord(home, record);
  log.info('the plane serves', { api: plane.api, version, ms: Math.round(performance.now() - began) });
  announce({ serving: record });
  const keeping = setInterval(() => keepPlaneRecord(home, record, log), 5_000);
  try {
    const signal = await Promise.race([asked, plane.failed]);
    log.info('the plane ends', { signal });
    return 0;
  } finally {
    clearInterval(keeping);
    await closeInTime(plane, log);
    writePlaneRecord(home, { ...record, phase: 'stopped' });
  }
}

function newRecord(version: string, apiPort: number | undefined): PlaneRecord {
  const endpoints = { api: null, metrics: null, s3: null };
  return { ...ownProcess(), phase: 'starting', version, startedAt: new Date().toISOString(), endpoints, apiPort };
}

/** Who looks for the plane reads its record: one that was removed or damaged meanwhile is written again. */
function keepPlaneRecord(home: Home, record: PlaneRecord, log: Logger): void {
  if (findPlaneRecord(home)?.pid === record.pid) return;
  try {
    writePlaneRecord(home, record);
    log.info('plane.json was lost and is written again');
  } catch (error) {
    log.debug('plane.json cannot be written', { error: String(error) });
  }
}

/** What can't be stopped in time is left to the recovery that every start is. */
async function closeInTime(plane: Plane, log: Logger): Promise<void> {
  const timer = setTimeout(() => {
    log.error('the plane did not end in time: it ends the hard way');
    process.exit(1);
  }, 10_000);
  await plane.close().finally(() => clearTimeout(timer));
}

/** A rejection nobody handled is a fault of ours, but no reason to take the API from everybody; an exception leaves unknown state. */
function watchForFaults(log: Logger): void {
  process.on('unhandledRejection', reason => {
    log.error('unhandled rejection', {
      error: String(reason),
      stack: reason instanceof Error ? reason.stack : undefined,
    });
  });
  process.on('uncaughtException', error => {
    log.error('uncaught exception', { error: error.message, stack: error.stack });
    process.exit(1);
  });
}
