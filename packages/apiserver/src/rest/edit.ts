/** The server's own small changes: a finalizer that is done with, an owner that is gone. Not a verb: nobody is asked and nothing is validated. */
import { cloneJson, type KubeObject } from '@larder/kube';
import { StoreConflictError } from '../store/errors.ts';
import type { StoreKey } from '../store/store.ts';
import type { Api } from './api.ts';
import { isDone } from './update.ts';

/**
 * Applies `change` to the object as it is, again if another write comes between; removes the object when this was what its deletion
 * waited for. `change` may run more than once, and returns `false` when there is nothing to do.
 */
export async function edit(api: Api, key: StoreKey, change: (object: KubeObject) => boolean): Promise<void> {
  for (;;) {
    const stored = api.commits.store.get(key);
    if (stored === undefined) return;
    const object = cloneJson(stored.value);
    if (!change(object)) return;
    try {
      await write(api, key, object, stored.revision);
      return;
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
    }
  }
}

async function write(api: Api, key: StoreKey, object: KubeObject, revision: number): Promise<void> {
  const served = api.registry.findStorage(key.resource);
  if (served && isDone(api, { served, namespace: key.namespace, name: key.name }, object)) {
    await api.commits.delete(key, revision);
    return;
  }
  await api.commits.put(key, object, revision);
}

/** For `edit`: takes a finalizer off. */
export function withoutFinalizer(object: KubeObject, finalizer: string): boolean {
  const { metadata } = object;
  if (!metadata.finalizers?.includes(finalizer)) return false;
  metadata.finalizers = metadata.finalizers.filter(other => other !== finalizer);
  if (metadata.finalizers.length === 0) delete metadata.finalizers;
  return true;
}
