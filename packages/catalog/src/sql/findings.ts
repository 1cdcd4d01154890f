/** What the claim's owner sees of a role or database: what somebody must change is a refusal, all else is told as it is. */
import type { Condition, KubeObject } from '@larder/kube';
import type { CompositionCondition } from '../composition.ts';

/** Reasons of `Ready=False` that only another claim, or another secret, can end. */
const refusals = new Set([
  'DatabaseExists',
  'DatabaseGone',
  'DatabaseTaken',
  'EndpointNotAllowed',
  'NameNotPossible',
  'NotPossible',
  'OwnerNotPossible',
  'RoleExists',
  'RoleTaken',
  'SecretUnusable',
]);

export function isReady(object: KubeObject | undefined): boolean {
  return conditionsOf(object).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** @param type what `Ready` of the composed object is called: Crossplane's own speaks of the whole */
export function sqlConditions(
  object: KubeObject | undefined,
  type: 'RoleReady' | 'DatabaseReady',
): CompositionCondition[] {
  const found = conditionsOf(object);
  const ready = found.find(each => each.type === 'Ready');
  const refused = ready?.status === 'False' && refusals.has(ready.reason ?? '');
  const acceptance: CompositionCondition = refused
    ? {
        type: 'Accepted',
        status: 'False',
        reason: ready.reason,
        message: `spec.parameters: ${ready.message ?? ''}`,
        target: 'CompositeAndClaim',
      }
    : { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', target: 'Composite' };
  const others = found.filter(each => !(refused && each === ready));
  return [acceptance, ...others.map(each => seen(each, type))];
}

function seen({ type, status, reason, message = '' }: Condition, name: string): CompositionCondition {
  const target = status === 'True' ? 'Composite' : 'CompositeAndClaim';
  return { type: type === 'Ready' ? name : type, status, reason, message, target };
}

function conditionsOf(object: KubeObject | undefined): Condition[] {
  const { conditions = [] } = (object?.status ?? {}) as { conditions?: Condition[] };
  return conditions;
}
