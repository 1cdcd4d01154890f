/** Runs the reconcilers of backups: of each server's archive, and of buckets that outlived their instance. */
import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { LOCAL_API_VERSION } from '@larder/catalog';
import { refOfKey, runController, type Controller } from '@larder/controller';
import { keyOf } from '@larder/kube';
import { keyFolder } from '@larder/objectstore';
import { watchStores } from '../buckets/stores/stores.ts';
import { orderFolder } from '../storage/archives.ts';
import { storagePlace } from '../storage/place.ts';
import { BACKUPS_LABEL, BUCKET_KIND, collectBackupBucket } from './bucket.ts';
import { ARCHIVE_LABEL } from './keys.ts';
import { makeBackup } from './make.ts';
import { reconcileBackup, requestedBy } from './on-demand.ts';
import type { ArchiveKeeper, BackupsOptions } from './options.ts';
import { reconcileArchive } from './reconcile.ts';
import { reconcileRestore } from './restores.ts';
import { BackupRunner } from './runner.ts';

const kind = (name: string): { apiVersion: string; kind: string } => ({ apiVersion: LOCAL_API_VERSION, kind: name });

/** How long what the archiver says may be old (ms): each look leads to three writes. */
const STATE_MS = 5_000;

/** Timers hold 24 days at most, and the clock may be set meanwhile. */
const LONGEST_WAIT_MS = 3_600_000;

/** Resolves when the signal has aborted and no work is under way. */
export async function runBackups(options: BackupsOptions): Promise<void> {
  const { client, clock, home, log, signal } = options;
  const keys = keyFolder(storagePlace(home).keys);
  const runner = new BackupRunner({
    clock,
    log,
    signal,
    make: (server, progress, ended) => makeBackup({ ...options, keys }, server, { progress, signal: ended }),
    changed: (server, requesters) => {
      archives.enqueue(server);
      for (const name of requesters.flatMap(by => requestedBy(by) ?? [])) onDemand.enqueue(name);
    },
  });
  const keeper: ArchiveKeeper = { ...options, runner, keys };
  const archives = runController({
    ...options,
    name: 'backups',
    watches: [
      { kind: kind('PostgresArchive') },
      { kind: kind('PostgresServer'), map: server => [keyOf(server)] },
      { kind: kind('Bucket'), map: bucket => [keyOf(bucket)] },
      {
        kind: { apiVersion: 'v1', kind: 'Secret' },
        labelSelector: ARCHIVE_LABEL,
        map: secret => [secret.metadata.labels?.[ARCHIVE_LABEL] ?? ''].filter(Boolean),
      },
    ],
    concurrency: 4,
    reconcile: key => reconcileArchive(keeper, key),
  });
  const onDemand = runController({
    ...options,
    name: 'backups-on-demand',
    watches: [{ kind: kind('PostgresBackup') }],
    concurrency: 4,
    reconcile: key => reconcileBackup(keeper, key),
  });
  const restores = runController({
    ...options,
    name: 'restores',
    watches: [{ kind: kind('PostgresRestore') }, { kind: kind('PostgresServer'), map: server => [keyOf(server)] }],
    concurrency: 2,
    reconcile: key => reconcileRestore(keeper, key),
  });
  const collector = runController({
    ...options,
    name: 'kept-backups',
    watches: [{ kind: BUCKET_KIND, labelSelector: BACKUPS_LABEL }],
    async reconcile(key) {
      const bucket = await client.find(refOfKey(BUCKET_KIND, key));
      const left = bucket && (await collectBackupBucket(client, bucket, clock()));
      return left === undefined ? {} : { requeueAfterMs: Math.min(LONGEST_WAIT_MS, Math.max(50, left)) };
    },
  });
  watchStores(home, options.stores, { signal, changed: () => void lookAgain(options, archives, restores) });
  const listening = listen(options, archives);
  await Promise.all([archives.stopped, onDemand.stopped, restores.stopped, collector.stopped, listening]);
  await runner.settled();
}

/** A store's key, or where it is, may be another now. */
async function lookAgain({ client, log }: BackupsOptions, archives: Controller, restores: Controller): Promise<void> {
  try {
    for (const item of (await client.list(kind('PostgresArchive'))).items) archives.enqueue(keyOf(item));
    for (const item of (await client.list(kind('PostgresRestore'))).items) restores.enqueue(keyOf(item));
  } catch (error) {
    log.error('cannot look again at all backups', { error: (error as Error).message });
  }
}

/** Looks again at a server's archive when the archiver has said something new. */
async function listen({ home, log, signal }: BackupsOptions, controller: Controller): Promise<void> {
  const folder = orderFolder(home, 'archives');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const due = new Map<string, NodeJS.Timeout>();
  const watcher = watch(folder, { persistent: false }, (_event, file) => {
    const server = /^(.+)\.state\.json$/.exec(file ?? '')?.[1];
    if (server === undefined || due.has(server)) return;
    const look = (): void => {
      due.delete(server);
      controller.enqueue(server);
    };
    due.set(server, setTimeout(look, STATE_MS).unref());
  });
  watcher.on('error', error => log.error('the archiver’s states are not watched', { error: error.message }));
  await new Promise<void>(resolve => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  watcher.close();
  for (const timer of due.values()) clearTimeout(timer);
}
