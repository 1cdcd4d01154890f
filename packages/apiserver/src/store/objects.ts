/** The current objects in memory, ordered for lists. It holds what it is given and knows nothing of disks or revisions. */
import type { Stored, StoreKey } from './store.ts';

interface Collection {
  /** Sorted; `namespace NUL name`. */
  ids: string[];
  byId: Map<string, Stored>;
}

export class Objects {
  readonly #collections = new Map<string, Collection>();

  get(key: StoreKey): Stored | undefined {
    return this.#collections.get(key.resource)?.byId.get(idOf(key));
  }

  put(stored: Stored): void {
    const collection = this.#collectionOf(stored.key.resource);
    const id = idOf(stored.key);
    if (!collection.byId.has(id)) collection.ids.splice(firstAtOrAfter(collection.ids, id), 0, id);
    collection.byId.set(id, stored);
  }

  delete(key: StoreKey): void {
    const collection = this.#collectionOf(key.resource);
    const id = idOf(key);
    if (collection.byId.delete(id)) collection.ids.splice(firstAtOrAfter(collection.ids, id), 1);
  }

  /** By namespace, then name; a namespace alone is a slice of that. */
  list(resource: string, namespace?: string): Stored[] {
    const collection = this.#collections.get(resource);
    if (collection === undefined) return [];
    const { ids, byId } = collection;
    const from = namespace === undefined ? 0 : firstAtOrAfter(ids, `${namespace}\u0000`);
    const to = namespace === undefined ? ids.length : firstAtOrAfter(ids, `${namespace}\u0001`);
    return ids.slice(from, to).map(id => byId.get(id) as Stored);
  }

  #collectionOf(resource: string): Collection {
    let collection = this.#collections.get(resource);
    if (collection === undefined) this.#collections.set(resource, (collection = { ids: [], byId: new Map() }));
    return collection;
  }
}

/** One object's identity among all; NUL can be in no name, so no two keys meet. */
export function wholeIdOf(key: StoreKey): string {
  return `${key.resource}\u0000${idOf(key)}`;
}

/** One object's identity within its resource. */
function idOf(key: StoreKey): string {
  return `${key.namespace}\u0000${key.name}`;
}

function firstAtOrAfter(sorted: string[], id: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
