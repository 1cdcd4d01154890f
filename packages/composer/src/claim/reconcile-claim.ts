/**
 * Claims: one turn reads the claim and its composite, and brings both and the claim's secret in line. Every write is
 * preceded by what a later turn needs to know of it, so that it may stop anywhere.
 */
import type { CompositeResourceDefinition, Service } from '@larder/catalog';
import {
  conditionsOf,
  findCondition,
  hasFinalizer,
  refOfKey,
  removeFinalizer,
  TerminalError,
  type EventRecorder,
} from '@larder/controller';
import {
  equalJson,
  isConflict,
  isForbidden,
  isNotFound,
  keyOf,
  refOf,
  type Client,
  type KindRef,
  type KubeObject,
} from '@larder/kube';
import type { ApplyMemo } from '../apply-memo.ts';
import {
  argumentsFor,
  claimUidAnnotation,
  finalizer,
  finalizersOfOthers,
  label,
  manager,
  nameOf,
  type Claim,
  type Composite,
} from '../crossplane.ts';
import { generatedName } from '../names.ts';
import { dropFormerSecrets, publishClaimSecret, recordSecret } from './claim-secret.ts';
import { planClaimStatus, planDeletingStatus, planFailedStatus, planHeldStatus, refusalOf } from './claim-status.ts';
import { isBoundTo, isMadeFor, planBinding, planComposite, refusalToBind } from './plan-claim.ts';
import type { WantedSecrets } from './wanted-secrets.ts';

export interface ClaimContext {
  client: Client;
  service: Service | undefined;
  /** As it is now: it may change while the composer runs. */
  definition: () => CompositeResourceDefinition;
  claimKind: KindRef;
  compositeKind: KindRef;
  events: EventRecorder;
  memo: ApplyMemo;
  wanted: WantedSecrets;
  /** The composite has to say, or no longer, why its claim's secret can't be written. */
  refuseSecret: (composite: Composite, message: string | undefined) => void;
  now: () => Date;
}

/** One turn for the claim with this key. */
export async function reconcileClaim(context: ClaimContext, key: string): Promise<void> {
  const { client, claimKind, now } = context;
  const claim = await client.find<Claim>(refOfKey(claimKind, key));
  if (claim === undefined) {
    context.wanted.set(key, []);
    return;
  }
  try {
    if (claim.metadata.deletionTimestamp === undefined) await syncClaim(context, claim);
    else await deleteClaim(context, claim);
  } catch (error) {
    if (!isConflict(error)) await tellFailure(client, claim, error, now());
    throw error;
  }
}

async function syncClaim(context: ClaimContext, found: Claim): Promise<void> {
  const { client, events, now } = context;
  const keys = context.definition().spec.connectionSecretKeys ?? [];
  const claim = await bind(context, found, keys.length > 0);
  const composite = await applyComposite(context, claim);
  context.wanted.set(keyOf(claim), secretsOf(claim, composite));
  const secret = await publishClaimSecret(client, claim, composite, keys);
  context.refuseSecret(composite, refusalOf(secret));
  if (context.service?.lendsRights) await recordSecret(client, composite, secret);
  const synced = claim.status?.conditions?.find(condition => condition.type === 'Synced');
  if (synced?.observedGeneration !== claim.metadata.generation) await dropFormerSecrets(client, claim);
  if (secret.kind === 'there' && secret.written) {
    events.record(claim, {
      type: 'Normal',
      reason: 'PropagateConnectionSecret',
      message: 'Successfully propagated connection details from composite resource',
    });
  }
  await writeStatus(client, claim, planClaimStatus(claim, composite, secret, now()));
}

/**
 * The composite's is watched itself: its status tells the time of what was published to the second, so that what follows within one
 * second would go unheard.
 */
function secretsOf(claim: Claim, composite: Composite): string[] {
  const own = claim.spec.writeConnectionSecretToRef;
  const copied = composite.spec.writeConnectionSecretToRef;
  if (own === undefined) return [];
  return [`${claim.metadata.namespace}/${own.name}`, ...(copied ? [`${copied.namespace}/${copied.name}`] : [])];
}

