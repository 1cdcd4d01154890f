/** What the storage process does: takes the lock, serves on its port for life, keeps the servers' logs, says how it stands. */
import { statSync } from 'node:fs';
import { lineLogger, type Logger } from '@larder/controller';
import { keyFolder, startObjectStore, type ObjectStore } from '@larder/objectstore';
import type { Home } from '../home/home.ts';
import { findKeyPair, type KeyPair } from '../pki/keypair.ts';
import { rotatingFile } from '../plane/rotating-file.ts';
import { tryLock } from '../process/lock.ts';
import { findProcessRecord, ownProcess, writeProcessRecord, type ProcessRecord } from '../process/record.ts';
import { keepLogs } from './logs.ts';
import { storagePlace, type StoragePlace } from './place.ts';

/** How often the certificate's file is looked at. */
const RENEWAL_MS = 60_000;

/** The exit code of a storage process that has served and ended. Resolves at SIGTERM or SIGINT. */
export async function runStorage(home: Home, version: string): Promise<number> {
  const place = storagePlace(home);
  const file = rotatingFile(place.log);
  const log = lineLogger({ write: text => file.write(text) }, { pid: process.pid });
  const lock = tryLock(place.lock);
  if (!lock) {
    log.info('another storage process serves this home: this one ends');
    return 0;
  }
  const asked = new Promise<string>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  process.on('SIGHUP', () => undefined);
  try {
    return await serve(place, { home, version, log, asked });
  } catch (error) {
    const { message, stack } = error as Error;
    log.error('the storage process failed', { error: message, stack });
    process.stderr.write(`${message}\n`);
    return 1;
  } finally {
    lock.release();
  }
}

async function serve(
  place: StoragePlace,
  { home, version, log, asked }: { home: Home; version: string; log: Logger; asked: Promise<string> },
): Promise<number> {
  const port = findProcessRecord(place.record)?.port;
  const starting: ProcessRecord = { ...ownProcess(), phase: 'starting', version, port };
  writeProcessRecord(place.record, starting);
  const store = await startObjectStore({
    folder: place.buckets,
    keys: keyFolder(place.keys),
    tls: certificateOf(place),
    port,
    onError: (error, operation) =>
      log.error('a request failed', { operation, error: error.message, stack: error.stack }),
  });
  const serving: ProcessRecord = { ...starting, phase: 'serving', port: store.port };
  writeProcessRecord(place.record, serving);
  log.info('the buckets are served', { url: store.url, version });
  const renewal = renewWhenChanged(place, store, log);
  const logs = keepLogs(home, log);
  try {
    log.info('the storage process ends', { signal: await asked });
    return 0;
  } finally {
    clearInterval(renewal);
    await logs.stop();
    await store.close();
    writeProcessRecord(place.record, { ...serving, phase: 'stopped' });
  }
}

function certificateOf({ certificate }: StoragePlace): KeyPair {
  const pair = findKeyPair(certificate);
  if (!pair) throw new Error(`cannot read the certificate "${certificate}": larder up writes it`);
  return pair;
}

function renewWhenChanged(place: StoragePlace, store: ObjectStore, log: Logger): NodeJS.Timeout {
  let seen = statSync(place.certificate).mtimeMs;
  return setInterval(() => {
    try {
      const { mtimeMs } = statSync(place.certificate);
      if (mtimeMs === seen) return;
      store.renewCertificate(certificateOf(place));
      seen = mtimeMs;
    } catch (error) {
      log.error('cannot renew the certificate', { error: (error as Error).message });
    }
  }, RENEWAL_MS);
}
