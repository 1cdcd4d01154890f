/** Who depends on whom: an index from an owner's uid to the objects that name it. Only an index: what it says is checked against the store. */
import type { KubeObject } from '@larder/kube';
import type { StoreKey } from '../store/store.ts';

export class Dependents {
  #byOwner = new Map<string, Map<string, StoreKey>>();

  /** `object` is absent when it was removed, `previous` when it is new. */
  change(key: StoreKey, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    const id = idOf(key);
    for (const uid of ownersOf(previous)) this.#drop(uid, id);
    for (const uid of ownersOf(object)) {
      const dependents = this.#byOwner.get(uid) ?? new Map<string, StoreKey>();
      this.#byOwner.set(uid, dependents.set(id, key));
    }
  }

  of(uid: string): StoreKey[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  #drop(uid: string, id: string): void {
    const dependents = this.#byOwner.get(uid);
    dependents?.delete(id);
    if (dependents?.size === 0) this.#byOwner.delete(uid);
  }
}

function ownersOf(object: KubeObject | undefined): string[] {
  return (object?.metadata.ownerReferences ?? []).map(({ uid }) => uid);
}

/** One object's key as a string. */
export function idOf({ resource, namespace, name }: StoreKey): string {
  return `${resource}\u0000${namespace}\u0000${name}`;
}

export function keyOfId(id: string): StoreKey {
  const [resource = '', namespace = '', name = ''] = id.split('\u0000');
  return { resource, namespace, name };
}
