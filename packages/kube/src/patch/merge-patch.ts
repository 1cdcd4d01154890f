/** JSON merge patch, RFC 7396. */
import { cloneJson, getField, isDeeperThan, isJsonObject, setField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { badRequest } from '../status.ts';

/**
 * The patched value; neither argument is changed, and the result shares nothing with the patch.
 * @throws StatusError `BadRequest` when the patch is nested absurdly deep
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (isDeeperThan(patch)) throw badRequest('cannot apply the merge patch: it is nested too deep');
  return merge(target, patch);
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return cloneJson(patch);
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setField(result, key, merge(getField(result, key), value));
  }
  return result;
}
