/** Going back to the store's copy: the cost is said before, nothing is thrown away, and a whole store isn't touched. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openStore, type Store } from '@larder/apiserver';
import { openHome, planStoreRestore, restoreStore, type Home } from '../src/index.ts';
import { scratchFolder } from './scratch.ts';

const SERVERS = 'postgresservers.local.larder.dev';

test('a damaged store: what going back costs is said, then done, and the damaged files are kept', async t => {
  const home = await homeWithCopy(t, ['shop-aaaaa', 'gone-bbbbb']);
  mkdirSync(join(home.instances, 'shop-aaaaa'), { recursive: true });
  mkdirSync(join(home.instances, 'young-ccccc'), { recursive: true });
  mkdirSync(join(home.instances, '.spare-ddddd'), { recursive: true });
  truncateSync(join(home.store, 'store.db'), 4_096);
  const before = readdirSync(home.store).sort();
  const plan = await planStoreRestore(home);
  assert.match(plan.problem, /store\.db": /);
  assert.deepEqual(plan.forgotten, [join(home.instances, 'young-ccccc')]);
  assert.deepEqual(plan.reborn, ['gone-bbbbb']);
  assert.ok(plan.objects >= 2);
  assert.deepEqual(readdirSync(home.store).sort(), before);

  const { damagedFolder } = await restoreStore(home);
  assert.ok(existsSync(join(damagedFolder, 'store.db')));
  assert.deepEqual(
    readdirSync(home.store).filter(name => /new|-wal|-shm/.test(name)),
    [],
  );
  const store = await opened(t, home);
  assert.deepEqual(
    store.list(SERVERS).items.map(({ key }) => key.name),
    ['gone-bbbbb', 'shop-aaaaa'],
  );
});

test('a whole store is not gone back from', async t => {
  const home = await homeWithCopy(t, ['shop-aaaaa']);
  await assert.rejects(planStoreRestore(home), /it is whole, nothing has to be restored/);
});

test('without a copy there is nothing to go back to', async () => {
  const home = openHome(join(scratchFolder(), 'home'));
  await assert.rejects(planStoreRestore(home), /there is no copy beside it; bring the folder back from a backup/);
  assert.deepEqual(readdirSync(home.store), []);
});

/** A home whose closed store has a copy that knows servers of these names. */
async function homeWithCopy(t: TestContext, names: string[]): Promise<Home> {
  const home = openHome(join(scratchFolder(), 'home'));
  const first = await opened(t, home);
  for (const name of names) await put(first, SERVERS, name);
  await first.close();
  // The copy is made while commits go on: until it is there, and of this opening, others are made.
  const store = await opened(t, home, 1);
  while (!existsSync(join(home.store, 'store.db.bak'))) await put(store, 'configmaps', 'other');
  await store.close();
  return home;
}

async function opened(t: TestContext, { store: folder }: Home, copyEveryMs?: number): Promise<Store> {
  const store = await openStore({ folder, copyEveryMs });
  t.after(() => store.close());
  return store;
}

async function put(store: Store, resource: string, name: string): Promise<void> {
  const value = { apiVersion: 'v1', kind: 'Any', metadata: { name } };
  await store.commit([{ do: 'put', key: { resource, namespace: '', name }, value }]);
}
