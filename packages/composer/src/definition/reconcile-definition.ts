/**
 * Definitions (XRDs): makes the CRDs of composite and claim, starts what reconciles them, and says so (`Established`,
 * `Offered`). A deleted definition takes its claims and composites with it, as with Crossplane.
 */
import type { CompositeResourceDefinition, CustomResourceDefinition } from '@larder/catalog';
import { conditionsOf, findCondition, isConditionTrue, type ReconcileResult } from '@larder/controller';
import { equalJson, refOf, type Client, type KindRef, type KubeObject } from '@larder/kube';
import { conditionList, type Wanted } from '../conditions.ts';
import { controllerUid, CROSSPLANE_API, finalizer, manager, nameOf } from '../crossplane.ts';
import { applyWhole } from '../install.ts';
import { crdsOfDefinition, kindsOfDefinition, type DefinedCrds } from './crds.ts';

export interface DefinitionContext {
  client: Client;
  /** Begins, once, to reconcile the definition's composites and claims; told of every change. */
  start: (definition: CompositeResourceDefinition) => void;
  stop: (name: string) => Promise<void>;
  now: () => Date;
}

type Definition = CompositeResourceDefinition & { status?: Record<string, unknown> };

/** While a definition waits for its objects to go: they aren't watched for it. */
const LOOK_AGAIN_MS = 1_000;

/** One turn for the definition of this name. */
export async function reconcileDefinition(
  context: DefinitionContext,
  name: string,
): Promise<ReconcileResult | undefined> {
  const ref = { apiVersion: CROSSPLANE_API, kind: 'CompositeResourceDefinition', name };
  const found = await context.client.find<Definition>(ref);
  if (found === undefined) {
    await context.stop(name);
    return undefined;
  }
  if (found.metadata.deletionTimestamp !== undefined) return deleteDefinition(context, found);
  const definition = await withFinalizers(context.client, found);
  const crds = crdsOfDefinition(definition);
  const composite = await applyCrd(context.client, definition, crds.composite);
  const claim = crds.claim && (await applyCrd(context.client, definition, crds.claim));
  const all = claim === undefined ? [composite] : [composite, claim];
  if (all.every(crd => isConditionTrue(conditionsOf(crd), 'Established'))) context.start(definition);
  const conditions = [established(composite), ...(claim === undefined ? [] : [offered(claim)])];
  await writeStatus(context, definition, conditions);
  return undefined;
}

async function withFinalizers(client: Client, definition: Definition): Promise<Definition> {
  const { finalizers = [], resourceVersion } = definition.metadata;
  const wanted =
    definition.spec.claimNames === undefined ? [finalizer.defined] : [finalizer.defined, finalizer.offered];
  const missing = wanted.filter(each => !finalizers.includes(each));
  if (missing.length === 0) return definition;
  const body = { metadata: { resourceVersion, finalizers: [...finalizers, ...missing] } };
  return client.patch<Definition>(refOf(definition), { type: 'merge', body }, { fieldManager: manager.definition });
}

async function applyCrd(client: Client, definition: Definition, crd: CustomResourceDefinition): Promise<KubeObject> {
  const there = await client.find(refOf(crd));
  const owner = there && controllerUid(there);
  if (owner !== undefined && owner !== definition.metadata.uid) {
    throw new Error(`cannot define ${nameOf(crd)}: it is there already and belongs to another object`);
  }
  return applyWhole<KubeObject>(client, crd);
}

function established(crd: KubeObject): Wanted {
  const reason = 'WatchingCompositeResource';
  return served(crd) ?? { type: 'Established', status: 'True', reason };
}

function offered(crd: KubeObject): Wanted {
  const trouble = served(crd);
  if (trouble !== undefined) return { ...trouble, type: 'Offered' };
  return { type: 'Offered', status: 'True', reason: 'WatchingCompositeResourceClaim' };
}

/** Why a CRD isn't served yet; `undefined` when it is. */
function served(crd: KubeObject): Wanted | undefined {
  const conditions = conditionsOf(crd);
  if (isConditionTrue(conditions, 'Established')) return undefined;
  const names = findCondition(conditions, 'NamesAccepted');
  const why = names?.status === 'False' ? names.message : undefined;
  return {
    type: 'Established',
    status: 'False',
    reason: 'WaitingForCRD',
    message: why ?? `waits for ${nameOf(crd)} to be served`,
  };
}

async function deleteDefinition(
  context: DefinitionContext,
  definition: Definition,
): Promise<ReconcileResult | undefined> {
  const { client } = context;
  const { composite, claim } = kindsOfDefinition(definition);
  const crds = crdsOfDefinition(definition);
  const { name, finalizers = [], resourceVersion } = definition.metadata;
  const claimsLeft = claim && crds.claim ? await clear(client, claim, crds.claim) : 0;
  const left = claimsLeft > 0 ? claimsLeft : await clear(client, composite, crds.composite);
  if (left > 0) {
    const message = `waits for ${left} ${claimsLeft > 0 ? (claim?.kind ?? '') : composite.kind} to go`;
    await writeStatus(context, definition, [
      { type: 'Established', status: 'False', reason: 'TerminatingCompositeResource', message },
      ...(claim ? [terminatingClaim] : []),
    ]);
    return { requeueAfterMs: LOOK_AGAIN_MS };
  }
  await context.stop(name);
  const ours: string[] = [finalizer.defined, finalizer.offered];
  const body = { metadata: { resourceVersion, finalizers: finalizers.filter(each => !ours.includes(each)) } };
  await client.patch(refOf(definition), { type: 'merge', body }, { fieldManager: manager.definition });
  return undefined;
}

const terminatingClaim: Wanted = { type: 'Offered', status: 'False', reason: 'TerminatingCompositeResourceClaim' };

/** Deletes all objects of the kind, then its CRD. Returns how many are left. */
async function clear(
  client: Client,
  kind: KindRef,
  { apiVersion, kind: crdKind, metadata }: DefinedCrds['composite'],
): Promise<number> {
  const crd = await client.find({ apiVersion, kind: crdKind, name: metadata.name });
  if (crd === undefined) return 0;
  const { items } = await client.list(kind);
  for (const object of items) {
    if (object.metadata.deletionTimestamp === undefined) await client.delete(refOf(object));
  }
  if (items.length > 0) return items.length;
  return (await client.delete(refOf(crd))) === undefined ? 0 : 1;
}

async function writeStatus(
  { client, now }: DefinitionContext,
  definition: Definition,
  conditions: Wanted[],
): Promise<void> {
  const { composite, claim } = kindsOfDefinition(definition);
  const status = {
    ...definition.status,
    controllers: { compositeResourceType: composite, ...(claim && { compositeResourceClaimType: claim }) },
    conditions: conditionList(conditions, definition, now()),
  };
  if (equalJson(definition.status ?? {}, status)) return;
  await client.updateStatus({ ...definition, status }, { fieldManager: manager.definition });
}
