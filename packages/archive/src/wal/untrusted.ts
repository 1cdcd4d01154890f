/**
 * Reading as root what a tenant can write. Its account may have put a symbolic link, a FIFO, a device or a hard link to somebody
 * else's file in place of what we expect: folders are walked link by link, and only a plain file of that account is opened.
 */
import { constants } from 'node:fs';
import { open, opendir, type FileHandle } from 'node:fs/promises';

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;

/** Somebody replaced what we expect. */
export class PlantedError extends Error {
  constructor(path: string) {
    super(`"${path}" is not a plain file of the server's own account: somebody replaced it; it is not read`);
    this.name = 'PlantedError';
  }
}

/** A folder that stays the same one, whatever its path leads to later. Close it. */
export interface OpenFolder {
  handle: FileHandle;
  /** Leads to this very folder. */
  path: string;
  /** For people. */
  shown: string;
}

/**
 * Elsewhere than on Linux only the last name is protected.
 * @param root a folder that the tenant can't replace. @throws PlantedError, or what the system says
 */
export async function openFolder(root: string, folders: string[]): Promise<OpenFolder> {
  const shown = [root, ...folders].join('/');
  if (process.platform !== 'linux') return { handle: await openDirectory(shown, shown), path: shown, shown };
  let handle = await openDirectory(root, root);
  for (const folder of folders) {
    try {
      const next = await openDirectory(`/proc/self/fd/${handle.fd}/${folder}`, shown);
      await handle.close();
      handle = next;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
  return { handle, path: `/proc/self/fd/${handle.fd}`, shown };
}

async function openDirectory(path: string, shown: string): Promise<FileHandle> {
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' || error.code === 'ENOTDIR' ? new PlantedError(shown) : error;
  });
}

/** `undefined` when there is no such file. Close it. @throws PlantedError when it is anything but a plain file of that account */
export async function openPlain(
  folder: OpenFolder,
  name: string,
  uid: number,
): Promise<{ handle: FileHandle; size: number; written: Date } | undefined> {
  const shown = `${folder.shown}/${name}`;
  let handle: FileHandle;
  try {
    handle = await open(`${folder.path}/${name}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw code === 'ELOOP' || code === 'ENXIO' ? new PlantedError(shown) : error;
  }
  try {
    const seen = await handle.stat();
    if (seen.isFile() && seen.uid === uid && seen.nlink === 1) return { handle, size: seen.size, written: seen.mtime };
    // Removed between open and stat, as a server does with what it recycles.
    if (seen.nlink !== 0) throw new PlantedError(shown);
    await handle.close();
    return undefined;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Calls `each` with every name in the folder; never has more than some hundreds of them in memory. */
export async function eachName(folder: OpenFolder, each: (name: string) => void): Promise<void> {
  const reading = await opendir(folder.path, { bufferSize: 512 });
  for await (const entry of reading) each(entry.name);
}
