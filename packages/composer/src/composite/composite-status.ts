/** The status of a composite: what its composition says, and how composing went. Decides, touches nothing. */
import type { CompositionResponse } from '@larder/catalog';
import { conditionsOf, kubeTime } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import {
  available,
  conditionList,
  creating,
  deleting,
  heldText,
  otherConditions,
  reconcileError,
  reconcileSuccess,
  systemConditions,
  type Wanted,
} from '../conditions.ts';
import { describeCommand, nameOf, type Composite } from '../crossplane.ts';
import { withSecretRefusal } from '../secret-refusals.ts';

type Status = NonNullable<Composite['status']>;

export interface Outcome {
  response: CompositionResponse;
  /** Why objects could not be applied, by composed resource name. */
  refused: ReadonlyMap<string, string>;
  /** The connection secret was written in this turn. */
  published: boolean;
  /** Why its claim's secret can't be written. */
  secretRefusal?: string;
}

/** The whole status of a composite that isn't being deleted. */
export function planCompositeStatus(composite: Composite, outcome: Outcome, now: Date): Status {
  const { response, refused, published, secretRefusal } = outcome;
  const said = response.conditions.filter(({ type }) => !systemConditions.includes(type));
  const own: Wanted[] = said.map(({ target: _target, ...condition }) => condition);
  const wanted = [synced(refused), readiness(response), ...withSecretRefusal(own, secretRefusal)];
  const forClaim = said.filter(({ target }) => target === 'CompositeAndClaim').map(({ type }) => type);
  const time = published ? kubeTime(now) : composite.status?.connectionDetails?.lastPublishedTime;
  return {
    ...response.status,
    conditions: conditionList(wanted, composite, now),
    ...(forClaim.length > 0 && { claimConditionTypes: forClaim }),
    ...(time !== undefined && { connectionDetails: { lastPublishedTime: time } }),
  };
}

/** The status of a composite whose turn failed: as it was, but not synced. */
export function planFailedStatus(composite: Composite, message: string, now: Date): Status {
  const wanted = [reconcileError(message), ...otherConditions(composite, ['Synced'])];
  return { ...composite.status, conditions: conditionList(wanted, composite, now) };
}

/** The status of a composite that waits for `object`, which it composed, to go. */
export function planDeletingStatus(composite: Composite, object: KubeObject, now: Date): Status {
  const wanted = [reconcileSuccess, deleting(deletionText(object)), ...otherConditions(composite, systemConditions)];
  return { ...composite.status, conditions: conditionList(wanted, composite, now) };
}

/** The status of a composite of which nothing is left, but which finalizers of others hold. */
export function planHeldStatus(composite: Composite, now: Date): Status {
  const message = heldText(composite, `waits to go itself: what ${nameOf(composite)} composed is gone`);
  const wanted = [reconcileSuccess, deleting(message), ...otherConditions(composite, systemConditions)];
  return { ...composite.status, conditions: conditionList(wanted, composite, now) };
}

/** What is being waited for, why and since when, and where to look. */
function deletionText(object: KubeObject): string {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  const trouble = conditionsOf(object).find(({ status, message }) => status !== 'True' && message);
  const since = trouble?.lastTransitionTime === undefined ? '' : ` (since ${trouble.lastTransitionTime})`;
  const held = `held by finalizer ${finalizers.join(', ') || 'none'}`;
  const cause = trouble === undefined ? held : `${trouble.message}${since}`;
  const asked = deletionTimestamp === undefined ? '' : `, asked for at ${deletionTimestamp}`;
  return `waits for ${nameOf(object)} to go${asked}: ${cause}. More: ${describeCommand(object)}`;
}

function synced(refused: ReadonlyMap<string, string>): Wanted {
  if (refused.size === 0) return reconcileSuccess;
  return reconcileError(`Unsynced resources: ${[...refused].map(([name, why]) => `${name} (${why})`).join(', ')}`);
}

/** Nothing composed isn't ready: the composition says why, when it refuses. */
function readiness({ composed, conditions }: CompositionResponse): Wanted {
  const names = Object.keys(composed);
  if (names.length === 0) {
    const refusal = conditions.find(({ type, status }) => type === 'Accepted' && status === 'False');
    return creating(refusal?.message ?? 'Nothing is composed yet');
  }
  const unready = names.filter(name => composed[name]?.ready !== true);
  return unready.length === 0 ? available : creating(`Unready resources: ${unready.join(', ')}`);
}
