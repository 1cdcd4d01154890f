/** Work queue keys: `namespace/name`, or `name` for cluster-scoped objects. The way back of `keyOf`. */
import type { KindRef, KubeObject, ObjectRef } from '@larder/kube';
import { groupOf } from '@larder/kube';

/** The object that `key` names. */
export function refOfKey(kind: KindRef, key: string): ObjectRef {
  const slash = key.indexOf('/');
  const { apiVersion } = kind;
  if (slash < 0) return { apiVersion, kind: kind.kind, name: key };
  return { apiVersion, kind: kind.kind, namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * A watch's `map`: the key of the object's controller, when that is of `kind` (any version of its group).
 * Pass `namespaced: true` when the owner lives in the object's own namespace.
 */
export function mapToOwner(kind: KindRef, { namespaced = false } = {}): (object: KubeObject) => string[] {
  return object => {
    const owner = object.metadata.ownerReferences?.find(reference => reference.controller === true);
    if (owner?.kind !== kind.kind || groupOf(owner.apiVersion) !== groupOf(kind.apiVersion)) return [];
    const { namespace } = object.metadata;
    return [namespaced && namespace !== undefined ? `${namespace}/${owner.name}` : owner.name];
  };
}
