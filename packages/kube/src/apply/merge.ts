/** Merges an applied configuration into the live object, and takes fields out again. */
import { getField, isJsonObject, setField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { indexItems } from './compare.ts';
import { hasChildren, isMember } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement, itemElement } from './path-element.ts';
import { childSchema, isGranularList, isGranularMap } from './shape.ts';

/** `applied` wins leaf by leaf; nothing of `live` is lost. Shares values with both. */
export function mergeApplied(live: unknown, applied: unknown, schema: Schema): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null) return applied;
  if (isGranularMap(schema, live) && isGranularMap(schema, applied)) {
    const merged: JsonObject = { ...live };
    for (const [key, value] of Object.entries(applied)) {
      setField(merged, key, mergeApplied(getField(live, key), value, childSchema(schema, key)));
    }
    return merged;
  }
  if (isGranularList(schema, live) && isGranularList(schema, applied)) return mergeLists(live, applied, schema);
  // An applied null on a container with parts takes away no part of it.
  if (applied === null && (isGranularMap(schema, live) || isGranularList(schema, live))) {
    return Object.keys(live).length > 0 ? live : applied;
  }
  return applied;
}

/** In the order of `applied`, with the items that only `live` has where they were among those that both have. */
function mergeLists(live: unknown[], applied: unknown[], schema: Schema): unknown[] {
  const liveIndex = indexItems(live, schema);
  const appliedIndex = indexItems(applied, schema);
  if (liveIndex === undefined || appliedIndex === undefined) return applied;
  const merged: unknown[] = [];
  const liveElements = live.map(item => itemElement(schema, item));
  const shared = [...appliedIndex.keys()].filter(element => liveIndex.has(element));
  let next = 0;
  let at = 0;
  const takeLiveUpTo = (element: string | undefined): void => {
    for (; at < live.length && liveElements[at] !== element; at++) {
      if (!appliedIndex.has(liveElements[at] ?? '')) merged.push(live[at]);
    }
  };
  for (const [element, [item]] of appliedIndex) {
    takeLiveUpTo(shared[next]);
    if (element === shared[next]) {
      next++;
      at++;
    }
    const same = liveIndex.get(element) ?? [];
    merged.push(mergeApplied(same.length === 1 ? same[0] : undefined, item, schema.items ?? {}));
  }
  takeLiveUpTo(undefined);
  return merged;
}

/** The value without the fields in `gone`; a container that loses its last part stays, empty. */
export function removeFields(value: unknown, gone: FieldSet | undefined, schema: Schema): unknown {
  if (gone === undefined) return value;
  if (isGranularMap(schema, value)) {
    const kept: JsonObject = {};
    for (const [key, field] of Object.entries(value)) {
      const below = gone[fieldElement(key)];
      if (below === undefined) setField(kept, key, field);
      else if (!isMember(below)) setField(kept, key, removeFields(field, below, childSchema(schema, key)));
    }
    return kept;
  }
  if (!isGranularList(schema, value) || indexItems(value, schema) === undefined) return value;
  return value.flatMap((item): unknown[] => {
    const below = gone[itemElement(schema, item)];
    if (below === undefined) return [item];
    if (isMember(below)) return [];
    return [hasChildren(below) && isJsonObject(item) ? removeFields(item, below, schema.items ?? {}) : item];
  });
}
