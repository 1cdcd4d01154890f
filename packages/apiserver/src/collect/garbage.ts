/**
 * The garbage collector: deletes what lost all its owners, and carries out foreground and orphan deletions. Level-triggered: every
 * decision is made from what is stored at that moment, and a start looks at everything once.
 */
import { isNotFound, isConflict, type DeleteOptions, type KubeObject, type OwnerReference } from '@larder/kube';
import type { CommitListener } from '../commits.ts';
import type { Api } from '../rest/api.ts';
import { remove } from '../rest/delete.ts';
import { edit, withoutFinalizer } from '../rest/edit.ts';
import type { StoreKey } from '../store/store.ts';
import { Dependents, idOf, keyOfId } from './dependents.ts';
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

type OwnerState = 'solid' | 'waiting' | 'absent';

export class GarbageCollector {
  readonly #api: Api;
  readonly #dependents = new Dependents();
  readonly #queue: WorkQueue;
  readonly #stop: () => void;

  constructor(api: Api, failed?: WorkQueueOptions['failed']) {
    this.#api = api;
    this.#queue = new WorkQueue({ work: id => this.#collect(keyOfId(id)), ...(failed && { failed }) });
    this.#stop = api.commits.listen(event => this.#follow(event));
    for (const served of api.registry.storages()) this.#scan(served.storage);
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#queue.close();
  }

  #scan(resource: string): void {
    for (const { key, value } of this.#api.commits.store.list(resource).items) {
      this.#dependents.change(key, value, undefined);
      if (concerns(value)) this.#queue.add(idOf(key));
    }
  }

  #follow({ type, key, value, previous }: Parameters<CommitListener>[0]): void {
    const gone = type === 'delete';
    this.#dependents.change(key, gone ? undefined : value, gone ? value : previous);
    if (gone) for (const dependent of this.#dependents.of(value.metadata.uid ?? '')) this.#queue.add(idOf(dependent));
    if (!gone && concerns(value) && isNews(value, previous)) this.#queue.add(idOf(key));
    // An owner may have waited for this one.
    for (const reference of value.metadata.ownerReferences ?? []) {
      const owner = this.#findOwner(key, reference);
      if (owner && isForeground(owner.value)) this.#queue.add(idOf(owner.key));
    }
  }

  async #collect(key: StoreKey): Promise<void> {
    const object = this.#api.commits.store.get(key)?.value;
    if (object === undefined) return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers.includes('orphan')) return this.#orphan(key, object);
    if (isForeground(object)) await this.#deleteDependents(key, object);
    else if (deletionTimestamp === undefined) await this.#checkOwners(key, object);
  }

  async #orphan(key: StoreKey, owner: KubeObject): Promise<void> {
    const { uid } = owner.metadata;
    const gone = new Set([uid]);
    for (const dependent of this.#dependents.of(uid ?? '')) {
      await edit(this.#api, dependent, object => withoutOwners(object, gone));
    }
    await edit(this.#api, key, object => withoutFinalizer(object, 'orphan'));
  }

  async #deleteDependents(key: StoreKey, owner: KubeObject): Promise<void> {
    const uid = owner.metadata.uid ?? '';
    let blocking = 0;
    for (const dependent of this.#dependents.of(uid)) {
      const object = this.#api.commits.store.get(dependent)?.value;
      const reference = object?.metadata.ownerReferences?.find(other => other.uid === uid);
      if (object === undefined || reference === undefined) continue;
      if (reference.blockOwnerDeletion === true) blocking++;
      if (object.metadata.deletionTimestamp === undefined) this.#queue.add(idOf(dependent));
    }
    if (blocking === 0) await edit(this.#api, key, object => withoutFinalizer(object, 'foregroundDeletion'));
  }

  async #checkOwners(key: StoreKey, object: KubeObject): Promise<void> {
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const states = new Map(references.map(reference => [reference.uid, this.#stateOf(key, reference)]));
    if ([...states.values()].every(state => state === 'solid')) return;
    if ([...states.values()].includes('solid')) {
      const lost = new Set(references.map(({ uid }) => uid).filter(uid => states.get(uid) !== 'solid'));
      await edit(this.#api, key, current => withoutOwners(current, lost));
      return;
    }
    const hasDependents = this.#dependents.of(object.metadata.uid ?? '').length > 0;
    const waitedFor = [...states.values()].includes('waiting') && hasDependents;
    await this.#delete(key, object, waitedFor ? 'Foreground' : undefined);
  }

  async #delete(
    key: StoreKey,
    object: KubeObject,
    propagationPolicy: DeleteOptions['propagationPolicy'],
  ): Promise<void> {
    const served = this.#api.registry.findStorage(key.resource);
    if (served === undefined) return;
    const { uid, resourceVersion } = object.metadata;
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    try {
      const target = { served, namespace: key.namespace, name: key.name };
      await remove(this.#api, target, { preconditions, ...(propagationPolicy && { propagationPolicy }) });
    } catch (error) {
      if (isConflict(error)) this.#queue.add(idOf(key));
      else if (!isNotFound(error)) throw error;
    }
  }

  #stateOf(dependent: StoreKey, reference: OwnerReference): OwnerState {
    const served = this.#api.registry.findKind(reference.apiVersion, reference.kind);
    // Nobody can tell whether such an owner is there, so its dependents stay.
    if (served === undefined) return 'solid';
    if (served.definition.namespaced && dependent.namespace === '') return 'solid';
    const owner = this.#findOwner(dependent, reference);
    if (owner === undefined) return 'absent';
    return isForeground(owner.value) ? 'waiting' : 'solid';
  }

  #findOwner(
    dependent: StoreKey,
    { apiVersion, kind, name, uid }: OwnerReference,
  ): { key: StoreKey; value: KubeObject } | undefined {
    const served = this.#api.registry.findKind(apiVersion, kind);
    if (served === undefined) return undefined;
    const namespace = served.definition.namespaced ? dependent.namespace : '';
    const stored = this.#api.commits.store.get({ resource: served.storage, namespace, name });
    return stored?.value.metadata.uid === uid ? stored : undefined;
  }
}

function isForeground({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes('foregroundDeletion') === true;
}

/** Whether there can be anything to do about an object. */
function concerns({ metadata }: KubeObject): boolean {
  if (metadata.deletionTimestamp === undefined) return (metadata.ownerReferences?.length ?? 0) > 0;
  return metadata.finalizers?.some(name => name === 'orphan' || name === 'foregroundDeletion') === true;
}

/** A change of content alone has no effect on who owns whom. */
function isNews(value: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined || value.metadata.deletionTimestamp !== undefined) return true;
  const [now, before] = [value.metadata.ownerReferences ?? [], previous.metadata.ownerReferences ?? []];
  return now.length !== before.length || now.some(({ uid }, index) => before[index]?.uid !== uid);
}

function withoutOwners(object: KubeObject, gone: ReadonlySet<string | undefined>): boolean {
  const { ownerReferences = [] } = object.metadata;
  const kept = ownerReferences.filter(({ uid }) => !gone.has(uid));
  if (kept.length === ownerReferences.length) return false;
  if (kept.length > 0) object.metadata.ownerReferences = kept;
  else delete object.metadata.ownerReferences;
  return true;
}
