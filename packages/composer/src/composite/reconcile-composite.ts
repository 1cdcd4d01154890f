/**
 * Composites: one turn asks the composition what shall be there and brings it about. What will be made is recorded on the
 * composite before it is made, under names that a repeated turn finds again, so that a turn may stop anywhere.
 */
import { hasFinalizer, removeFinalizer, type ReconcileResult } from '@larder/controller';
import { equalJson, isConflict, isInvalid, isNotFound, refOf, type Client, type KubeObject } from '@larder/kube';
import { isProtected } from '../admission.ts';
import { applySecret, encoded, selectKeys } from '../connection-secret.ts';
import {
  finalizer,
  finalizersOfOthers,
  label,
  manager,
  nameOf,
  protectedAnnotation,
  type Composite,
} from '../crossplane.ts';
import { chooseComposition } from './choose-composition.ts';
import { planCompositeStatus, planDeletingStatus, planFailedStatus, planHeldStatus } from './composite-status.ts';
import type { CompositeContext } from './composite-context.ts';
import { existing, findAny, freed, isComposedBy, observe, type Observation } from './observe.ts';
import { asProtected, planComposed, planGarbage, planRecord, type PlannedObject } from './plan-composed.ts';
import { runComposition } from './run-composition.ts';
import { orphaned, tellEvents } from './tell-events.ts';

/** Kinds come and rules change: what the API refused is tried again. */
const REFUSED_AGAIN_MS = 30_000;

/** One turn for the composite of this name. */
export async function reconcileComposite(
  context: CompositeContext,
  name: string,
): Promise<ReconcileResult | undefined> {
  const { client, compositeKind, dependencies, now } = context;
  const composite = await client.find<Composite>({ ...compositeKind, name });
  if (composite === undefined) {
    dependencies.forget(name);
    return undefined;
  }
  try {
    if (composite.metadata.deletionTimestamp === undefined) return await syncComposite(context, composite);
    await deleteComposite(context, composite);
    return undefined;
  } catch (error) {
    if (!isConflict(error)) await tellFailure(client, composite, error, now());
    throw error;
  }
}

async function syncComposite(context: CompositeContext, found: Composite): Promise<ReconcileResult | undefined> {
  const { client, dependencies, now } = context;
  const { name } = found.metadata;
  dependencies.awaitComposition(name);
  const choice = await chooseComposition(context, found);
  const observation = await observe(client, found, dependencies);
  const composed = Object.fromEntries(observation.composed);
  const remembered = dependencies.requirementsOf(name);
  const response = await runComposition({ client, ...choice, composite: found, composed, remembered });
  const drawn = planComposed(found, response.composed, observation.composed);
  const planned = context.service && isProtected(context.service, found) ? drawn.map(asProtected) : drawn;
  await refuseTakeOver(context, found, planned, observation);
  for (const { ref } of planned) context.watch({ apiVersion: ref.apiVersion, kind: ref.kind }, 'composed');
  for (const { apiVersion, kind } of Object.values(response.requirements))
    context.watch({ apiVersion, kind }, 'required');
  dependencies.track(name, {
    composition: choice.name,
    requirements: response.requirements,
    secrets: secretKeys(planned, observation),
  });
  const present = [...observation.composed.values()].map(({ resource }) => refOf(resource));
  const compositionRef = { name: choice.name };
  const hasDetails = context.definition().spec.connectionSecretKeys?.length || response.connectionDetails !== undefined;
  const secretNamespace = hasDetails ? choice.secretNamespace : undefined;
  const patch = planRecord({ composite: found, compositionRef, secretNamespace, planned, present });
  const options = { fieldManager: manager.composite };
  const composite =
    patch === undefined ? found : await client.patch<Composite>(refOf(found), { type: 'merge', body: patch }, options);
  for (const garbage of planGarbage(response.composed, observation.composed)) await deleteObject(client, garbage);
  const refused = await applyAll(context, composite, planned, observation);
  const published = await publish(context, composite, response.connectionDetails);
  const secretRefusal = context.refusals.of(composite);
  await writeStatus(
    client,
    composite,
    planCompositeStatus(composite, { response, refused, published, secretRefusal }, now()),
  );
  await tellEvents(context, composite, response.events);
  return refused.size > 0 ? { requeueAfterMs: REFUSED_AGAIN_MS } : undefined;
}

/** An object that is there without being ours is somebody's: its name was taken before we came. */
async function refuseTakeOver(
  { client, dependencies }: CompositeContext,
  composite: Composite,
  planned: readonly PlannedObject[],
  { composed }: Observation,
): Promise<void> {
  for (const { resourceName, ref } of planned) {
    if (composed.has(resourceName)) continue;
    const there = await findAny(client, ref);
    if (there === undefined || isComposedBy(composite, there, dependencies)) continue;
    const message = `cannot compose resource "${resourceName}": ${nameOf(there)} is there already and isn't controlled by this composite`;
    throw new Error(`${message}; ${remedyFor(composite, there)}`);
  }
}

