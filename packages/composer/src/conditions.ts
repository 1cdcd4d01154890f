/** The conditions of claims, composites and definitions, with Crossplane's reasons and texts. */
import { conditionsOf, findCondition, kubeTime } from '@larder/controller';
import type { Condition, KubeObject } from '@larder/kube';
import { argumentsFor, finalizersOfOthers } from './crossplane.ts';

export type Wanted = Omit<Condition, 'lastTransitionTime'>;

export const reconcileSuccess: Wanted = { type: 'Synced', status: 'True', reason: 'ReconcileSuccess' };
export const available: Wanted = { type: 'Ready', status: 'True', reason: 'Available' };

export function reconcileError(message: string): Wanted {
  return { type: 'Synced', status: 'False', reason: 'ReconcileError', message };
}

export function creating(message: string): Wanted {
  return { type: 'Ready', status: 'False', reason: 'Creating', message };
}

export function waiting(message?: string): Wanted {
  const text = 'Claim is waiting for composite resource to become Ready';
  return { type: 'Ready', status: 'False', reason: 'Waiting', message: message === undefined ? text : message };
}

/** Says who holds an object that could go, and what to do about it. */
export function heldText(object: KubeObject, fact: string): string {
  const others = finalizersOfOthers(object);
  return (
    `${fact}; it is held by finalizer ${others.join(', ')}, which whoever put it there takes off. ` +
    `If they are no more: kubectl patch ${argumentsFor(object)} --type merge -p '{"metadata":{"finalizers":null}}'`
  );
}

export function deleting(message: string): Wanted {
  return { type: 'Ready', status: 'False', reason: 'Deleting', message };
}

/** Those that the composer sets itself; a composition can't. */
export const systemConditions: readonly string[] = ['Synced', 'Ready'];

/** Exactly the wanted ones, in their order, as seen at the object's generation; the time of those whose status stays is kept. */
export function conditionList(wanted: readonly Wanted[], object: KubeObject, now: Date): Condition[] {
  const before = conditionsOf(object);
  const { generation } = object.metadata;
  return wanted.map(condition => {
    const old = findCondition(before, condition.type);
    const same = old?.status === condition.status ? old.lastTransitionTime : undefined;
    const { message, observedGeneration: _elsewhere, ...rest } = condition;
    return {
      ...rest,
      ...(message !== undefined && message !== '' && { message }),
      lastTransitionTime: same ?? kubeTime(now),
      ...(generation !== undefined && { observedGeneration: generation }),
    };
  });
}

/** The object's conditions of other types than these, to be set again. */
export function otherConditions(object: KubeObject, types: readonly string[]): Wanted[] {
  return conditionsOf(object).filter(condition => !types.includes(condition.type));
}
