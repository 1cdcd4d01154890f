/** A small disk of one's own for a test, where this machine lets us mount one. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why there can be none; false where there can. What `skip` of a test wants. */
export function whyNoMount(): string | false {
  if (process.geteuid?.() !== 0) return 'not run: mounting a small disk needs root';
  try {
    makeDisk(1)();
    return false;
  } catch (error) {
    return `not run: this machine mounts no tmpfs: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** Mounts a disk of that size on a new folder. Call what is returned to unmount it; its `folder` is where it is. */
export function makeDisk(megabytes: number): (() => void) & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'larder-disk-'));
  try {
    chmodSync(folder, 0o711);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'larder-test', folder]);
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  const unmount = (): void => {
    execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
  };
  return Object.assign(unmount, { folder });
}
