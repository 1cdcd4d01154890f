/** The status of a claim: what its composite says, and whether its secret is there. Decides, touches nothing. */
import { findCondition, isConditionTrue, kubeTime } from '@larder/controller';
import type { Condition } from '@larder/kube';
import {
  available,
  conditionList,
  deleting,
  heldText,
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
  const wanted = [syncedAs(conditions), readiness(composite, secret), ...withSecretRefusal(extras, refusalOf(secret))];
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
  return deletingStatus(claim, why ?? `waits for ${nameOf(composite)} to go`, now);
}

/** The status of a claim of which nothing is left, but which finalizers of others hold. */
export function planHeldStatus(claim: Claim, now: Date): Status {
  return deletingStatus(claim, heldText(claim, 'what was made for this claim is gone'), now);
}

function deletingStatus(claim: Claim, message: string, now: Date): Status {
  const wanted = [reconcileSuccess, deleting(message), ...otherConditions(claim, systemConditions)];
  return { ...claim.status, conditions: conditionList(wanted, claim, now) };
}

/** What is wrong with the composite is wrong with its claim: who wrote the claim may not be able to read the other. */
function syncedAs(conditions: readonly Condition[]): Wanted {
  const synced = findCondition(conditions, 'Synced');
  return synced?.status === 'False' ? reconcileError(synced.message ?? synced.reason ?? '') : reconcileSuccess;
}

function readiness(composite: Composite, secret: SecretState): Wanted {
  const conditions = composite.status?.conditions ?? [];
  if (composite.metadata.deletionTimestamp !== undefined) return waiting(deletedByHandText(composite));
  if (secret.kind === 'refused') return waiting('Claim is waiting for its connection secret: see condition Accepted');
  if (!isConditionTrue(conditions, 'Ready')) {
    const said = findCondition(conditions, 'Ready')?.message;
    return said === undefined ? waiting() : waiting(`${waiting().message}: ${said}`);
  }
  return secret.kind === 'missing' ? waiting('Claim is waiting for its connection details') : available;
}

/** It was not this claim's deletion that asked for it. */
function deletedByHandText(composite: Composite): string {
  const { deletionTimestamp } = composite.metadata;
  const step = findCondition(composite.status?.conditions ?? [], 'Ready');
  const progress = step?.reason === 'Deleting' && step.message ? ` It ${step.message}.` : '';
  return (
    `${nameOf(composite)} was deleted by hand at ${deletionTimestamp}, not through this claim: what it made goes with it, ` +
    `and that can't be undone. When it is gone a new one is made, without its data; delete this claim if you want none.${progress}`
  );
}
