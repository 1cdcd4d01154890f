/** The one way in which the server writes: every commit goes through here, so that what follows from it (served kinds, garbage, namespaces) is told at once. */
import type { KubeObject } from '@larder/kube';
import type { Change, Store, Stored, StoreEvent, StoreKey } from './store/store.ts';

/** Called after a commit is durable, in commit order for one object. Must not throw. */
export type CommitListener = (event: Omit<StoreEvent, 'revision'>) => void;

export class Commits {
  readonly store: Store;
  #listeners = new Set<CommitListener>();

  constructor(store: Store) {
    this.store = store;
  }

  /** @throws StoreConflictError when the object isn't what `expect` says */
  async put(key: StoreKey, value: KubeObject, expect: number): Promise<KubeObject> {
    const previous = expect === 0 ? undefined : this.store.get(key)?.value;
    const stored = await this.#commit({ do: 'put', key, value, expect });
    this.#tell({ type: 'put', key, value: stored.value, ...(previous && { previous }) });
    return stored.value;
  }

  /** @throws StoreConflictError when the object isn't what `expect` says */
  async delete(key: StoreKey, expect: number): Promise<KubeObject> {
    const stored = await this.#commit({ do: 'delete', key, expect });
    this.#tell({ type: 'delete', key, value: stored.value });
    return stored.value;
  }

  /** Returns the function that ends it. */
  listen(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #commit(change: Change): Promise<Stored> {
    const [stored] = await this.store.commit([change]);
    if (stored === undefined) throw new Error(`store answered nothing for ${change.key.resource}`);
    return stored;
  }

  #tell(event: Parameters<CommitListener>[0]): void {
    for (const listener of this.#listeners) listener(event);
  }
}
