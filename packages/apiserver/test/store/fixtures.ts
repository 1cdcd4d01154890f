/** What the store's tests share: folders that go away, objects, and chance that can be repeated. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { KubeObject } from '@larder/kube';
import { openStore, type OpenStoreOptions, type Store, type StoreKey } from '../../src/store/index.ts';

/** A folder that is gone after the test. */
export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-store-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A store in a folder of its own, closed after the test. */
export async function temporaryStore(test: TestContext, options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  const folder = options.folder ?? (await temporaryFolder(test));
  const store = await openStore({ ...options, folder });
  test.after(() => store.close());
  return store;
}

export function keyOf(name: string, namespace = 'default', resource = 'configmaps'): StoreKey {
  return { resource, namespace, name };
}

export function objectOf(key: StoreKey, content: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: key.name, namespace: key.namespace },
    data: { content },
  };
}

/** What `objectOf` was given. */
export function contentOf(value: KubeObject): string {
  return (value['data'] as { content: string }).content;
}

/** Numbers from 0 up to, not including, `below`. */
export type Chance = (below: number) => number;

/** The seed is printed when a test fails for it: set `LARDER_SEED` to see the same again. */
export function seedOf(): number {
  return Number(process.env['LARDER_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}

/** The mulberry32 generator: small, and good enough to make trouble. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One turn of the event loop. */
export async function nextTurn(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
}
