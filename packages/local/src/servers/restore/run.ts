/** The plane's side of a restore: it starts the process, says how far that is, and takes the data directory when it is done. */
import { spawn, type ChildProcess } from 'node:child_process';
import { lstat, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { dirname } from 'node:path';
import type { Destination } from '@larder/archive';
import { parseVersion, syncFolder } from '@larder/postgres';
import { ownProgram } from '../../process/own-program.ts';
import { textsOf } from '../../secrets/own-secret.ts';
import { ensureSocketFolder, wantedSettings } from '../files.ts';
import { provideBinaries, recorded } from '../prepare.ts';
import { writeRecord, type InstanceRecord } from '../record.ts';
import { NotReadyError, type Work } from '../work.ts';
import {
  findRestoreState,
  stagingOf,
  statePathOf,
  type RestoreOrder,
  type RestoreProgress,
  type RestoreSays,
} from './order.ts';

/** A restore under way, in this plane. */
export interface Restoring {
  progress?: RestoreProgress;
  failed?: string;
  ended: boolean;
  /** Both by the monotonic clock (ms). */
  startedAt: number;
  againAt: number;
  /** Ends the process, and returns when it has ended. */
  stop(): Promise<void>;
}

const LOOK_MS = 1_000;
const AGAIN_MS = 30_000;

/** The record of a server whose data is there. @throws NotReadyError until then, with how far it is */
export async function restoreInstance(work: Work, record: InstanceRecord): Promise<InstanceRecord> {
  const { memory, place, plane } = work;
  const binaries = await provideBinaries(work, work.object.spec.version);
  const running = memory.restoring;
  if (running?.ended === false) throw new NotReadyError('Restoring', wordsOf(running, work), LOOK_MS);
  if (running?.failed !== undefined && performance.now() < running.againAt) {
    const message = `cannot restore: ${running.failed}; it is tried again`;
    throw new NotReadyError('RestoreFailed', message, Math.ceil(running.againAt - performance.now()));
  }
  memory.restoring = undefined;
  const state = await findRestoreState(place.folder);
  if (state?.phase !== 'done') {
    memory.restoring = startRestore(await orderOf(work, record, binaries.bin), plane.signal);
    throw new NotReadyError('Restoring', 'the restore begins', LOOK_MS);
  }
  await takeOver(stagingOf(place.data), place.data);
  const done = await writeRecord(place, {
    ...record,
    systemIdentifier: state.systemIdentifier,
    // Until the owner has the password of the Secret.
    firstPassword: record.planePassword,
    binaries: recorded(binaries),
  });
  await removeTraces(work);
  return done;
}

/** Ends the process of a restore that nobody wants any more. May run twice. */
export async function endRestore({ memory }: Pick<Work, 'memory'>): Promise<void> {
  await memory.restoring?.stop();
  memory.restoring = undefined;
}

async function takeOver(staging: string, data: string): Promise<void> {
  const there = await lstat(data).catch(() => undefined);
  if (!there) await rename(staging, data);
  await syncFolder(dirname(data));
}

async function removeTraces({ place }: Work): Promise<void> {
  const { folder } = place;
  for (const name of ['restore-conf', 'restore.log', 'restored', 'wanted'])
    await rm(`${folder}/${name}`, { recursive: true, force: true });
  await rm(statePathOf(folder), { force: true });
}

async function orderOf(work: Work, record: InstanceRecord, bin: string): Promise<RestoreOrder> {
  const { place, object } = work;
  const { restore, version, database, owner, memoryBytes, milliCpu } = object.spec;
  if (!restore) throw new Error(`cannot restore ${object.metadata.name}: it says no backup`);
  const { backupId, targetTime } = restore;
  return {
    ...{ folder: place.folder, staging: stagingOf(place.data), bin, database, owner, backupId },
    ...(targetTime === undefined ? {} : { targetTime }),
    major: parseVersion(version)?.major ?? 0,
    account: record.account,
    socketFolder: await ensureSocketFolder(work, record),
    port: record.port,
    destination: await destinationOf(work),
    settings: wantedSettings(work, { ...record, archiving: false }),
    planePassword: record.planePassword,
    limits: { home: work.plane.home.folder, name: object.metadata.name, memoryBytes, milliCpu },
  };
}

/** Where the backup is, as its Secret says: in the words of the Secret with which a claim's owner reads its backups. */
async function destinationOf({ plane, object }: Work): Promise<Destination> {
  const { storeSecretRef, serverName } = object.spec.restore!;
  const name = `${storeSecretRef.namespace}/${storeSecretRef.name}`;
  const secret = await plane.client.find({ apiVersion: 'v1', kind: 'Secret', ...storeSecretRef });
  if (!secret) {
    throw new NotReadyError(
      'StoreUnknown',
      `restore: the secret ${name} with the key to the backups is not there`,
      5_000,
    );
  }
  const texts = textsOf(secret);
  const read = (key: string): string => texts[key] ?? '';
  const needed = (key: string): string => {
    if (read(key) !== '') return read(key);
    throw new NotReadyError('StoreUnknown', `restore: the secret ${name} has no "${key}"`, 5_000);
  };
  const path = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(needed('destinationPath'));
  if (!path) {
    throw new NotReadyError(
      'StoreUnknown',
      `restore: "destinationPath" of the secret ${name} is like s3://bucket/folder`,
      5_000,
    );
  }
  const [, bucket = '', prefix = ''] = path;
  const ca = read('ca.crt');
  return {
    ...{ bucket, prefix, serverName, endpoint: needed('endpointURL'), region: read('AWS_REGION') || 'us-east-1' },
    accessKeyId: needed('AWS_ACCESS_KEY_ID'),
    secretAccessKey: needed('AWS_SECRET_ACCESS_KEY'),
    ...(ca === '' ? {} : { ca }),
    ...(read('addressing') === 'virtual' ? { addressing: 'virtual' as const } : {}),
  };
}

function startRestore(order: RestoreOrder, signal: AbortSignal): Restoring {
  const [program = '', ...args] = ownProgram('larder-restore', new URL('./main.ts', import.meta.url));
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (code, by) => resolve(by ? `was ended by ${by}` : `ended with code ${code}`));
  });
  const stop = async (): Promise<void> => {
    child.stdin?.end();
    await ended;
  };
  const restoring: Restoring = { ended: false, startedAt: performance.now(), againAt: 0, stop };
  listen(child, restoring, ended);
  const abort = (): void => void stop();
  signal.addEventListener('abort', abort, { once: true });
  void ended.then(() => signal.removeEventListener('abort', abort));
  // A process that ended meanwhile is told by its end.
  child.stdin?.on('error', () => undefined);
  child.stdin?.write(`${JSON.stringify(order)}\n`);
  return restoring;
}

