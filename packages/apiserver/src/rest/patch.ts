/** `patch`: an object changed by one of Kubernetes' four kinds of patch. */
import {
  badRequest,
  cloneJson,
  conflict,
  invalid,
  isAlreadyExists,
  jsonPatch,
  mergePatch,
  modifiedConflict,
  notFound,
  required,
  serverSideApply,
  strategicMergePatch,
  unsupportedMediaType,
  type KubeObject,
  type Patch,
} from '@larder/kube';
import type { Stored } from '../store/store.ts';
import { findStored, timestamp, type Api, type Target, type WriteContext } from './api.ts';
import { createAdmitted } from './create.ts';
import { fillDefaults, intakeApplied, intakePatched } from './intake.ts';
import { ignoredFields, replace, retryOnRace, undeterminableName } from './update.ts';
import { viewOf } from './view.ts';

export interface Patched {
  object: KubeObject;
  created: boolean;
}

/** Stores the patched object. Only an apply patch makes one that isn't there. @throws StatusError */
export async function patch(api: Api, target: Target, change: Patch, context: WriteContext): Promise<Patched> {
  if (change.type === 'apply') return apply(api, target, change, context);
  if (change.type === 'strategic' && target.served.custom) throw unsupportedMediaType(patchTypesOf(target));
  const object = await retryOnRace(api, target, undefined, stored => {
    const old = viewOf(target.served, stored.value);
    const next = intakePatched(api, target, patched(target, cloneJson(old), change), context);
    checkUnchanged(target, next, old);
    return replace(api, target, { stored, next, managedFields: 'track' }, context);
  });
  return { object, created: false };
}

/** The media types that `PATCH` of this resource takes. */
export function patchTypesOf({ served }: Target): string[] {
  return [
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(served.custom ? [] : ['application/strategic-merge-patch+json']),
    'application/apply-patch+yaml',
  ];
}

function patched({ served }: Target, live: KubeObject, change: Exclude<Patch, { type: 'apply' }>): unknown {
  switch (change.type) {
    case 'json':
      return jsonPatch(live, change.body);
    case 'merge':
      return mergePatch(live, change.body);
    case 'strategic':
      return strategicMergePatch(live, change.body, served.definition.schema);
  }
}

/** A patch may say which version or object it means; then it isn't tried on another. */
function checkUnchanged({ served, name }: Target, next: KubeObject, old: KubeObject): void {
  const { resourceVersion } = next.metadata;
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) {
    throw modifiedConflict(served.groupResource, name);
  }
  next.metadata.resourceVersion = old.metadata.resourceVersion;
  if (!next.metadata.name) throw undeterminableName(name);
  if (next.metadata.name !== name) {
    throw badRequest(`the name of the object (${next.metadata.name}) does not match the name on the URL (${name})`);
  }
}

async function apply(
  api: Api,
  target: Target,
  change: Extract<Patch, { type: 'apply' }>,
  context: WriteContext,
): Promise<Patched> {
  checkApplied(change.body, context);
  const applied = intakeApplied(target, change.body);
  checkName(target, applied);
  for (;;) {
    const stored = findStored(api, target);
    if (stored === undefined) {
      const object = await applyNew(api, target, { applied, force: change.force ?? false }, context);
      if (object) return { object, created: true };
      continue;
    }
    const object = await retryOnRace(api, target, applied.metadata.resourceVersion, current =>
      applyTo(api, target, { stored: current, applied, force: change.force ?? false }, context),
    );
    return { object, created: false };
  }
}

function checkApplied(body: Record<string, unknown>, context: WriteContext): void {
  if (context.manager === '') {
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      required('fieldManager', 'is required for apply patch'),
    ]);
  }
  const { metadata } = body as { metadata?: { managedFields?: unknown[] } };
  if (metadata?.managedFields?.length) throw badRequest('metadata.managedFields must be nil');
}

/** @throws StatusError when the object's own name isn't the path's */
function checkName({ name }: Target, applied: KubeObject): void {
  const { metadata } = applied;
  if (metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

/** `undefined` when somebody else made the object meanwhile. */
async function applyNew(
  api: Api,
  target: Target,
  { applied, force }: { applied: KubeObject; force: boolean },
  context: WriteContext,
): Promise<KubeObject | undefined> {
  const { served, name } = target;
  if (target.subresource !== undefined) throw notFound(served.groupResource, name);
  if (!applied.metadata.name) throw undeterminableName(name);
  if (applied.metadata.uid) {
    const why = `uid mismatch: the provided object specified uid ${applied.metadata.uid}, and no existing object was found`;
    throw conflict(served.groupResource, name, why);
  }
  const time = timestamp(api.now());
  const { schema } = served.definition;
  const ignored = ignoredFields(api, target);
  const object = serverSideApply({ live: undefined, applied, schema, manager: context.manager, force, ignored, time });
  fillDefaults(api, served, object);
  delete object.metadata.resourceVersion;
  try {
    return await createAdmitted(api, target, object, context);
  } catch (error) {
    if (isAlreadyExists(error) && !context.dryRun) return undefined;
    throw error;
  }
}

function applyTo(
  api: Api,
  target: Target,
  { stored, applied, force }: { stored: Stored; applied: KubeObject; force: boolean },
  context: WriteContext,
): Promise<KubeObject> {
  const { served, subresource } = target;
  const old = viewOf(served, stored.value);
  const time = timestamp(api.now());
  const { schema } = served.definition;
  const next = cloneJson(
    serverSideApply({
      ...{ live: old, applied, schema, manager: context.manager, force, subresource, time },
      ignored: ignoredFields(api, target),
    }),
  );
  fillDefaults(api, served, next);
  next.metadata.resourceVersion = old.metadata.resourceVersion;
  return replace(api, target, { stored, next, managedFields: 'given' }, context);
}
