/** `create`: a new object from what somebody sent. */
import {
  alreadyExists,
  badRequest,
  generateNameConflict,
  invalid,
  isAlreadyExists,
  methodNotSupported,
  StatusError,
  trackUpdate,
  validateDns1123Subdomain,
  validateObjectMeta,
  type KubeObject,
} from '@larder/kube';
import { randomUUID, randomInt } from 'node:crypto';
import { StoreConflictError } from '../store/errors.ts';
import { admitIntoNamespace, askRules } from './admission.ts';
import {
  keyOfTarget,
  setManagedFields,
  strategyOf,
  timestamp,
  type Api,
  type Target,
  type WriteContext,
} from './api.ts';
import { intake } from './intake.ts';
import { validateAsKind } from './validate.ts';
import { toStorage, viewOf } from './view.ts';

/** Stores the new object and returns it. `target.name` is not used: the name is in the body. @throws StatusError */
export async function create(api: Api, target: Target, body: unknown, context: WriteContext): Promise<KubeObject> {
  const sent = intake(api, target, body, context);
  return createAdmitted(api, target, sent, context);
}

/** As `create`, for an object that went through `intake`; server-side apply makes its own. Takes over `sent`. */
export async function createAdmitted(
  api: Api,
  target: Target,
  sent: KubeObject,
  context: WriteContext,
): Promise<KubeObject> {
  if (target.served.terminating) {
    throw new StatusError({
      ...methodNotSupported(target.served.groupResource, 'create').status,
      message: 'create not allowed while custom resource definition is terminating',
    });
  }
  setNamespace(target, sent);
  const { generateName } = sent.metadata;
  if (sent.metadata.name || !generateName) return createNamed(api, target, sent, context);
  for (let attempt = 1; ; attempt++) {
    const name = generateName.slice(0, 58) + randomSuffix();
    try {
      return await createNamed(api, target, { ...sent, metadata: { ...sent.metadata, name } }, context);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      if (attempt === 8) throw generateNameConflict(target.served.groupResource, name);
    }
  }
}

async function createNamed(api: Api, target: Target, sent: KubeObject, context: WriteContext): Promise<KubeObject> {
  const { served } = target;
  if (sent.metadata.resourceVersion) throw bareError('resourceVersion should not be set on objects to be created');
  const object = withServerFields(api, target, sent, context);
  admitIntoNamespace(api, target, object.metadata.name);
  const strategy = strategyOf(api, served);
  strategy.prepare?.(object, undefined, api);
  const errors = [
    ...validateObjectMeta(
      object.metadata,
      served.definition.namespaced,
      strategy.checkName ?? validateDns1123Subdomain,
    ),
    ...validateAsKind(served, strategy, { object }),
  ];
  if (errors.length > 0) throw invalid(served.groupKind, object.metadata.name ?? '', errors);
  strategy.settle?.(object);
  askRules(api, target, 'CREATE', { object });
  return store(api, target, object, context);
}

async function store(api: Api, target: Target, object: KubeObject, context: WriteContext): Promise<KubeObject> {
  const { served } = target;
  const key = keyOfTarget({ ...target, name: object.metadata.name });
  if (context.dryRun) {
    if (api.commits.store.get(key)) throw alreadyExists(served.groupResource, object.metadata.name);
    return object;
  }
  try {
    return viewOf(served, await api.commits.put(key, toStorage(served, object), 0));
  } catch (error) {
    if (error instanceof StoreConflictError) throw alreadyExists(served.groupResource, object.metadata.name);
    throw error;
  }
}

/** @throws StatusError when the body names another namespace than the path */
export function setNamespace(target: Target, object: KubeObject): void {
  const { served, namespace } = target;
  if (!served.definition.namespaced) {
    if (object.metadata.namespace === '') delete object.metadata.namespace;
    if (object.metadata.namespace === undefined) return;
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  object.metadata.namespace ||= namespace;
  if (object.metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

function withServerFields(api: Api, target: Target, sent: KubeObject, context: WriteContext): KubeObject {
  const { served } = target;
  const { definition } = served;
  const strategy = strategyOf(api, served);
  const keep = !(strategy.keepsStatus ?? definition.status === true);
  const { status, ...rest } = sent;
  const object: KubeObject = keep && status !== undefined ? { ...rest, status } : { ...rest };
  const time = timestamp(api.now());
  const { managedFields: _sent, ...metadata } = sent.metadata;
  object.metadata = { ...metadata, uid: randomUUID(), creationTimestamp: time };
  delete object.metadata.deletionTimestamp;
  delete object.metadata.deletionGracePeriodSeconds;
  if (strategy.generation ?? served.custom) object.metadata.generation = 1;
  setManagedFields(object, managedFieldsOfNew(served, sent, object, { manager: context.manager, time }));
  return object;
}

/** An applied object brings its managers along; any other is its creator's alone. */
function managedFieldsOfNew(
  served: Target['served'],
  sent: KubeObject,
  object: KubeObject,
  by: { manager: string; time: string },
): KubeObject['metadata']['managedFields'] {
  const applied = sent.metadata.managedFields?.some(entry => entry.operation === 'Apply');
  if (applied) return sent.metadata.managedFields;
  return trackUpdate({ before: undefined, after: object, schema: served.definition.schema, ...by });
}

/** Kubernetes gives this one no reason. */
function bareError(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 });
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

function randomSuffix(): string {
  return Array.from({ length: 5 }, () => suffixLetters[randomInt(suffixLetters.length)]).join('');
}
