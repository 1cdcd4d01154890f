/**
 * Keeps one storage process running: adopts the one that is there, starts one where there is none, and looks after it as long as the
 * plane lives. One of another version is replaced, which its clients see as a connection to be made again.
 */
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
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
import { findServingStorage, findStorageRecord, storagePlace, type StoragePlace } from './place.ts';

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
  /** Program and arguments of the process. @default the one of the sources or the bundle that we run from */
  command?: string[];
}

const HOST = '127.0.0.1';

/**
 * Segments of 16 MB come and go in it. glibc would keep what they lay in, in as many arenas as there are threads: measured, 293 MB
 * instead of 180.
 */
const FRUGAL = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** How long a start may take (ms). */
const START_MS = 30_000;

/** How often the certificate is looked at (ms). */
const CERTIFICATE_MS = 3_600_000;

/** How often the process is looked at (ms). */
const LOOK_MS = 1_000;

/** Resolves when buckets are served, or when the first try has failed: then it goes on trying. */
export async function keepStorage(options: KeepStorageOptions): Promise<Storage> {
  const place = storagePlace(options.home);
  const stopping = new AbortController();
  let problem = 'the storage process is starting';
  let certificateDue = 0;
  const look = async (): Promise<void> => {
    try {
      if (performance.now() >= certificateDue) {
        await ensureCertificate(place, options.pki);
        certificateDue = performance.now() + CERTIFICATE_MS;
      }
      await ensureRunning(place, options);
      problem = '';
    } catch (error) {
      const message = (error as Error).message;
      if (message !== problem) options.log.error('the buckets are not served', { error: message });
      problem = message;
    }
  };
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await delay(LOOK_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (!stopping.signal.aborted) await look();
    }
  };
  await look();
  const watching = watch();
  return {
    endpoint: () => endpointOf(place),
    problem: () => problem,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

function endpointOf(place: StoragePlace): StorageEndpoint | undefined {
  const port = findServingStorage(place)?.port;
  return port === undefined ? undefined : { host: HOST, port, url: `https://${HOST}:${port}` };
}

/** May run twice. @throws Error that says why there is none */
async function ensureRunning(place: StoragePlace, { version, log, command }: KeepStorageOptions): Promise<void> {
  const serving = findServingStorage(place);
  if (serving?.version === version) return;
  if (serving) {
    log.info('the storage process is replaced', { from: serving.version, to: version });
    await endProcess(serving, { graceMs: 10_000 });
  }
  await start(place, version, command);
  log.info('the storage process is started', { url: endpointOf(place)?.url });
}

async function start(place: StoragePlace, version: string, command = ownCommand()): Promise<void> {
  const output = openSync(place.output, 'w', 0o600);
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    cwd: place.folder,
    detached: true,
    env: {
      PATH: '/usr/bin:/bin',
      LC_ALL: 'C.UTF-8',
      ...FRUGAL,
      // Its last line says why it ended: no place for news about versions.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      LARDER_HOME: homeOf(place),
      LARDER_STORAGE_VERSION: version,
    },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.unref();
  let failed = false;
  // One that finds another at work ends well: then it is that one that will serve.
  child.once('exit', code => (failed = code !== 0));
  child.once('error', () => (failed = true));
  for (const deadline = performance.now() + START_MS; !findServingStorage(place); await delay(20)) {
    if (failed) throw new Error(whyEnded(place));
    if (performance.now() > deadline) throw new Error(`the storage process doesn't serve; see "${place.log}"`);
  }
}

/** Young objects get little room: what comes and goes here are buffers, which lie outside. Measured, 40 MB less than with node's own. */
function ownCommand(): string[] {
  return ownProgram('larder-storage', new URL('./main.ts', import.meta.url), ['--max-semi-space-size=1']);
}

function whyEnded(place: StoragePlace): string {
  const lines = findText(place.output)?.trim().split('\n') ?? [];
  const said = lines.findLast(line => /Error/.test(line)) ?? lines.at(-1) ?? '';
  const port = findStorageRecord(place)?.port;
  const remedy = said.includes('EADDRINUSE')
    ? `; ${port === undefined ? 'somebody' : describePortHolder(port)} has its port, which the buckets have for life: end that process, and they are served again`
    : '';
  return `the storage process ended: ${said === '' ? `see "${place.log}"` : said}${remedy}`;
}

function homeOf({ folder }: StoragePlace): string {
  return folder.slice(0, folder.lastIndexOf('/'));
}

/** The process reads the file again when it changes. */
async function ensureCertificate(place: StoragePlace, pki: Pki): Promise<void> {
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  const names = { dnsNames: ['localhost'], ipAddresses: [HOST, '::1'] };
  const known = findKeyPair(place.certificate);
  if (known && isUsable(known, new X509Certificate(pki.caCertificate), names.dnsNames, new Date())) return;
  const made = await pki.issueServerCertificate({ commonName: 'larder-s3', ...names });
  writeFileAtomic(place.certificate, keyPairText(made));
}
