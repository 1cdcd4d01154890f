/** Small files of ours that must survive a power cut whole: written beside, synced, renamed into place. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync.ts';

export interface FileOptions {
  /** @default 0o600 */
  mode?: number;
  uid?: number;
  gid?: number;
}

/** Replaces `path` in one step. The folder must be one that nobody else may write to. */
export async function writeDurably(path: string, content: string | Buffer, options: FileOptions = {}): Promise<void> {
  const { mode = 0o600, uid, gid } = options;
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      await handle.writeFile(content);
      await handle.chmod(mode);
      if (uid !== undefined && gid !== undefined) await handle.chown(uid, gid);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}
