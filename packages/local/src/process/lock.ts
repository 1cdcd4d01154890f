/**
 * A lock that the kernel keeps: it is gone the moment its holder is, however the holder dies. Node can't call flock(2), so the
 * `flock` command locks a descriptor that it inherits: the lock belongs to the open file, which stays ours.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';

export interface FileLock {
  release(): void;
}

/** The lock on the file at `path`, made where it lacks; `undefined` when another process holds it. */
export function tryLock(path: string): FileLock | undefined {
  const file = openSync(path, 'a', 0o600);
  const asked = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
  if (asked.error) {
    closeSync(file);
    throw new Error(
      `cannot lock "${path}": the command flock doesn't run (${asked.error.message}); install util-linux`,
    );
  }
  // Somebody may have removed the file in between: then the lock is on a file that nobody else will look at.
  if (asked.status === 0 && isStillAt(path, file)) return { release: () => closeSync(file) };
  closeSync(file);
  return undefined;
}

function isStillAt(path: string, file: number): boolean {
  try {
    return statSync(path).ino === fstatSync(file).ino;
  } catch {
    return false;
  }
}
