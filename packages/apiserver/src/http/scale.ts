/** `/scale`: how many of it there shall be, of any kind whose definition says where that stands. */
import {
  badRequest,
  cloneJson,
  internalError,
  invalid,
  invalidValue,
  isJsonObject,
  jsonPatch,
  mergePatch,
  modifiedConflict,
  setField,
  unsupportedMediaType,
  type KubeObject,
  type Patch,
} from '@larder/kube';
import type { Target, WriteContext } from '../rest/api.ts';
import { get } from '../rest/read.ts';
import { replace, retryOnRace } from '../rest/update.ts';
import { viewOf } from '../rest/view.ts';
import { decodeBody, readBody } from './body.ts';
import type { HttpContext } from './context.ts';
import { send, type Exchange } from './exchange.ts';
import { negotiate } from './negotiate.ts';
import { notAllowed } from './not-allowed.ts';
import { writeContextOf } from './options.ts';
import { readPatch } from './patch-body.ts';

interface Scale extends KubeObject {
  spec: { replicas: number };
  status: { replicas: number; selector?: string };
}

/** Makes of the scale as it is what the writer wants it to be. */
type Change = (scale: Scale) => unknown;

/** @throws StatusError */
export async function handleScale(context: HttpContext, exchange: Exchange, target: Target): Promise<void> {
  const { api } = context;
  const { encoding } = negotiate(exchange.request.headers.accept, false);
  switch (exchange.method) {
    case 'GET':
      return send(exchange, 200, scaleOf(target, get(api, target)), encoding);
    case 'PUT': {
      const { value, problems } = await readScale(exchange);
      const written = await write(context, target, () => value, writeContextOf(exchange, 'UpdateOptions', problems));
      return send(exchange, 200, written, encoding);
    }
    case 'PATCH': {
      const { change, problems } = await readPatch(exchange, target);
      const options = writeContextOf(exchange, 'PatchOptions', problems);
      return send(exchange, 200, await write(context, target, scale => patched(scale, change), options), encoding);
    }
    default:
      throw notAllowed(target.served, exchange);
  }
}

async function readScale({ request }: Exchange): Promise<{ value: unknown; problems: string[] }> {
  return decodeBody(await readBody(request), request.headers['content-type'], 'Scale');
}

function patched(scale: Scale, change: Patch): unknown {
  switch (change.type) {
    case 'json':
      return jsonPatch(scale, change.body);
    case 'merge':
      return mergePatch(scale, change.body);
    case 'strategic':
    case 'apply':
      throw unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json']);
  }
}

async function write({ api }: HttpContext, target: Target, change: Change, options: WriteContext): Promise<Scale> {
  const wanted = (stored: KubeObject) => checkScale(target, change(scaleOf(target, stored)));
  const written = await retryOnRace(api, target, undefined, async stored => {
    const next = cloneJson(viewOf(target.served, stored.value));
    const { replicas, resourceVersion } = wanted(next);
    setAt(next, target.served.definition.scale?.specReplicasPath ?? '', replicas);
    if (resourceVersion) next.metadata.resourceVersion = resourceVersion;
    checkVersion(target, next, stored.value);
    return replace(api, target, { stored, next, managedFields: 'track', endpoint: 'scale' }, options);
  });
  return scaleOf(target, written);
}

function checkVersion({ served, name }: Target, next: KubeObject, stored: KubeObject): void {
  if (next.metadata.resourceVersion === stored.metadata.resourceVersion) return;
  throw modifiedConflict(served.groupResource, name);
}

function scaleOf({ served }: Target, object: KubeObject): Scale {
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath } = served.definition.scale ?? {};
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = valueAt(object, specReplicasPath);
  if (typeof replicas !== 'number') {
    throw internalError(`the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`);
  }
  const observed = valueAt(object, statusReplicasPath);
  const selector = labelSelectorPath === undefined ? undefined : valueAt(object, labelSelectorPath);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: {
      replicas: typeof observed === 'number' ? observed : 0,
      ...(typeof selector === 'string' && selector !== '' ? { selector } : {}),
    },
  };
}

/** @throws StatusError for what is no scale */
function checkScale({ served, name }: Target, scale: unknown): { replicas: number; resourceVersion?: string } {
  if (!isJsonObject(scale) || scale.kind !== 'Scale' || !isJsonObject(scale.spec ?? {})) {
    throw badRequest('the body must be a Scale of autoscaling/v1');
  }
  const { replicas = 0 } = (scale.spec ?? {}) as { replicas?: unknown };
  if (typeof replicas !== 'number' || !Number.isInteger(replicas)) {
    const why = `json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`;
    throw invalid({ group: '', kind: '' }, '', [invalidValue('patch', JSON.stringify(scale), why)]);
  }
  if (replicas < 0) {
    const error = invalidValue(
      served.definition.scale?.specReplicasPath ?? '',
      replicas,
      'should be a non-negative integer',
    );
    throw invalid(served.groupKind, name, [error]);
  }
  const { resourceVersion } = (scale.metadata ?? {}) as { resourceVersion?: unknown };
  return { replicas, ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}) };
}

/** `.spec.replicas` → `['spec', 'replicas']`. */
const fieldsOf = (path: string): string[] => path.split('.').slice(1);

function valueAt(object: KubeObject, path: string): unknown {
  return fieldsOf(path).reduce<unknown>((at, field) => (isJsonObject(at) ? at[field] : undefined), object);
}

function setAt(object: KubeObject, path: string, value: number): void {
  const fields = fieldsOf(path);
  const last = fields.pop() ?? '';
  let at: Record<string, unknown> = object;
  for (const field of fields) {
    if (!isJsonObject(at[field])) setField(at, field, {});
    at = at[field] as Record<string, unknown>;
  }
  setField(at, last, value);
}
