/**
 * Claims: one turn reads the claim and its composite, and brings both and the claim's secret in line. Every write is
 * preceded by what a later turn needs to know of it, so that it may stop anywhere.
 */
import type { CompositeResourceDefinition, Service } from '@larder/catalog';
import { hasFinalizer, refOfKey, removeFinalizer, TerminalError, type EventRecorder } from '@larder/controller';
import { equalJson, isConflict, keyOf, refOf, type Client, type KindRef, type KubeObject } from '@larder/kube';
import type { ApplyMemo } from '../apply-memo.ts';
import { finalizer, label, manager, type Claim, type Composite } from '../crossplane.ts';
import { generatedName } from '../names.ts';
import { dropFormerSecrets, publishClaimSecret, recordSecret } from './claim-secret.ts';
import { planClaimStatus, planDeletingStatus, planFailedStatus, refusalOf } from './claim-status.ts';
import { isBoundTo, planBinding, planComposite, refusalToBind } from './plan-claim.ts';
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
    context.wanted.set(key, undefined);
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
  const secretName = claim.spec.writeConnectionSecretToRef?.name;
  context.wanted.set(keyOf(claim), secretName && `${claim.metadata.namespace}/${secretName}`);
  const composite = await applyComposite(context, claim);
  const secret = await publishClaimSecret(client, claim, composite, keys);
  context.refuseSecret(composite, refusalOf(secret));
  await recordSecret(client, composite, secret);
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

/** The claim with all that it needs before its composite is made. */
async function bind(context: ClaimContext, claim: Claim, hasDetails: boolean): Promise<Claim> {
  const { client, service, compositeKind } = context;
  const { name } = claim.metadata;
  const bound = claim.spec.resourceRef === undefined ? await forgottenComposite(context, claim) : undefined;
  const secretName = hasDetails ? service?.connectionSecretName(name) : undefined;
  const patch = planBinding({ claim, compositeKind, bound, freshName: generatedName(name), secretName });
  const written =
    patch === undefined
      ? claim
      : await client.patch<Claim>(refOf(claim), { type: 'merge', body: patch }, { fieldManager: manager.claim });
  return adoptCompositionRef(context, written);
}

/** A claim that was replaced as a whole has lost its reference, but its composite still knows it. */
async function forgottenComposite({ client, compositeKind }: ClaimContext, claim: Claim): Promise<string | undefined> {
  const { name, namespace = '' } = claim.metadata;
  const labelSelector = `${label.claimName}=${name},${label.claimNamespace}=${namespace}`;
  const { items } = await client.list<Composite>(compositeKind, { labelSelector });
  const ours = items.filter(each => isBoundTo(each, claim) && each.metadata.deletionTimestamp === undefined);
  return ours.map(each => each.metadata.name).sort()[0];
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

/** Deletes the composite, waits for it if the policy says so, and lets the claim go. */
async function deleteClaim(context: ClaimContext, claim: Claim): Promise<void> {
  const { client, compositeKind, events, memo, now } = context;
  if (!hasFinalizer(claim, finalizer.claim)) return;
  const name = claim.spec.resourceRef?.name;
  const composite = name === undefined ? undefined : await client.find<Composite>({ ...compositeKind, name });
  if (composite !== undefined && isBoundTo(composite, claim)) {
    const { uid, deletionTimestamp } = composite.metadata;
    // In the background: the composite's own finalizer holds it until what it composed is gone, one after the other, while
    // Kubernetes' foreground deletion would delete all of it at once.
    if (deletionTimestamp === undefined) {
      await client.delete(refOf(composite), { propagationPolicy: 'Background', preconditions: { uid } });
      const message = `Deleting composite resource ${composite.metadata.name}`;
      events.record(claim, { type: 'Normal', reason: 'DeleteCompositeResource', message });
    }
    const policy = claim.spec.compositeDeletePolicy ?? context.definition().spec.defaultCompositeDeletePolicy;
    const left = await client.find<Composite>(refOf(composite));
    if (policy === 'Foreground' && left !== undefined) {
      await writeStatus(client, claim, planDeletingStatus(claim, left, now()));
      return;
    }
    memo.forget(uid);
  }
  await removeFinalizer(client, claim, finalizer.claim);
}

async function tellFailure(client: Client, claim: Claim, error: unknown, now: Date): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const fresh = await client.find<Claim>(refOf(claim)).catch(() => undefined);
  if (fresh === undefined) return;
  await writeStatus(client, fresh, planFailedStatus(fresh, message, now)).catch(() => {
    // The error that brought us here comes back with the next turn, and is logged either way.
  });
}

async function writeStatus(client: Client, object: KubeObject, status: Record<string, unknown>): Promise<void> {
  if (equalJson(object.status ?? {}, status)) return;
  await client.updateStatus({ ...object, status }, { fieldManager: manager.claim });
}