function listen(child: ChildProcess, restoring: Restoring, ended: Promise<string>): void {
  let done = false;
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-1_000)));
  createInterface({ input: child.stdout! }).on('line', line => {
    const says = JSON.parse(line) as RestoreSays;
    if ('progress' in says) restoring.progress = says.progress;
    else if ('failed' in says) restoring.failed = says.failed;
    else done = true;
  });
  void ended.then(how => {
    restoring.ended = true;
    restoring.againAt = performance.now() + AGAIN_MS;
    if (!done) restoring.failed ??= `its process ${how} ${words.trim().split('\n').at(-1) ?? ''}`.trim();
  });
}

function wordsOf({ progress, startedAt }: Restoring, { object }: Work): string {
  const backup = `the backup ${object.spec.restore?.backupId}`;
  switch (progress?.phase) {
    case undefined:
      return `${backup} is looked for`;
    case 'fetching': {
      const { bytes, total } = progress;
      const leftMs = bytes > 0 ? ((performance.now() - startedAt) * (total - bytes)) / bytes : undefined;
      const left = leftMs === undefined ? '' : `, about ${Math.ceil(leftMs / 1_000)} s left`;
      return `${backup} is fetched: ${megabytes(bytes)} of ${megabytes(total)} MB${left}`;
    }
    case 'recovering': {
      const { wal, trouble } = progress;
      const at = wal === undefined ? '' : `; WAL file ${wal} was fetched last`;
      return `${backup} is there, and the log since is replayed${at}${trouble === undefined ? '' : `; ${trouble}`}`;
    }
    case 'securing':
      return `the log is replayed; the logins and subscriptions of the old server are closed`;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);
}
