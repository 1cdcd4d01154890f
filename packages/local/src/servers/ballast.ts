/** A file that takes room on the disk for no other reason than to give it back when there is none left. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@larder/postgres';
import type { Home } from '../home/home.ts';

const ballastPath = (home: Pick<Home, 'folder'>): string => join(home.folder, 'ballast');

export function isBallastThere(home: Pick<Home, 'folder'>): boolean {
  return existsSync(ballastPath(home));
}

/** Half a file is removed again. May run twice. @throws Error when the disk has no room for it */
export async function makeBallast(home: Pick<Home, 'folder'>, bytes: number): Promise<void> {
  const path = ballastPath(home);
  try {
    await run('fallocate', ['-l', String(bytes), path]).catch(() => writeThrough(path, bytes));
  } catch (error) {
    await removeBallast(home);
    throw error;
  }
}

export async function removeBallast(home: Pick<Home, 'folder'>): Promise<void> {
  await rm(ballastPath(home), { force: true });
}

/** For file systems that can't promise room: content that none can make smaller. */
async function writeThrough(path: string, bytes: number): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    const chunk = randomBytes(2 ** 20);
    for (let left = bytes; left > 0; left -= chunk.length) {
      await handle.write(chunk, 0, Math.min(left, chunk.length));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
