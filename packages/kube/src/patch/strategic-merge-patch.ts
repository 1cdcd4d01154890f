/**
 * Strategic merge patch: a merge patch that also merges lists, as the schema's `x-kubernetes-patch-strategy` and
 * `x-kubernetes-patch-merge-key` say, with directives in the patch (`$patch`, `$retainKeys`, `$setElementOrder/…`,
 * `$deleteFromPrimitiveList/…`). For built-in kinds; the arguments aren't changed.
 */
import { childSchema, objectSchema } from '../apply/shape.ts';
import { getField, isDeeperThan, isJsonObject, setField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { badRequest } from '../status.ts';
import { unprocessablePatch } from './patch-error.ts';
import { mergeLists, orderLists, removeScalars, strategyOf } from './strategic-lists.ts';
import type { MergeItem } from './strategic-lists.ts';

/** @throws StatusError `BadRequest` for directives that can't be read, `Invalid` (422) for those that don't fit the object */
export function strategicMergePatch(live: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  if (isDeeperThan(patch)) throw badRequest('cannot apply the strategic merge patch: it is nested too deep');
  return merge(live, patch, objectSchema(schema));
}

const directive = '$patch';
const retainKeys = '$retainKeys';
const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';

const merge: MergeItem = (original, patch, schema) => {
  const whole = getField(patch, directive);
  if (whole !== undefined) return followDirective(whole, patch);
  const result = retain(original, patch);
  const ordered = new Set<string>();
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    const field = key.slice(orderPrefix.length);
    mergeOrdered(result, { field, order, patch }, schema);
    ordered.add(field);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeys || key.startsWith(orderPrefix) || ordered.has(key)) continue;
    if (key.startsWith(deletePrefix)) removeFromList(result, key.slice(deletePrefix.length), value);
    else mergeField(result, key, value, childSchema(schema, key));
  }
  return result;
};

function followDirective(whole: unknown, patch: JsonObject): JsonObject {
  if (whole === 'delete') return {};
  if (whole !== 'replace') throw unprocessablePatch(`unknown patch type: ${String(whole)}`);
  const { [directive]: _, ...fields } = patch;
  return withoutDirectives(fields) as JsonObject;
}

/** The original with only the fields that the patch wants to stay, when it says so. */
function retain(original: JsonObject, patch: JsonObject): JsonObject {
  const keys = getField(patch, retainKeys);
  if (keys === undefined) return { ...original };
  const isPlain = (key: string): boolean => !key.startsWith(orderPrefix) && !key.startsWith(deletePrefix);
  const named = Object.keys(patch).filter(key => key !== retainKeys && patch[key] !== null && isPlain(key));
  if (!Array.isArray(keys) || !named.every(key => keys.includes(key))) {
    throw badRequest('invalid patch format of retainKeys');
  }
  const result: JsonObject = {};
  for (const key of Object.keys(original)) if (keys.includes(key)) setField(result, key, original[key]);
  return result;
}

function mergeField(result: JsonObject, key: string, value: unknown, schema: Schema): void {
  if (value === null) {
    delete result[key];
    return;
  }
  const original = getField(result, key);
  const { strategy } = strategyOf(schema);
  if (isJsonObject(original) && isJsonObject(value)) {
    setField(result, key, strategy === 'replace' ? value : merge(original, value, schema));
  } else if (Array.isArray(original) && Array.isArray(value)) {
    setField(result, key, strategy === 'merge' ? mergeLists(original, value, schema, merge) : value);
  } else if (isJsonObject(value) && Object.hasOwn(value, directive)) {
    delete result[key];
  } else {
    setField(result, key, withoutDirectives(value));
  }
}

/** `$setElementOrder/field` with or without the field itself. */
function mergeOrdered(
  result: JsonObject,
  { field, order, patch }: { field: string; order: unknown; patch: JsonObject },
  schema: Schema,
): void {
  const [original, changes] = [getField(result, field), getField(patch, field)];
  if (!Array.isArray(order)) throw badRequest('invalid patch format of setElementOrder list');
  if (changes === null || (original === undefined && changes === undefined)) {
    if (changes === null) delete result[field];
    return;
  }
  if (![original, changes].every(list => list === undefined || list === null || Array.isArray(list))) {
    throw unprocessablePatch(`${field} must be a list, since the patch sets the order of its elements`);
  }
  const lists = {
    original: Array.isArray(original) ? original : [],
    changes: Array.isArray(changes) ? changes : [],
    order,
  };
  setField(result, field, orderLists(lists, childSchema(schema, field), merge, withoutDirectives));
}

function removeFromList(result: JsonObject, field: string, values: unknown): void {
  const original = getField(result, field);
  if (!Array.isArray(values)) throw badRequest('invalid patch format of primitive list');
  if (Array.isArray(original)) setField(result, field, removeScalars(original, values));
}

/** What a patch adds where nothing was: its directives mean nothing there, nor do its nulls. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter(item => !(isJsonObject(item) && Object.hasOwn(item, directive))).map(withoutDirectives);
  }
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    const isDirective = key === retainKeys || key.startsWith(orderPrefix) || key.startsWith(deletePrefix);
    const dropped = isJsonObject(field) && Object.hasOwn(field, directive);
    if (field !== null && !isDirective && !dropped) setField(result, key, withoutDirectives(field));
  }
  return result;
}
