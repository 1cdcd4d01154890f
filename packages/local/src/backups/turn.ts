/** The end of a turn of keys. */
import type { PostgresArchive } from '@larder/catalog';
import type { BucketAccess } from '../buckets/access.ts';
import { isDrillUnderWay } from '../drills/place.ts';
import { findLogState } from '../storage/archives.ts';
import { oldKeys, removeOldKeys } from './keys.ts';
import type { ArchiveKeeper } from './options.ts';

/** How soon to look again at what uses an old key (ms). */
const SOON_MS = 2_000;
const NEVER_MS = Infinity;

/** Keys that were replaced go when the new ones are in use everywhere. @returns when to look again (ms) */
export async function endTurn(
  { client, home, runner }: ArchiveKeeper,
  archive: PostgresArchive,
  { access, inUse }: { access: BucketAccess; inUse: string[] },
): Promise<number> {
  const { name } = archive.metadata;
  const { keys, place } = access;
  if (!keys) return NEVER_MS;
  const of = { client, keys, bucket: place.bucket, archive };
  if ((await oldKeys(of, inUse)).length === 0) return NEVER_MS;
  const archiver = findLogState(home, 'archives', name)?.accessKeyId;
  const isBusy = runner.state(name).kind === 'running' || isDrillUnderWay(home);
  if (isBusy || archiver === undefined || !inUse.includes(archiver)) return SOON_MS;
  await removeOldKeys(of, inUse);
  // What is left is lent to a restore, which gives it back.
  return NEVER_MS;
}
