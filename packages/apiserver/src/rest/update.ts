/** `update`: an object, or its status, replaced by what somebody sent. */
import {
  badRequest,
  cloneJson,
  conflict,
  equalJson,
  invalid,
  invalidValue,
  modifiedConflict,
  notFound,
  validateObjectMetaUpdate,
  trackUpdate,
  type KubeObject,
  type StatusError,
} from '@larder/kube';
import { StoreConflictError } from '../store/errors.ts';
import type { Stored } from '../store/store.ts';
import { askRules } from './admission.ts';
import {
  findStored,
  keyOfTarget,
  setManagedFields,
  strategyOf,
  timestamp,
  type Api,
  type Target,
  type WriteContext,
} from './api.ts';
import { setNamespace } from './create.ts';
import { intake } from './intake.ts';
import { validateAsKind } from './validate.ts';
import { toStorage, viewOf } from './view.ts';

/** How often a write that named no version is tried again when another one came between. */
const maxAttempts = 20;

/** Stores the object's new state and returns it; the last state when this was what a deletion waited for. @throws StatusError */
export async function update(api: Api, target: Target, body: unknown, context: WriteContext): Promise<KubeObject> {
  const sent = intake(api, target, body, context);
  checkSameName(target, sent);
  if (!sent.metadata.resourceVersion && !allowsUnconditional(target, context)) {
    const { group, plural } = target.served.definition;
    const error = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalid({ group, kind: plural }, target.name, [error]);
  }
  return retryOnRace(api, target, sent.metadata.resourceVersion, stored => {
    const old = viewOf(target.served, stored.value);
    checkUid(target, sent, old);
    const next = cloneJson(sent);
    next.metadata.resourceVersion ||= old.metadata.resourceVersion;
    return replace(api, target, { stored, next, managedFields: 'track' }, context);
  });
}

/** @throws StatusError when the body names another object than the path, or none */
export function checkSameName({ name }: Target, { metadata }: KubeObject): void {
  if (!metadata.name) throw undeterminableName(name);
  if (metadata.name === name) return;
  throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
}

/** A body that doesn't say which object it is. */
export function undeterminableName(name: string): StatusError {
  return badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
}

/** Custom resources and their definitions must name the version they replace; so says Kubernetes. */
function allowsUnconditional({ served }: Target, context: WriteContext): boolean {
  if (context.unconditional === true) return true;
  return !served.custom && served.kind !== 'CustomResourceDefinition';
}

/**
 * Runs `attempt` with the object as it is now; again when another write came first, unless the writer named a version.
 * @throws StatusError `NotFound`, `Conflict`
 */
export async function retryOnRace(
  api: Api,
  target: Target,
  resourceVersion: string | undefined,
  attempt: (stored: Stored) => Promise<KubeObject>,
): Promise<KubeObject> {
  const { served, name } = target;
  for (let tries = 1; ; tries++) {
    const stored = findStored(api, target);
    if (stored === undefined) throw notFound(served.groupResource, name);
    if (resourceVersion && resourceVersion !== '0' && resourceVersion !== stored.value.metadata.resourceVersion) {
      throw modifiedConflict(served.groupResource, name);
    }
    try {
      return await attempt(stored);
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
      if (tries === maxAttempts) throw modifiedConflict(served.groupResource, name);
    }
  }
}

export interface Replacement {
  stored: Stored;
  /** The whole new object; taken over. */
  next: KubeObject;
  /** Whose fields are whose: found by comparing, or already in `next`. */
  managedFields: 'track' | 'given';
  /** The subresource that the writer's fields are noted for. @default the target's */
  endpoint?: string;
}

/** Checks and stores one new state. @throws StatusError; StoreConflictError when another write came first */
export async function replace(
  api: Api,
  target: Target,
  { stored, next, managedFields, endpoint }: Replacement,
  context: WriteContext,
): Promise<KubeObject> {
  const { served } = target;
  const old = viewOf(served, stored.value);
  setNamespace(target, next);
  const object =
    target.subresource === 'status' ? withStatusOnly(api, target, next, old) : withoutStatus(api, target, next, old);
  keepServerFields(object, old);
  countGeneration(api, target, object, old);
  const time = timestamp(api.now());
  const { manager } = context;
  const { schema } = served.definition;
  const subresource = endpoint ?? target.subresource;
  const by = { schema, manager, time, subresource, ignored: ignoredFields(api, target) };
  const tracked =
    managedFields === 'given' ? next.metadata.managedFields : trackUpdate({ before: old, after: object, ...by });
  setManagedFields(object, tracked);
  validate(api, target, object, old);
  askRules(api, target, 'UPDATE', { object, old });
  if (isSame(object, old)) return old;
  return store(api, target, { object, revision: stored.revision }, context);
}

