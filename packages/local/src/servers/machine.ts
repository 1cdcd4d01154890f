/** What this machine can bear, and whether it can keep servers apart. */
import { chown, mkdtemp, rm, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { run } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { claimAccount, releaseAccount } from './accounts.ts';

/** What servers may ask for, all together. */
export interface Capacity {
  memoryBytes: number;
  cpus: number;
}

export interface MachineFacts extends Capacity {
  /** Size of the disk with the home. */
  diskBytes: number;
  /** Every server gets an operating system user of its own. */
  separateUsers: boolean;
}

export async function observeMachine(home: Pick<Home, 'folder'>, accounts?: string): Promise<MachineFacts> {
  const { blocks, bsize } = await statfs(home.folder);
  return { ...capacityHere(), diskBytes: blocks * bsize, separateUsers: await canSeparateUsers(home, accounts) };
}

/** Of the machine, or of the container that we are in where that is less. */
export function capacityHere(constrained: number = process.constrainedMemory()): Capacity {
  const memoryBytes = constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
  return { memoryBytes, cpus: availableParallelism() };
}

/** Tries it: root in a container may have no other users, nor the right to become one, nor a disk that knows owners. */
export async function canSeparateUsers(home: Pick<Home, 'folder'>, accounts?: string): Promise<boolean> {
  if (process.geteuid?.() !== 0) return false;
  const holder = await mkdtemp(join(home.folder, '.probe-'));
  let claimed: number | undefined;
  try {
    const account = await claimAccount({ holder, folder: accounts });
    if (!account) return false;
    claimed = account.uid;
    await chown(holder, account.uid, account.gid);
    await run('true', [], { account });
    return true;
  } catch {
    return false;
  } finally {
    await rm(holder, { recursive: true, force: true });
    if (claimed !== undefined) await releaseAccount({ uid: claimed, holder }, accounts);
  }
}
