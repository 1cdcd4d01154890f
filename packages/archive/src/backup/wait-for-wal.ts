/** Waits until the log that a backup needs is in the bucket, and is this server's: without it the backup would start nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import { archiveKeys } from '../layout/keys.ts';
import { parseArchivedName } from '../layout/wal-name.ts';
import type { Store } from '../store/store.ts';
import { unacknowledged, type BackupSession } from './server-facts.ts';

const BETWEEN_LOOKS_MS = 250;

export async function waitForWal(options: {
  store: Store;
  session: BackupSession;
  needed: string[];
  timeoutMs: number;
  signal?: AbortSignal;
}): Promise<void> {
  const { store, session, needed, timeoutMs, signal } = options;
  const deadline = performance.now() + timeoutMs;
  for (let missing = needed; ;) {
    missing = await missingOf(store, missing, signal);
    const foreign = missing.length === 0 ? await unacknowledged(session, needed) : [];
    if (missing.length === 0 && foreign.length === 0) return;
    if (performance.now() > deadline) throw missing.length > 0 ? notArchived(missing, timeoutMs) : notOurs(foreign);
    await delay(BETWEEN_LOOKS_MS, undefined, { signal });
  }
}

async function missingOf(store: Store, wanted: string[], signal?: AbortSignal): Promise<string[]> {
  const keys = archiveKeys(store.destination);
  const there = new Set<string>();
  for (const folder of new Set(wanted.map(name => keys.walFolder(name)))) {
    for await (const entry of store.list(folder, { signal })) {
      const name = entry.kind === 'object' ? parseArchivedName(entry.key.slice(folder.length)) : undefined;
      if (name) there.add(name.name);
    }
  }
  return wanted.filter(name => !there.has(name));
}

function notArchived(missing: string[], timeoutMs: number): Error {
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  return new Error(
    `cannot finish the backup: the segment ${missing[0]}${more} of its log did not reach the bucket within ` +
      `${Math.round(timeoutMs / 1000)} s; look at the archiving of this server`,
  );
}

function notOurs([segment]: string[]): Error {
  return new Error(
    `cannot finish the backup: there is a segment ${segment} in the bucket, but this server's archiver did not acknowledge it; ` +
      'look at the archiving of this server: another may use the same archive',
  );
}