/** What a write to this endpoint doesn't write, and so doesn't own. */
export function ignoredFields(api: Api, { served, subresource }: Target): string[] {
  if (subresource === 'status') return [];
  return (strategyOf(api, served).keepsStatus ?? served.definition.status === true) ? ['status'] : [];
}

async function store(
  api: Api,
  target: Target,
  { object, revision }: { object: KubeObject; revision: number },
  context: WriteContext,
): Promise<KubeObject> {
  const { served } = target;
  if (context.dryRun) return object;
  const key = keyOfTarget(target);
  if (isDone(api, target, object)) {
    await api.commits.delete(key, revision);
    return object;
  }
  return viewOf(served, await api.commits.put(key, toStorage(served, object), revision));
}

/** Whether nothing holds a deleted object back any more. */
export function isDone(api: Api, target: Target, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false;
  if ((deletionGracePeriodSeconds ?? 0) > 0) return false;
  return strategyOf(api, target.served).holds?.(object) !== true;
}

function checkUid({ served, name }: Target, next: KubeObject, old: KubeObject): void {
  const { uid } = next.metadata;
  if (!uid || uid === old.metadata.uid) return;
  throw conflict(
    served.groupResource,
    name,
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
  );
}

function withStatusOnly(api: Api, { served }: Target, next: KubeObject, old: KubeObject): KubeObject {
  const { status: _old, ...rest } = old;
  const { status } = next;
  const object = cloneJson({ ...rest, ...(status === undefined ? {} : { status }) }) as KubeObject;
  object.metadata.resourceVersion = next.metadata.resourceVersion;
  // Built-in kinds let a status write change labels and annotations; custom resources don't.
  if (!served.custom) Object.assign(object.metadata, pick(next.metadata, ['labels', 'annotations', 'finalizers']));
  strategyOf(api, served).prepareStatus?.(object, old);
  return object;
}

function pick(metadata: KubeObject['metadata'], fields: ('labels' | 'annotations' | 'finalizers')[]): object {
  const present = fields.filter(field => metadata[field] !== undefined);
  return Object.fromEntries(present.map(field => [field, metadata[field]] as const));
}

function withoutStatus(api: Api, { served }: Target, next: KubeObject, old: KubeObject): KubeObject {
  const strategy = strategyOf(api, served);
  const object = next;
  if (strategy.keepsStatus ?? served.definition.status === true) {
    delete object.status;
    if (old.status !== undefined) object.status = cloneJson(old.status);
  }
  strategy.prepare?.(object, old, api);
  return object;
}

/** What no writer may change. */
function keepServerFields(object: KubeObject, old: KubeObject): void {
  const { metadata } = object;
  const before = old.metadata;
  metadata.uid ||= before.uid;
  metadata.creationTimestamp = before.creationTimestamp;
  // What says that it is being deleted may be left out, but not be changed: validation compares it.
  if (before.deletionTimestamp !== undefined) metadata.deletionTimestamp ??= before.deletionTimestamp;
  if (before.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds;
  }
  if (before.generation === undefined) delete metadata.generation;
  else metadata.generation = before.generation;
}

function countGeneration(api: Api, { served }: Target, object: KubeObject, old: KubeObject): void {
  if (!(strategyOf(api, served).generation ?? served.custom)) return;
  const ignoresStatus = served.definition.status === true;
  if (equalJson(countedPart(object, ignoresStatus), countedPart(old, ignoresStatus))) return;
  object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function countedPart({ metadata: _metadata, status, ...rest }: KubeObject, ignoresStatus: boolean): object {
  return ignoresStatus ? rest : { ...rest, status };
}

function validate(api: Api, target: Target, object: KubeObject, old: KubeObject): void {
  const { served } = target;
  const errors = [
    ...validateObjectMetaUpdate(object.metadata, old.metadata),
    ...validateAsKind(served, strategyOf(api, served), { object, old }),
  ];
  if (errors.length > 0) throw invalid(served.groupKind, target.name, errors);
}

/** Writing what is there already is no write; when managers last wrote doesn't count. */
function isSame(object: KubeObject, old: KubeObject): boolean {
  return equalJson(withoutTimes(object), withoutTimes(old));
}

function withoutTimes(object: KubeObject): unknown {
  const managedFields = object.metadata.managedFields?.map(({ time: _time, ...entry }) => entry);
  return { ...object, metadata: { ...object.metadata, managedFields } };
}
