/** One file of the log into the bucket: never in place of another content, and never a file that isn't the server's. */
import { archiveKeys, WRITTEN } from '../layout/keys.ts';
import { parseWalName } from '../layout/wal-name.ts';
import type { Store } from '../store/store.ts';
import { isSameContent } from './content.ts';
import { packFile } from './pack.ts';
import type { Scratch } from './slots.ts';
import { whyNotSegment } from './segment-header.ts';
import { openFolder, openPlain } from './untrusted.ts';

/** It will fail again until somebody does something. */
export class RefusedError extends Error {
  override name = 'RefusedError';
}

export interface SendOptions {
  store: Store;
  /** Of the instance. */
  folder: string;
  uid: number;
  systemIdentifier: string;
  scratch: Scratch;
  signal: AbortSignal;
}

/** A history of a timeline or of a backup is some lines. */
const MOST_TEXT = 2 ** 20;

/** `gone`: the server has no such file; it takes its wish back by itself. */
export type Sent = 'gone' | { /** When the server wrote to the file last. */ written: Date };

/**
 * Durable in the bucket when it resolves. May run twice.
 * @throws StoreError; PlantedError and RefusedError, which last
 */
export async function sendFile(name: string, options: SendOptions): Promise<Sent> {
  const folder = await openFolder(options.folder, ['data', 'pg_wal']);
  try {
    const file = await openPlain(folder, name, options.uid);
    if (!file) return 'gone';
    try {
      return await sendOpen(name, file, options);
    } finally {
      await file.handle.close();
    }
  } finally {
    await folder.handle.close();
  }
}

type OpenFile = NonNullable<Awaited<ReturnType<typeof openPlain>>>;

async function sendOpen(
  name: string,
  { handle, size, written }: OpenFile,
  { store, systemIdentifier, scratch, signal }: SendOptions,
): Promise<Sent> {
  const check = (page: Buffer): void => checkFile(name, { page, size, systemIdentifier });
  const key = archiveKeys(store.destination).wal(name, 'gzip');
  if (size > 2 ** 30) throw new RefusedError(`cannot archive "${name}": ${size} bytes are more than a segment has`);
  const packed = await packFile(handle, { size, check, scratch });
  const metadata = { [WRITTEN]: written.toISOString() };
  const outcome = await store.put(key, packed, { ifAbsent: true, metadata, signal });
  if (outcome === 'stored') return { written };
  const there = await store.get(key, { signal });
  if (there && (await isSameContent(there.body, key, handle))) return { written };
  const { serverName, bucket } = store.destination;
  throw new RefusedError(
    `cannot archive "${name}": bucket "${bucket}" has a file of that name with another content under "${serverName}"; ` +
      'two servers archive under one name: give one of them another',
  );
}

/** @throws RefusedError */
function checkFile(name: string, file: { page: Buffer; size: number; systemIdentifier: string }): void {
  const kind = parseWalName(name)?.kind;
  if (kind === 'history' || kind === 'backup') {
    if (file.size <= MOST_TEXT) return;
    throw new RefusedError(`cannot archive "${name}": ${file.size} bytes are more than such a file has`);
  }
  const why = whyNotSegment(name, file);
  if (why !== undefined) throw new RefusedError(`cannot archive "${name}": ${why}`);
}
