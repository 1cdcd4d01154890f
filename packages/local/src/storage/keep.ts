/** Keeps the storage process running, which serves the buckets and archives WAL. */
import { mkdirSync } from 'node:fs';
import type { Logger } from '@larder/controller';
import type { Home } from '../home/home.ts';
import { ensureLoopbackCertificate, LOOPBACK } from '../pki/loopback-certificate.ts';
import type { Pki } from '../pki/pki.ts';
import { keepProcess } from '../process/keep.ts';
import { ownProgram } from '../process/own-program.ts';
import { findServingStorage, storagePlace, type StoragePlace } from './place.ts';

export interface StorageEndpoint {
  host: string;
  port: number;
  /** `https://127.0.0.1:<port>` */
  url: string;
}

export interface Storage {
  /** Where buckets are served; `undefined` while they are not. */
  endpoint(): StorageEndpoint | undefined;
  /** Why they are not, in words. */
  problem(): string;
  /** Stops looking after it. The process goes on. */
  stop(): Promise<void>;
}

export interface KeepStorageOptions {
  home: Home;
  pki: Pki;
  version: string;
  log: Logger;
}

/**
 * Segments of 16 MB come and go in it. glibc would keep what they lay in, in as many arenas as there are threads: measured, 293 MB
 * instead of 180.
 */
const FRUGAL = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** Young objects get little room: what comes and goes here are buffers, which lie outside. Measured, 40 MB less than with node's own. */
const FLAGS = ['--max-semi-space-size=1'];

/** Resolves when buckets are served, or when the first try has failed: then it goes on trying. */
export async function keepStorage({ home, pki, version, log }: KeepStorageOptions): Promise<Storage> {
  const place = storagePlace(home);
  const kept = keepProcess({
    name: 'storage',
    command: ownProgram('larder-storage', new URL('./main.ts', import.meta.url), FLAGS),
    environment: {
      ...FRUGAL,
      // Its last line says why it ended: no place for news about versions.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      LARDER_HOME: home.folder,
      LARDER_STORAGE_VERSION: version,
    },
    place,
    version,
    async prepare() {
      mkdirSync(place.folder, { recursive: true, mode: 0o700 });
      await ensureLoopbackCertificate(pki, place.certificate, 'larder-s3');
    },
    started: () => log.info('the storage process is started', { url: endpointOf(place)?.url }),
    loss: 'the buckets are not served',
    portRemedy: 'which the buckets have for life: end that process, and they are served again',
    log,
  });
  await kept.first;
  return { endpoint: () => endpointOf(place), problem: kept.problem, stop: kept.stop };
}

function endpointOf(place: StoragePlace): StorageEndpoint | undefined {
  const port = findServingStorage(place)?.port;
  return port === undefined ? undefined : { host: LOOPBACK, port, url: `https://${LOOPBACK}:${port}` };
}