/** The claim with all that it needs before its composite is made. */
async function bind(context: ClaimContext, claim: Claim, hasDetails: boolean): Promise<Claim> {
  const { client, service, compositeKind } = context;
  const { name } = claim.metadata;
  const bound = claim.spec.resourceRef === undefined ? await forgottenComposite(context, claim) : undefined;
  const secretName = hasDetails ? service?.connectionSecretName(name) : undefined;
  const composition = plainDefault(context, claim);
  const patch = planBinding({ claim, compositeKind, bound, freshName: generatedName(name), composition, secretName });
  const written =
    patch === undefined
      ? claim
      : await client.patch<Claim>(refOf(claim), { type: 'merge', body: patch }, { fieldManager: manager.claim });
  return adoptCompositionRef(context, written);
}

/** What a composite would choose for a claim that says nothing of it: told to both at once, that saves them a turn. */
function plainDefault({ definition, service }: ClaimContext, { spec }: Claim): string | undefined {
  const { enforcedCompositionRef, defaultCompositionRef } = definition().spec;
  if (enforcedCompositionRef !== undefined || spec.compositionSelector !== undefined) return undefined;
  const known = service?.compositions.find(({ name }) => name === defaultCompositionRef?.name);
  return known?.name;
}

/** A claim that was replaced as a whole has lost its reference, but its composite still knows it. */
async function forgottenComposite(
  { client, compositeKind, events }: ClaimContext,
  claim: Claim,
): Promise<string | undefined> {
  const { name, namespace = '' } = claim.metadata;
  const labelSelector = `${label.claimName}=${name},${label.claimNamespace}=${namespace}`;
  const { items } = await client.list<Composite>(compositeKind, { labelSelector });
  const living = items.filter(each => isBoundTo(each, claim) && each.metadata.deletionTimestamp === undefined);
  const [ours] = living.filter(each => isMadeFor(each, claim)).sort(byName);
  if (ours === undefined) for (const other of living) tellLeftOver(events, claim, other);
  return ours?.metadata.name;
}

/** Only one whose finalizer somebody took off by force leaves anything behind. */
function tellLeftOver(events: EventRecorder, claim: Claim, composite: Composite): void {
  const message =
    `${nameOf(composite)} of an earlier claim of this name is still there; this claim begins without its data. To have that ` +
    `instead, make a claim with spec.resourceRef.name "${composite.metadata.name}"; if nobody needs it: ` +
    `kubectl delete ${argumentsFor(composite)}`;
  events.record(claim, { type: 'Warning', reason: 'CompositeResourceLeftOver', message });
}

function byName(a: KubeObject, b: KubeObject): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** What the composite chose, shown on a claim that leaves the choice open. */
async function adoptCompositionRef({ client, compositeKind }: ClaimContext, claim: Claim): Promise<Claim> {
  if (claim.spec.compositionRef !== undefined) return claim;
  const composite = await client.find<Composite>({ ...compositeKind, name: claim.spec.resourceRef?.name ?? '' });
  const compositionRef = composite && isBoundTo(composite, claim) ? composite.spec.compositionRef : undefined;
  if (compositionRef === undefined) return claim;
  const body = { metadata: { resourceVersion: claim.metadata.resourceVersion }, spec: { compositionRef } };
  return client.patch<Claim>(refOf(claim), { type: 'merge', body }, { fieldManager: manager.claim });
}

async function applyComposite({ client, compositeKind, events, memo }: ClaimContext, claim: Claim): Promise<Composite> {
  const ref = { ...compositeKind, name: claim.spec.resourceRef?.name ?? '' };
  const live = await client.find<Composite>(ref);
  const refusal = live && refusalToBind(claim, live);
  if (refusal !== undefined) throw new TerminalError(refusal);
  if (live === undefined) tellLost(events, claim);
  const body = planComposite(claim);
  if (live !== undefined && memo.isCurrent(live, body)) return live;
  const options = { fieldManager: manager.claim };
  const applied = await client.patch<Composite>(ref, { type: 'apply', body, force: true }, options);
  memo.remember(applied, body);
  if (live?.spec.claimRef === undefined) {
    const message = `Successfully bound composite resource ${ref.name}`;
    events.record(claim, { type: 'Normal', reason: 'BindCompositeResource', message });
  }
  return applied;
}

