/** Which fields differ between two states of an object, as sets of the fields that can be owned. */
import { equalJson, getField, isJsonObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { leaf, nodeOf, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { ItemError, fieldElement, haveSameName, itemElement } from './path-element.ts';
import { childSchema, isGranularList, isGranularMap } from './shape.ts';

/** No field is in more than one of the sets. */
export interface Comparison {
  added?: FieldSet;
  modified?: FieldSet;
  removed?: FieldSet;
}

const same: Comparison = Object.freeze({});

/** Compares two values, of which one may be `undefined`: not there. */
export function compare(before: unknown, after: unknown, schema: Schema): Comparison {
  if (before === after) return same;
  const [oldMap, newMap] = [isGranularMap(schema, before), isGranularMap(schema, after)];
  if (oldMap || newMap) return compareMaps(before, after, schema);
  if (isGranularList(schema, before) || isGranularList(schema, after)) return compareLists(before, after, schema);
  return compareLeaves(before, after);
}

function compareLeaves(before: unknown, after: unknown): Comparison {
  if (before === undefined) return { added: leaf };
  if (after === undefined) return { removed: leaf };
  return equalJson(before, after) ? same : { modified: leaf };
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined || value === null;
  for (const _key in value) return false;
  return true;
}

function compareMaps(before: unknown, after: unknown, schema: Schema): Comparison {
  // Empty, null and absent differ as wholes: nothing is below them.
  if (isEmpty(before) && isEmpty(after)) return compareLeaves(before, after);
  const result = new ComparisonBuilder();
  const oldFields: JsonObject = isGranularMap(schema, before) ? before : {};
  const newFields: JsonObject = isGranularMap(schema, after) ? after : {};
  for (const key in oldFields) {
    const [old, now] = [oldFields[key], getField(newFields, key)];
    if (old !== now) result.add(fieldElement(key), compare(old, now, childSchema(schema, key)));
  }
  for (const key in newFields) {
    if (Object.hasOwn(oldFields, key)) continue;
    result.add(fieldElement(key), compare(undefined, newFields[key], childSchema(schema, key)));
  }
  return result.build(before, after, value => value === null || isJsonObject(value));
}

function compareLists(before: unknown, after: unknown, schema: Schema): Comparison {
  if (isEmpty(before) && isEmpty(after)) return compareLeaves(before, after);
  if (areEqualInPlace(before, after, schema)) return same;
  const oldItems = indexItems(before, schema);
  const newItems = indexItems(after, schema);
  // Items that can't be told apart: then the list can only be owned as a whole.
  if (oldItems === undefined || newItems === undefined) return compareLeaves(before, after);
  const result = new ComparisonBuilder();
  for (const [element, items] of oldItems) {
    result.add(element, compareItems(items, newItems.get(element) ?? [], schema.items ?? {}));
  }
  for (const [element, items] of newItems) {
    if (!oldItems.has(element)) result.add(element, compareItems([], items, schema.items ?? {}));
  }
  return result.build(before, after, value => value === null || Array.isArray(value));
}

/** The usual case, without naming any item: the same items in the same order. */
function areEqualInPlace(before: unknown, after: unknown, schema: Schema): boolean {
  if (!Array.isArray(before) || !Array.isArray(after) || before.length !== after.length) return false;
  return before.every((item, index) => haveSameName(schema, item, after[index]) && equalJson(item, after[index]));
}

/** Items that share one name are owned together, as long as they are several. */
function compareItems(before: unknown[], after: unknown[], items: Schema): Comparison {
  if (before.length <= 1 && after.length <= 1) return compare(before[0], after[0], items);
  if (before.length > 1 && after.length > 1) return equalJson(before, after) ? same : { modified: leaf };
  if (before.length > 1) {
    const single = after.length === 0 ? same : compare(undefined, after[0], items);
    return { ...single, removed: union(single.removed, leaf) };
  }
  const single = before.length === 0 ? same : compare(before[0], undefined, items);
  return { ...single, added: union(single.added, leaf) };
}

/** The items by the element that names them; `undefined` when one can't be named. */
export function indexItems(list: unknown, schema: Schema): Map<string, unknown[]> | undefined {
  const index = new Map<string, unknown[]>();
  if (!Array.isArray(list)) return index;
  try {
    for (const item of list) {
      const element = itemElement(schema, item);
      const same = index.get(element);
      if (same === undefined) index.set(element, [item]);
      else same.push(item);
    }
    return index;
  } catch (error) {
    if (error instanceof ItemError) return undefined;
    throw error;
  }
}

/** Gathers the parts' comparisons below their elements. */
class ComparisonBuilder {
  #added: Record<string, FieldSet> | undefined;
  #modified: Record<string, FieldSet> | undefined;
  #removed: Record<string, FieldSet> | undefined;

  add(element: string, comparison: Comparison): void {
    if (comparison === same) return;
    const { added, modified, removed } = comparison;
    if (added !== undefined) (this.#added ??= {})[element] = added;
    if (modified !== undefined) (this.#modified ??= {})[element] = modified;
    if (removed !== undefined) (this.#removed ??= {})[element] = removed;
  }

  /** The container itself is added or removed with its first or last part; of another type before or after, modified. */
  build(before: unknown, after: unknown, isContainer: (value: unknown) => boolean): Comparison {
    const isThere = before !== undefined && after !== undefined;
    const changedType = isThere && isContainer(before) !== isContainer(after);
    if (isThere && !changedType && !this.#added && !this.#modified && !this.#removed) return same;
    return {
      added: nodeOf(before === undefined, this.#added),
      modified: nodeOf(changedType, this.#modified),
      removed: nodeOf(after === undefined, this.#removed),
    };
  }
}
