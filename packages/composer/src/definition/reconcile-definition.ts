/**
 * Definitions (XRDs): makes the CRDs of composite and claim, starts what reconciles them, and says so (`Established`,
 * `Offered`). A definition that is deleted is held until its claims and composites are gone; none of them goes because of it.
 */
import type { CompositeResourceDefinition, CustomResourceDefinition } from '@larder/catalog';
import { conditionsOf, findCondition, isConditionTrue, type ReconcileResult } from '@larder/controller';
import { equalJson, isNotFound, refOf, type Client, type KindRef, type KubeObject } from '@larder/kube';
import { conditionList, type Wanted } from '../conditions.ts';
import {
  argumentsFor,
  controllerUid,
  CROSSPLANE_API,
  finalizer,
  manager,
  nameOf,
  unusedAnnotation,
} from '../crossplane.ts';
import { applyWhole } from '../install.ts';
import { crdNamesOfDefinition, crdsOfDefinition, kindsOfDefinition } from './crds.ts';

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
const MOST_NAMED = 3;

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
  const owner = there?.metadata.ownerReferences?.find(reference => reference.controller === true);
  if (there !== undefined && owner !== undefined && owner.uid !== definition.metadata.uid) {
    if (owner.kind !== definition.kind || owner.name !== definition.metadata.name)
      throw new Error(`cannot define ${nameOf(crd)}: it is there already and belongs to ${nameOf(owner)}`);
    // The definition was torn out without its finalizers having been heard, and came back: the kinds and their objects are its own.
    const { ownerReferences } = crd.metadata;
    const body = { metadata: { resourceVersion: there.metadata.resourceVersion, ownerReferences } };
    await client.patch(refOf(crd), { type: 'merge', body }, { fieldManager: manager.definition });
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

/** Deletes no claim and no composite, and works on them as before: people decide which of them go. */
async function deleteDefinition(
  context: DefinitionContext,
  definition: Definition,
): Promise<ReconcileResult | undefined> {
  const { client } = context;
  const { name, finalizers = [], resourceVersion } = definition.metadata;
  const { composite, claim } = kindsOfDefinition(definition);
  const crds = crdNamesOfDefinition(definition);
  const left = [
    ...(claim === undefined ? [] : await objectsOf(client, claim)),
    ...(await objectsOf(client, composite)),
  ];
  if (left.length > 0) {
    context.start(definition);
    await writeStatus(context, definition, terminating(definition, left));
    return { requeueAfterMs: LOOK_AGAIN_MS };
  }
  // Claims first: who makes one at the last moment has its composite taken away, too.
  for (const crd of [crds.claim, crds.composite]) {
    if (crd !== undefined && !(await isCrdGone(client, definition, crd))) return { requeueAfterMs: LOOK_AGAIN_MS };
  }
  await context.stop(name);
  const ours: string[] = [finalizer.defined, finalizer.offered];
  const body = { metadata: { resourceVersion, finalizers: finalizers.filter(each => !ours.includes(each)) } };
  await client.patch(refOf(definition), { type: 'merge', body }, { fieldManager: manager.definition });
  return undefined;
}

/** Of a kind that isn't served there is nothing. */
async function objectsOf(client: Client, kind: KindRef): Promise<KubeObject[]> {
  try {
    return (await client.list(kind)).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function terminating(definition: Definition, left: readonly KubeObject[]): Wanted[] {
  const [first] = left;
  const named = left.slice(0, MOST_NAMED).map(nameOf).join(', ');
  const more = left.length > MOST_NAMED ? ` and ${left.length - MOST_NAMED} more` : '';
  const message =
    `waits for ${named}${more} to go, and deletes none of them; they work as before. Delete those whose data nobody needs` +
    (first === undefined ? '' : `: kubectl delete ${argumentsFor(first)}`);
  return [
    { type: 'Established', status: 'False', reason: 'TerminatingCompositeResource', message },
    ...(definition.spec.claimNames === undefined ? [] : [terminatingClaim]),
  ];
}

const terminatingClaim: Wanted = { type: 'Offered', status: 'False', reason: 'TerminatingCompositeResourceClaim' };

/** Deletes a CustomResourceDefinition of which no object is left. One that isn't the definition's stays. */
async function isCrdGone(client: Client, definition: Definition, name: string): Promise<boolean> {
  const ref = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name };
  const crd = await client.find(ref);
  if (crd === undefined || controllerUid(crd) !== definition.metadata.uid) return true;
  const body = { metadata: { annotations: { [unusedAnnotation]: 'true' } } };
  await client.patch(ref, { type: 'merge', body }, { fieldManager: manager.definition });
  return (await client.delete(ref)) === undefined;
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