function remedyFor({ metadata }: Composite, { metadata: { labels, ownerReferences } }: KubeObject): string {
  const wasOurs = labels?.[label.composite] === metadata.name && ownerReferences === undefined;
  return wasOurs
    ? 'it was kept when an earlier composite of this name went (--cascade=orphan): delete it only if nobody needs what is in it, else this claim'
    : "delete or rename it if it isn't needed";
}

function secretKeys(planned: readonly PlannedObject[], { secrets }: Observation): string[] {
  const coming = planned.flatMap(({ ref, body }) => {
    const spec = body.spec as { writeConnectionSecretToRef?: { name?: string; namespace?: string } } | undefined;
    const { name, namespace } = spec?.writeConnectionSecretToRef ?? {};
    return name === undefined ? [] : [`${ref.namespace ?? namespace ?? ''}/${name}`];
  });
  return [...new Set([...secrets, ...coming])];
}

/** Applies all that it can. Returns why the API found others invalid. */
async function applyAll(
  { client, memo, dependencies }: CompositeContext,
  composite: Composite,
  planned: readonly PlannedObject[],
  { composed }: Observation,
): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  for (const { resourceName, ref, body } of planned) {
    const live = composed.get(resourceName)?.resource;
    if (memo.isCurrent(live, body)) continue;
    try {
      const options = { fieldManager: manager.composed };
      const applied = await client.patch(ref, { type: 'apply', body, force: true }, options);
      memo.remember(applied, body);
      dependencies.setRole(composite.metadata.name, resourceName, applied.metadata.uid);
    } catch (error) {
      if (!isInvalid(error))
        throw new Error(`cannot apply composed resource "${resourceName}": ${textOf(error)}`, { cause: error });
      refused.set(resourceName, error.message);
    }
  }
  return refused;
}

/** Writes the composite's own connection secret, once all its keys are known. True when it changed. */
async function publish(
  { client, definition }: CompositeContext,
  composite: Composite,
  details: Record<string, string> | undefined,
): Promise<boolean> {
  const to = composite.spec.writeConnectionSecretToRef;
  const data = selectKeys(details && encoded(details), definition().spec.connectionSecretKeys ?? []);
  if (to === undefined || data === undefined) return false;
  const step = await applySecret(client, { ...to, owner: composite, data }, manager.composite);
  if (step.do === 'refuse') throw new Error(`cannot publish connection details: ${step.message}`);
  return step.do !== 'nothing';
}

/**
 * Deletes what was composed, last made first, each only when those after it are gone; then lets the composite go. What has another
 * owner by now, or none, stays: that is how somebody keeps it (`kubectl delete --cascade=orphan`).
 */
async function deleteComposite(context: CompositeContext, composite: Composite): Promise<void> {
  const { client, dependencies, memo, now } = context;
  // The garbage collector first frees what it shall keep.
  if (hasFinalizer(composite, 'orphan')) return;
  const objects = await existing(client, composite);
  for (const object of objects.reverse()) {
    const left = object.metadata.deletionTimestamp === undefined ? await deleteObject(client, object) : object;
    memo.forget(object.metadata.uid);
    if (left === undefined) continue;
    await writeStatus(client, composite, planDeletingStatus(composite, left, now()));
    return;
  }
  const kept = await freed(client, composite);
  if (kept.length > 0) await tellEvents(context, composite, [orphaned(kept)]);
  context.told.forget(composite.metadata.name);
  context.refusals.forget(composite.metadata.name);
  dependencies.forget(composite.metadata.name);
  const others = finalizersOfOthers(composite).length > 0;
  const last = others ? await writeStatus(client, composite, planHeldStatus(composite, now())) : composite;
  await removeFinalizer(client, last, finalizer.composite);
}

async function deleteObject(client: Client, object: KubeObject): Promise<KubeObject | undefined> {
  try {
    const { uid } = object.metadata;
    if (object.metadata.annotations?.[protectedAnnotation] !== undefined) await liftProtection(client, object);
    return await client.delete(refOf(object), { propagationPolicy: 'Background', preconditions: { uid } });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function liftProtection(client: Client, object: KubeObject): Promise<void> {
  const body = { metadata: { uid: object.metadata.uid, annotations: { [protectedAnnotation]: null } } };
  await client.patch(refOf(object), { type: 'merge', body }, { fieldManager: manager.composed });
}

async function tellFailure(client: Client, composite: Composite, error: unknown, now: Date): Promise<void> {
  const fresh = await client.find<Composite>(refOf(composite)).catch(() => undefined);
  if (fresh === undefined) return;
  await writeStatus(client, fresh, planFailedStatus(fresh, textOf(error), now)).catch(() => {
    // The error that brought us here comes back with the next turn, and is logged either way.
  });
}

async function writeStatus(client: Client, composite: Composite, status: Record<string, unknown>): Promise<Composite> {
  if (equalJson(composite.status ?? {}, status)) return composite;
  return client.updateStatus({ ...composite, status }, { fieldManager: manager.composite });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
