/**
 * Reading what a tenant can write. Its account may have put a symbolic link, a FIFO, a device or a hard link to somebody
 * else's file in place of what we expect: the folders are walked link by link, and only a regular file of that account is read.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

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
    return inFolder(root, folders, parent => {
      const file = openSync(`${parent}/${name}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const seen = fstatSync(file);
        if (!seen.isFile() || seen.uid !== uid || seen.nlink > 1) throw planted(`${root}/${path}`);
        if (seen.nlink === 0) return undefined; // removed between open and stat, as a server does with a stale postmaster.pid
        const start = tail ? Math.max(0, seen.size - maxBytes) : 0;
        const buffer = Buffer.alloc(Math.min(maxBytes, seen.size - start));
        return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, start));
      } finally {
        closeSync(file);
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
function inFolder<T>(root: string, folders: string[], read: (parent: string) => T): T {
  if (process.platform !== 'linux') return read([root, ...folders].join('/'));
  let folder = openSync(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    for (const name of folders) {
      const next = openSync(`/proc/self/fd/${folder}/${name}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      closeSync(folder);
      folder = next;
    }
    return read(`/proc/self/fd/${folder}`);
  } finally {
    closeSync(folder);
  }
}

function planted(path: string): Error {
  return new Error(`${path} is not a plain file of the server's own account: somebody replaced it; it is not read`);
}
