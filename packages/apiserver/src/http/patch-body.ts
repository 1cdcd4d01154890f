/** The body of a `PATCH`: one of Kubernetes' four kinds, told apart by the media type. */
import {
  badRequest,
  invalid,
  isJsonObject,
  forbiddenField,
  unsupportedMediaType,
  type Patch,
  type StatusError,
} from '@larder/kube';
import type { Target } from '../rest/api.ts';
import { patchTypesOf } from '../rest/patch.ts';
import { decodePatch, readBody } from './body.ts';
import type { Exchange } from './exchange.ts';
import { parseMediaType } from './media-type.ts';
import { flagOf } from './options.ts';

/** @throws StatusError `UnsupportedMediaType`, `BadRequest` */
export async function readPatch(exchange: Exchange, target: Target): Promise<{ change: Patch; problems: string[] }> {
  const { request, query } = exchange;
  const { type } = parseMediaType(request.headers['content-type'] ?? '');
  if (!patchTypesOf(target).includes(type)) throw unsupportedMediaType(patchTypesOf(target));
  const force = flagOf(query, 'force');
  if (force !== undefined && type !== 'application/apply-patch+yaml') throw forceIsForApply();
  const bytes = await readBody(request);
  const { value, problems } = decodePatch(bytes, type === 'application/apply-patch+yaml' ? 'yaml' : 'json');
  return { change: changeOf(type, value, force ?? false), problems };
}

function changeOf(type: string, value: unknown, force: boolean): Patch {
  if (type === 'application/json-patch+json') {
    if (!Array.isArray(value))
      throw badRequest(
        'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
      );
    return { type: 'json', body: value };
  }
  if (!isJsonObject(value))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  switch (type) {
    case 'application/merge-patch+json':
      return { type: 'merge', body: value };
    case 'application/strategic-merge-patch+json':
      return { type: 'strategic', body: value };
    default:
      return { type: 'apply', body: value, force };
  }
}

function forceIsForApply(): StatusError {
  return invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    forbiddenField('force', 'may not be specified for non-apply patch'),
  ]);
}
