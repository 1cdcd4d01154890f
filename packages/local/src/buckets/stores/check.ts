/** Whether the stores of a home can be used, asked of their servers. Makes nothing there. */
import { randomBytes } from 'node:crypto';
import { checkAccounts, whoseBucket } from '@larder/archive';
import { OWN_STORE } from '@larder/catalog';
import type { Home } from '../../home/home.ts';
import { openStores, type FoundStore } from './stores.ts';

export interface CheckedStore {
  name: string;
  /** Whether those get it who name none. */
  isDefault: boolean;
  /** Absent for the plane's own, and where its entry can't be read. */
  endpoint?: string;
  region?: string;
  /** Whether each bucket has keys of its own. */
  ownKeys: boolean;
  /** In words; absent: it can be used. */
  problem?: string;
}

/** The plane's own first, which isn't asked. */
export async function checkStores(home: Pick<Home, 'folder'>): Promise<{ stores: CheckedStore[]; problem?: string }> {
  const known = openStores(home);
  const own = { name: OWN_STORE, isDefault: known.default() === OWN_STORE, ownKeys: true };
  const others = known.names().map(name => check(name, name === known.default(), known.find(name)));
  const problem = known.problem();
  return { stores: [own, ...(await Promise.all(others))], ...(problem === undefined ? {} : { problem }) };
}

async function check(name: string, isDefault: boolean, found: FoundStore): Promise<CheckedStore> {
  if (found.kind !== 'store') return { name, isDefault, ownKeys: false, problem: found.message };
  const { access, bucketPrefix, keys } = found.store;
  const seen = { name, isDefault, endpoint: access.endpoint, region: access.region, ownKeys: keys !== 'shared' };
  try {
    // Nobody has a bucket of that name: what is asked is whether the server answers, and the key is good.
    await whoseBucket(access, `${bucketPrefix}check-${randomBytes(8).toString('hex')}`, '');
    if (keys === 'versitygw') await checkAccounts(access);
    return seen;
  } catch (error) {
    return { ...seen, problem: (error as Error).message };
  }
}