/** A claim that has been ready, or not, has had a composite. */
function tellLost(events: EventRecorder, claim: Claim): void {
  if (findCondition(conditionsOf(claim), 'Ready') === undefined) return;
  const lost = `${claim.spec.resourceRef?.kind} "${claim.spec.resourceRef?.name}"`;
  const message = `${lost} is gone although this claim is there: a new one is made, without the data of the first`;
  events.record(claim, { type: 'Warning', reason: 'CompositeResourceLost', message });
}

/** Deletes the composite, waits for it if the policy says so, and lets the claim go. */
async function deleteClaim(context: ClaimContext, claim: Claim): Promise<void> {
  const { client, memo, now } = context;
  if (!hasFinalizer(claim, finalizer.claim)) return writeHeld(context, claim).then(() => undefined);
  const composite = await findComposite(context, claim);
  if (composite !== undefined) {
    if (composite.metadata.deletionTimestamp === undefined) await deleteComposite(context, claim, composite);
    const policy = claim.spec.compositeDeletePolicy ?? context.definition().spec.defaultCompositeDeletePolicy;
    const left = await client.find<Composite>(refOf(composite));
    if (policy === 'Foreground' && left !== undefined) {
      await writeStatus(client, claim, planDeletingStatus(claim, left, now()));
      return;
    }
    memo.forget(composite.metadata.uid);
  }
  await removeFinalizer(client, await writeHeld(context, claim), finalizer.claim);
}

/** The composite that goes with this claim. @throws TerminalError when it is the claim's, but says that it is another's */
async function findComposite({ client, compositeKind }: ClaimContext, claim: Claim): Promise<Composite | undefined> {
  const name = claim.spec.resourceRef?.name;
  const composite = name === undefined ? undefined : await client.find<Composite>({ ...compositeKind, name });
  if (composite === undefined || isBoundTo(composite, claim)) return composite;
  const isOurOwn = composite.metadata.annotations?.[claimUidAnnotation] === claim.metadata.uid;
  if (isOurOwn && composite.spec.claimRef !== undefined) throw new TerminalError(refusalToBind(claim, composite));
  return isOurOwn ? composite : undefined;
}

/** In the background: the composite's own finalizer holds it until what it composed is gone, one after the other, while
 * Kubernetes' foreground deletion would delete all of it at once. */
async function deleteComposite(context: ClaimContext, claim: Claim, composite: Composite): Promise<void> {
  const { client, events } = context;
  const options = { propagationPolicy: 'Background', preconditions: { uid: composite.metadata.uid } } as const;
  try {
    await client.delete(refOf(composite), options);
  } catch (error) {
    if (isNotFound(error)) return;
    if (!isForbidden(error)) throw error;
    // Still protected, as the claim was a moment ago: it hasn't heard that the claim no longer is.
    await applyComposite(context, claim);
    await client.delete(refOf(composite), options);
  }
  const message = `Deleting composite resource ${composite.metadata.name}`;
  events.record(claim, { type: 'Normal', reason: 'DeleteCompositeResource', message });
}

/** Nothing is left to do for the claim: says who else holds it, if anybody does. */
async function writeHeld({ client, now }: ClaimContext, claim: Claim): Promise<Claim> {
  if (finalizersOfOthers(claim).length === 0) return claim;
  return writeStatus(client, claim, planHeldStatus(claim, now()));
}

async function tellFailure(client: Client, claim: Claim, error: unknown, now: Date): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const fresh = await client.find<Claim>(refOf(claim)).catch(() => undefined);
  if (fresh === undefined) return;
  await writeStatus(client, fresh, planFailedStatus(fresh, message, now)).catch(() => {
    // The error that brought us here comes back with the next turn, and is logged either way.
  });
}

async function writeStatus<T extends KubeObject>(
  client: Client,
  object: T,
  status: Record<string, unknown>,
): Promise<T> {
  if (equalJson(object.status ?? {}, status)) return object;
  return client.updateStatus<T>({ ...object, status }, { fieldManager: manager.claim });
}
