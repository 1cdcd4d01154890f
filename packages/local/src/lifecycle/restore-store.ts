/**
 * Going back to the copy of the store when the store is damaged: first what that costs, then the deed. The data of instances isn't
 * touched by it: what was made after the copy runs on, but the plane knows of it no more.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as ApiServer from '@larder/apiserver';
import { HomeError, type Home } from '../home/home.ts';

export interface StoreRestore {
  copy: ApiServer.StoreCopy;
  /** What is wrong with the store as it is. */
  problem: string;
  /** How many objects the copy holds. */
  objects: number;
  /** Instances that the copy doesn't know, since they were made after it: their folders. They stay as they are. */
  forgotten: string[];
  /** Instances that the copy knows and that were deleted after it: they come back, without their data. */
  reborn: string[];
}

/** What going back would mean; changes nothing. @throws HomeError when there is nothing to go back from, or to */
export async function planStoreRestore(home: Home): Promise<StoreRestore> {
  const { readStoreCopy } = await loadStore();
  const copied = await readStoreCopy(home.store);
  if (copied === undefined)
    throw new HomeError(
      `cannot restore the store in "${home.store}": there is no copy beside it; bring the folder back from a backup`,
    );
  const problem = await problemOf(home);
  if (problem === undefined)
    throw new HomeError(`cannot restore the store in "${home.store}": it is whole, nothing has to be restored`);
  const known = new Set(copied.keys.filter(({ resource }) => resource === SERVERS).map(({ name }) => name));
  const there = instancesOf(home);
  return {
    copy: copied.copy,
    problem,
    objects: copied.keys.length,
    forgotten: there.filter(name => !known.has(name)).map(name => join(home.instances, name)),
    reborn: [...known].filter(name => !there.includes(name)).sort(),
  };
}

/** Puts the copy in the store's place. The damaged files are kept in `damagedFolder`. The plane must not run. */
export async function restoreStore(home: Home): Promise<{ damagedFolder: string }> {
  const { restoreStoreCopy } = await loadStore();
  return restoreStoreCopy(home.store);
}

/** On demand: every other command does without a database library. */
function loadStore(): Promise<typeof ApiServer> {
  return import('@larder/apiserver');
}

const SERVERS = 'postgresservers.local.larder.dev';

async function problemOf(home: Home): Promise<string | undefined> {
  const { openStore, StoreDamagedError } = await loadStore();
  try {
    const store = await openStore({ folder: home.store });
    await store.close();
    return undefined;
  } catch (error) {
    if (error instanceof StoreDamagedError) return `"${error.path}": ${error.problem}`;
    throw error;
  }
}

function instancesOf(home: Home): string[] {
  try {
    const names = readdirSync(home.instances).filter(name => !name.startsWith('.')); // a spare is nobody's yet
    return names.filter(name => statSync(join(home.instances, name)).isDirectory());
  } catch {
    return []; // no instance was ever made
  }
}
