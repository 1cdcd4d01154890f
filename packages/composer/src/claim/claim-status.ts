/** The status of a claim: what its composite says, and whether its secret is there. Decides, touches nothing. */
import { findCondition, isConditionTrue, kubeTime } from '@larder/controller';
import type { Condition } from '@larder/kube';
import {
  available,
  conditionList,
  deleting,
  otherConditions,
  reconcileError,
  reconcileSuccess,
  systemConditions,
  waiting,
  type Wanted,
} from '../conditions.ts';
import { nameOf, type Claim, type Composite } from '../crossplane.ts';
import { withSecretRefusal } from '../secret-refusals.ts';

/** How it stands with the claim's connection secret. */
export type SecretState =
  | { kind: 'none' }
  | { kind: 'missing' }
  | { kind: 'there'; written: boolean; uid: string | undefined }
  | { kind: 'refused'; message: string };

/** Why the secret can't be written; `undefined` when it can. */
export function refusalOf(secret: SecretState): string | undefined {
  return secret.kind === 'refused' ? secret.message : undefined;
}

type Status = NonNullable<Claim['status']>;

/** The whole status of a claim that isn't being deleted. */
export function planClaimStatus(claim: Claim, composite: Composite, secret: SecretState, now: Date): Status {
  const { conditions = [], claimConditionTypes = [], connectionDetails: _own, ...shared } = composite.status ?? {};
  const extras = claimConditionTypes.flatMap(type => findCondition(conditions, type) ?? []);
  const wanted = [reconcileSuccess, readiness(conditions, secret), ...withSecretRefusal(extras, refusalOf(secret))];
  const published =
    secret.kind === 'there' && secret.written ? kubeTime(now) : claim.status?.connectionDetails?.lastPublishedTime;
  return {
    ...shared,
    conditions: conditionList(wanted, claim, now),
    ...(published !== undefined && { connectionDetails: { lastPublishedTime: published } }),
  };
}

/** The status of a claim whose turn failed: as it was, but not synced. */
export function planFailedStatus(claim: Claim, message: string, now: Date): Status {
  const wanted = [reconcileError(message), ...otherConditions(claim, ['Synced'])];
  return { ...claim.status, conditions: conditionList(wanted, claim, now) };
}

/** The status of a claim that waits for its composite to go. */
export function planDeletingStatus(claim: Claim, composite: Composite, now: Date): Status {
  const seen = composite.status?.conditions ?? [];
  const trouble = findCondition(seen, 'Synced');
  const step = findCondition(seen, 'Ready');
  const said = step?.reason === 'Deleting' ? step.message : undefined;
  const why = trouble?.status === 'False' ? trouble.message : said;
  const message = why ?? `waits for ${nameOf(composite)} to go`;
  const wanted = [reconcileSuccess, deleting(message), ...otherConditions(claim, systemConditions)];
  return { ...claim.status, conditions: conditionList(wanted, claim, now) };
}

function readiness(conditions: readonly Condition[], secret: SecretState): Wanted {
  if (secret.kind === 'refused') return waiting('Claim is waiting for its connection secret: see condition Accepted');
  if (!isConditionTrue(conditions, 'Ready')) {
    const said = findCondition(conditions, 'Ready')?.message;
    return said === undefined ? waiting() : waiting(`${waiting().message}: ${said}`);
  }
  return secret.kind === 'missing' ? waiting('Claim is waiting for its connection details') : available;
}
