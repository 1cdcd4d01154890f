/**
 * Reading what a tenant can write. Its account may have put a symbolic link, a FIFO, a device or a hard link to somebody
 * else's file in place of what we expect: the folders are walked link by link, and only a regular file of that account is read.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;

export interface ReadOptions {
  /** Whose file it must be. */
  uid: number;
  /** @default 65_536 */
  maxBytes?: number;
  /** Read the end of the file, not its beginning. */
  tail?: boolean;
}

/**
 * The content of `root/path`, `path` being relative to a folder that the tenant can't replace; undefined when there is none.
 * @throws Error when it is anything but a plain file of that account
 */
export async function readUntrusted(root: string, path: string, options: ReadOptions): Promise<Buffer | undefined> {
  const { uid, maxBytes = 65_536, tail = false } = options;
  const folders = path.split('/');
  const name = folders.pop() ?? '';
  try {
    return await inFolder(root, folders, async parent => {
      const handle = await open(`${parent}/${name}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const seen = await handle.stat();
        if (!seen.isFile() || seen.uid !== uid || seen.nlink > 1) throw planted(`${root}/${path}`);
        if (seen.nlink === 0) return undefined; // removed between open and stat, as a server does with a stale postmaster.pid
        const start = tail ? Math.max(0, seen.size - maxBytes) : 0;
        const buffer = Buffer.alloc(Math.min(maxBytes, seen.size - start));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENXIO') throw planted(`${root}/${path}`);
    throw error;
  }
}

/** Opens one folder after the other without following a link; elsewhere than on Linux, only the last name is protected. */
async function inFolder<T>(root: string, folders: string[], read: (parent: string) => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return read([root, ...folders].join('/'));
  let handle: FileHandle = await open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    for (const folder of folders) {
      const next = await open(`/proc/self/fd/${handle.fd}/${folder}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await handle.close();
      handle = next;
    }
    return await read(`/proc/self/fd/${handle.fd}`);
  } finally {
    await handle.close();
  }
}

function planted(path: string): Error {
  return new Error(`${path} is not a plain file of the server's own account: somebody replaced it; it is not read`);
}
