/** Looks at every page of a data directory whose server is shut down: each must have the checksum that it was written with. */
import type { Account } from './read-child.ts';
import { startReading } from './read-child.ts';

export interface VerifyOptions {
  data: string;
  /** Whose the files are; who reads them. */
  account: Account;
  signal?: AbortSignal;
}

export interface Verified {
  files: number;
  pages: number;
  damaged: { path: string; /** The first few. */ blocks: number[]; count: number }[];
}

/** After a clean shutdown no page is later than the log: none may be excused. */
const NEVER_RECENT = String(2n ** 64n - 1n);

/** @throws Error when the directory can't be read, or isn't one of a database */
export async function verifyPages({ data, account, signal }: VerifyOptions): Promise<Verified> {
  signal?.throwIfAborted();
  const order = { data, checkFrom: NEVER_RECENT, partBytes: Number.MAX_SAFE_INTEGER, replaced: {} };
  const reading = startReading(order, account);
  const end = (): void => void reading.close();
  signal?.addEventListener('abort', end, { once: true });
  const found: Verified = { files: 0, pages: 0, damaged: [] };
  try {
    for await (const frame of reading.frames) {
      if (frame.kind === 'copied') reading.label('');
      if (frame.kind === 'damaged') found.damaged.push({ path: frame.path, blocks: frame.blocks, count: frame.count });
      if (frame.kind === 'end') Object.assign(found, { files: frame.files, pages: frame.pages });
    }
    return found;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
    await reading.close();
  }
}
