/** Conditions of an object: read, set and removed without touching the others. */
import type { Condition, KubeObject } from '@larder/kube';

/** The conditions in `status`; empty when there is no status yet. */
export function conditionsOf(object: KubeObject): Condition[] {
  const status = object.status as { conditions?: Condition[] } | undefined;
  return status?.conditions ?? [];
}

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find(condition => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[], type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The list with `condition` in it: in its old place, or at the end. `lastTransitionTime` stays as long as the status does,
 * so a caller may set the same condition at every turn and write nothing.
 */
export function setCondition(
  conditions: readonly Condition[],
  condition: Omit<Condition, 'lastTransitionTime'>,
  now: Date,
): Condition[] {
  const old = findCondition(conditions, condition.type);
  const same = old !== undefined && old.status === condition.status && old.lastTransitionTime !== undefined;
  const fresh: Condition = { ...condition, lastTransitionTime: same ? old.lastTransitionTime : kubeTime(now) };
  if (old === undefined) return [...conditions, fresh];
  return conditions.map(each => (each === old ? fresh : each));
}

export function removeCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter(condition => condition.type !== type);
}

/** RFC 3339 to the second: how Kubernetes writes a time. */
export function kubeTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
