/** `delete`: now, or later when finalizers or the garbage collector have done their part. */
import { badRequest, cloneJson, conflict, type DeleteOptions, type KubeObject } from '@larder/kube';
import type { Stored } from '../store/store.ts';
import { askRules, askRulesWithin } from './admission.ts';
import { keyOfTarget, strategyOf, timestamp, type Api, type Target } from './api.ts';
import { isDone, retryOnRace } from './update.ts';
import { toStorage, viewOf } from './view.ts';

export interface Deleted {
  object: KubeObject;
  /** Whether it is gone, not only marked. */
  gone: boolean;
}

/** @throws StatusError `NotFound`, `Conflict` for a precondition, `Forbidden` */
export async function remove(api: Api, target: Target, options: DeleteOptions): Promise<Deleted> {
  let gone = false;
  const object = await retryOnRace(api, target, undefined, async stored => {
    const outcome = await removeStored(api, target, stored, options);
    gone = outcome.gone;
    return outcome.object;
  });
  return { object, gone };
}

async function removeStored(api: Api, target: Target, stored: Stored, options: DeleteOptions): Promise<Deleted> {
  const { served } = target;
  const old = viewOf(served, stored.value);
  checkPreconditions(target, old, options);
  const refusal = strategyOf(api, served).refuseDelete?.(old);
  if (refusal) throw refusal;
  if (old.metadata.deletionTimestamp === undefined) {
    askRules(api, target, 'DELETE', { object: old });
    if (served.apiVersion === 'v1' && served.kind === 'Namespace') askRulesWithin(api, target.name);
  }
  const marked = markDeleted(api, target, old, options);
  if (isDone(api, target, marked)) {
    if (options.dryRun) return { object: old, gone: true };
    const last = await api.commits.delete(keyOfTarget(target), stored.revision);
    return { object: last, gone: true };
  }
  if (options.dryRun) return { object: marked, gone: false };
  if (old.metadata.deletionTimestamp !== undefined && sameFinalizers(marked, old)) return { object: old, gone: false };
  const value = await api.commits.put(keyOfTarget(target), toStorage(served, marked), stored.revision);
  return { object: viewOf(served, value), gone: false };
}

function sameFinalizers(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [a.metadata.finalizers ?? [], b.metadata.finalizers ?? []];
  return left.length === right.length && left.every(finalizer => right.includes(finalizer));
}

function checkPreconditions({ served, name }: Target, old: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  // Kubernetes names the kind here, where other conflicts name the resource.
  const as = { group: served.definition.group, resource: served.kind };
  if (uid !== undefined && uid !== old.metadata.uid) {
    const why =
      `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}). ` +
      'The object might have been deleted and then recreated';
    throw conflict(as, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    const why =
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
      `(${old.metadata.resourceVersion}). The object might have been modified`;
    throw conflict(as, name, why);
  }
}

/** The object as a deletion leaves it until nothing holds it. */
function markDeleted(api: Api, { served }: Target, old: KubeObject, options: DeleteOptions): KubeObject {
  const object = cloneJson(old);
  const { metadata } = object;
  const finalizers = withPropagation(metadata.finalizers ?? [], options.propagationPolicy);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = timestamp(api.now());
    metadata.deletionGracePeriodSeconds = 0;
    if (metadata.generation !== undefined) metadata.generation++;
    strategyOf(api, served).startDelete?.(object);
  }
  return object;
}

/** The caller's propagation replaces what an earlier deletion asked for. */
function withPropagation(finalizers: readonly string[], policy: DeleteOptions['propagationPolicy']): string[] {
  if (policy === undefined) return [...finalizers];
  const others = finalizers.filter(finalizer => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  switch (policy) {
    case 'Orphan':
      return [...others, 'orphan'];
    case 'Foreground':
      return [...others, 'foregroundDeletion'];
    case 'Background':
      return others;
    default:
      throw badRequest(`invalid propagationPolicy ${JSON.stringify(policy)}`);
  }
}
