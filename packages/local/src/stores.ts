/** The stores of a home for who only asks about them: what talks to S3 is loaded when it is needed. */
import type { Home } from './home/home.ts';
import type { CheckedStore } from './buckets/stores/check.ts';

export type { CheckedStore } from './buckets/stores/check.ts';

/** The plane's own first, which isn't asked. Makes nothing on their servers. */
export async function checkStores(home: Pick<Home, 'folder'>): Promise<{ stores: CheckedStore[]; problem?: string }> {
  const { checkStores: check } = await import('./buckets/stores/check.ts');
  return check(home);
}
