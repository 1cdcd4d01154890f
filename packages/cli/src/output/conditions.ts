/** An object's conditions in words. */
import { conditionsOf } from '@larder/controller';
import type { KubeObject } from '@larder/kube';

export function hasCondition(object: KubeObject | undefined, type: string, status = 'True'): boolean {
  return (
    object !== undefined &&
    conditionsOf(object).some(
      condition => condition.type.toLowerCase() === type.toLowerCase() && condition.status === status,
    )
  );
}

/** Why an object isn't what somebody waits for: every condition that isn't True, the most telling first. */
export function reasonToWait(object: KubeObject | undefined): string {
  if (object === undefined) return 'it is not there';
  const unmet = conditionsOf(object).filter(condition => condition.status !== 'True');
  // Whether backups are well keeps nobody waiting: said where there is nothing else to say.
  const holding = unmet.filter(({ type }) => !type.endsWith('Healthy'));
  const open = holding.length > 0 ? holding : unmet;
  // A claim repeats what its parts say: once is enough.
  const own = open.filter(
    each => !open.some(({ message }) => message && message !== each.message && each.message?.includes(message)),
  );
  const told = [...own.filter(condition => condition.message), ...own.filter(condition => !condition.message)];
  const words = told.map(({ type, reason, message }) => `${type}: ${message || reason}`);
  if (words.length > 0) return [...new Set(words)].join('; ');
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp !== undefined) return `it is being deleted, and waits for ${finalizers.join(' and ')}`;
  const met = conditionsOf(object).map(({ type }) => type);
  return met.length === 0
    ? 'it has no conditions yet'
    : `it has the conditions ${met.join(' and ')} only, each of them True`;
}
