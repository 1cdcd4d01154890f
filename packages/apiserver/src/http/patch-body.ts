/** The body of a `PATCH`: one of Kubernetes' four kinds, told apart by the media type. */
import {
  badRequest,
  invalid,
  isJsonObject,
  forbiddenField,
  StatusError,
  unsupportedMediaType,
  type Patch,
} from '@larder/kube';
import type { Target } from '../rest/api.ts';
import { patchTypesOf } from '../rest/patch.ts';
import { cannotUnmarshal, decodePatch, readBody, type PatchEncoding } from './body.ts';
import type { Exchange } from './exchange.ts';
import { parseMediaType } from './media-type.ts';
import { flagOf } from './options.ts';

/** @throws StatusError `UnsupportedMediaType`, `BadRequest` */
export async function readPatch(exchange: Exchange, target: Target): Promise<{ change: Patch; problems: string[] }> {
  const { request, query } = exchange;
  const { type } = parseMediaType(request.headers['content-type'] ?? '');
  if (!patchTypesOf(target).includes(type)) throw unsupportedPatch(target);
  const force = flagOf(query, 'force');
  if (force !== undefined && type !== 'application/apply-patch+yaml') throw forceIsForApply();
  const bytes = await readBody(request);
  const { value, problems } = decodePatch(bytes, encodings[type] ?? 'json');
  const change = changeOf(type, value, force ?? false);
  return { change, problems: change.type === 'json' ? problemsOfOperations(problems, change.body) : problems };
}

const encodings: Record<string, PatchEncoding> = {
  'application/apply-patch+yaml': 'yaml',
  'application/strategic-merge-patch+json': 'strategic',
};

const operationFields = ['op', 'path', 'from', 'value'];

function problemsOfOperations(duplicates: readonly string[], operations: readonly unknown[]): string[] {
  const unknown = operations.flatMap((operation, index) =>
    Object.keys(operation as object)
      .filter(field => !operationFields.includes(field))
      .map(field => `unknown field "[${index}].${field}"`),
  );
  return [...duplicates, ...unknown].map(problem => `json patch ${problem}`);
}

function changeOf(type: string, value: unknown, force: boolean): Patch {
  if (type === 'application/json-patch+json') {
    return { type: 'json', body: operationsOf(value ?? []) };
  }
  const goType = 'map[string]interface {}';
  switch (type) {
    case 'application/merge-patch+json':
      if (value === null) throw badRequest('Invalid JSON Patch');
      if (!isJsonObject(value)) throw undecodable(value, goType);
      return { type: 'merge', body: value };
    case 'application/strategic-merge-patch+json':
      if (!isJsonObject(value)) throw badRequest(cannotUnmarshal(value, `Go value of type ${goType}`));
      return { type: 'strategic', body: value };
    default:
      if (!isJsonObject(value)) throw undecodable(value, goType);
      return { type: 'apply', body: value, force };
  }
}

function operationsOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw undecodable(value, '[]handlers.jsonPatchOp');
  const wrong: unknown = value.find(operation => !isJsonObject(operation));
  if (wrong !== undefined) throw undecodable(wrong, 'handlers.jsonPatchOp');
  return value;
}

/** Kubernetes only says of custom resources which there are. */
function unsupportedPatch(target: Target): StatusError {
  if (target.served.custom) return unsupportedMediaType(patchTypesOf(target));
  const { status } = unsupportedMediaType([]);
  return new StatusError({ ...status, message: '415: Unsupported Media Type', details: {} });
}

function undecodable(value: unknown, type: string): StatusError {
  return badRequest(`error decoding patch: ${cannotUnmarshal(value, `Go value of type ${type}`)}`);
}

function forceIsForApply(): StatusError {
  return invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    forbiddenField('force', 'may not be specified for non-apply patch'),
  ]);
}
