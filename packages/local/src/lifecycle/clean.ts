/** Removes a home with all that runs in it, also after a crash at any moment. Nothing outside the home is touched. */
import { existsSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkWritable, HomeError, type Home } from '../home/home.ts';
import { endProcess } from '../process/end.ts';
import { tryLock, type FileLock } from '../process/lock.ts';
import { releaseAccountsBelow } from '../servers/accounts.ts';
import { openLimits } from '../servers/limits.ts';
import { findOwnProcesses, stopPlane } from './stop.ts';

/** Everything in the home is gone afterwards, and the home too if it was empty then. May run twice. */
export async function cleanHome(home: Home): Promise<void> {
  checkIsHome(home);
  checkWritable(home.folder);
  const lock = await stopAndLock(home);
  try {
    await killOwnProcesses(home);
    await (await openLimits(home)).removeAll();
    await releaseAccounts(home);
    for (const name of OURS) rmSync(join(home.folder, name), { recursive: true, force: true, maxRetries: 10 });
  } finally {
    rmSync(home.lock, { force: true });
    lock.release();
  }
  removeIfEmpty(home.folder);
}

/** A plane that is just starting has the lock before it can be seen: it is waited for, and stopped then. */
async function stopAndLock(home: Home): Promise<FileLock> {
  for (const deadline = performance.now() + 30_000; ; await delay(50)) {
    await stopPlane(home);
    const lock = tryLock(home.lock);
    if (lock) return lock;
    if (performance.now() > deadline)
      throw new Error(
        `cannot clean "${home.folder}": a process that isn't its plane keeps "${home.lock}" locked; ` +
          `end it (fuser "${home.lock}" tells which), and try again`,
      );
  }
}

/** What Larder itself puts into a home; anything else there is somebody's and stays. */
const OURS = [
  ...[
    'buckets',
    'storage',
    'monitor',
    'store',
    'pki',
    'logs',
    'instances',
    'versions',
    'templates',
    'jobs',
    's',
    'cache',
  ],
  ...['kubeconfig', 'plane.json', 'ca.crt', 'ballast'],
];

/** LARDER_HOME may be mistyped: what doesn't look like a home isn't emptied. */
function checkIsHome(home: Home): void {
  const names = readdirSync(home.folder);
  if (names.length === 0 || ['pki', 'plane.json', 'lock', 'store'].some(name => names.includes(name))) return;
  throw new HomeError(`cannot clean "${home.folder}": it isn't a home of Larder; see LARDER_HOME`);
}

/** The data is to go, so nobody waits for a checkpoint: SIGQUIT ends a server and all its children at once. */
async function killOwnProcesses(home: Home): Promise<void> {
  for (let left = findOwnProcesses(home); left.length > 0; left = findOwnProcesses(home))
    await Promise.all(
      left.map(found => endProcess(found, { signal: found.kind === 'server' ? 'SIGQUIT' : 'SIGTERM', graceMs: 5_000 })),
    );
}

/** The numbers of the instances' accounts are kept for all planes of the machine: what was ours is free again. */
async function releaseAccounts(home: Home): Promise<void> {
  if (process.geteuid?.() === 0) await releaseAccountsBelow(home.folder);
}

/** A mount point, or a folder in one that isn't ours, stays. */
function removeIfEmpty(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length > 0) return;
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['EBUSY', 'EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
