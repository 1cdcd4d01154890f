/**
 * What a server does so that nothing of its WAL is lost: it keeps each file until the archiver's mark says that it is stored. Whether
 * WAL is archived at all is said by the archiver's order.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { LOCAL_API_VERSION } from '@larder/catalog';
import { isNotFound } from '@larder/kube';
import { run } from '@larder/postgres';
import { findOrder } from '../storage/archives.ts';
import { findRecord, writeRecord, type InstanceRecord } from './record.ts';
import { NotReadyError, type Work } from './work.ts';

/** On the PostgresArchive of a server that was deleted: the WAL files that didn't reach the bucket. */
export const UNFLUSHED_ANNOTATION = 'local.larder.dev/unflushed';

/** How long a deletion waits for a store that doesn't answer (ms). */
const FLUSH_MS = 30_000;

/** Notes in the record whether there is an order; the reconcile that follows tells the server. May run twice. */
export async function noteArchiving({ plane, place, object }: Work): Promise<void> {
  const record = await findRecord(place);
  if (!record?.systemIdentifier) return;
  const archiving = findOrder(plane.home, 'archives', object.metadata.name) !== undefined;
  if (archiving === (record.archiving ?? false)) return;
  await writeRecord(place, { ...record, archiving });
}

/** Call it for a server that has ended. @throws NotReadyError while WAL is on its way; not for longer than a store may be down */
export async function waitForLastWal(work: Work, record: InstanceRecord): Promise<void> {
  if (!record.archiving || record.systemIdentifier === undefined) return;
  const { memory, plane, object } = work;
  const left = await unstored(work, record);
  if (left === undefined) return;
  memory.flushUntil ??= performance.now() + FLUSH_MS;
  if (performance.now() < memory.flushUntil) {
    const message = `${left.what} not in the bucket yet; the data is deleted after that`;
    throw new NotReadyError('FlushingWal', message, 200);
  }
  const message = `the instance was deleted with ${left.what} not in the bucket: what was written last is not in its backups`;
  plane.events.record(object, { type: 'Warning', reason: 'LastWalLost', message });
  const body = { metadata: { annotations: { [UNFLUSHED_ANNOTATION]: left.names.slice(0, 10_000) } } };
  await plane.client
    .patch(
      { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive', name: object.metadata.name },
      { type: 'merge', body },
    )
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}

interface Unstored {
  /** In words. */
  what: string;
  /** Separated by commas. */
  names: string;
}

/** The files that the server had finished and that have no mark. Looked up as the account that owns the folder. */
async function unstored({ place }: Work, { account }: InstanceRecord): Promise<Unstored | undefined> {
  const folder = `${place.data}/pg_wal/archive_status`;
  let listed: string;
  try {
    listed = await run('find', [folder, '-maxdepth', '1', '-name', '*.ready'], { account: account ?? undefined });
  } catch (error) {
    if (!existsSync(folder)) return undefined; // a deletion that was cut short had come further
    return { what: `WAL that can not be listed (${(error as Error).message})`, names: 'unknown' };
  }
  const marks = new Set(await readdir(place.archived).catch(() => []));
  const names = listed
    .split('\n')
    .flatMap(line => /\/([0-9A-F]{24}|[0-9A-F]{8}\.history)\.ready$/.exec(line)?.[1] ?? [])
    .filter(name => !marks.has(name))
    .sort();
  if (names.length === 0) return undefined;
  const what = names.length === 1 ? `WAL file ${names[0]}` : `${names.length} WAL files, from ${names[0]} on,`;
  return { what, names: names.join(',') };
}
