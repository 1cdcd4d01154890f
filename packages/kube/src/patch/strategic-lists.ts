/** The lists of a strategic merge patch: merged by key or by value, and put in order. */
import { getField, isJsonObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { badRequest } from '../status.ts';
import { unprocessablePatch } from './patch-error.ts';

export type MergeItem = (original: JsonObject, patch: JsonObject, schema: Schema) => JsonObject;

/** What the schema says about patching a field. Lists without a merge key are merged by value. */
export function strategyOf(schema: Schema): { strategy?: 'merge' | 'replace'; mergeKey?: string } {
  const strategies = (schema['x-kubernetes-patch-strategy'] ?? '').split(',');
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  if (strategies.includes('merge')) return { strategy: 'merge', mergeKey };
  return strategies.includes('replace') ? { strategy: 'replace', mergeKey } : { mergeKey };
}

/** `original` without the values. */
export function removeScalars(original: unknown[], values: unknown[]): unknown[] {
  return original.filter(item => !values.includes(item));
}

/** Merges a list with merge semantics; in the patch's order, with what only the server has in between. */
export function mergeLists(original: unknown[], patch: unknown[], schema: Schema, merge: MergeItem): unknown[] {
  const [first] = [...original, ...patch];
  if (first === undefined) return original;
  if (!isJsonObject(first)) {
    assertScalars([...original, ...patch]);
    const merged = [...new Set([...original, ...patch])];
    return arrange({ items: merged, order: patch, server: original }, (a, b) => a === b);
  }
  return mergeObjects(original, patch, schema, merge);
}

function assertScalars(items: unknown[]): void {
  if (items.some(Array.isArray)) throw unprocessablePatch('lists of lists are not supported');
  if (items.some(item => typeof item !== typeof items[0] || isJsonObject(item))) {
    throw unprocessablePatch(`list element types are not identical: ${JSON.stringify(items)}`);
  }
}

function mergeObjects(original: unknown[], patch: unknown[], schema: Schema, merge: MergeItem): unknown[] {
  const key = requireMergeKey(schema);
  const special = patch.filter(item => isJsonObject(item) && Object.hasOwn(item, '$patch')) as JsonObject[];
  const plain = patch.filter(item => !special.includes(item as JsonObject));
  if (special.some(item => item.$patch === 'replace')) return plain;
  const deleted = special.map(item => deletedKey(item, key));
  const kept = original.filter(item => !deleted.includes(keyOfItem(item, key)));
  const merged = [...kept];
  for (const item of plain) {
    const value = keyOfItem(item, key);
    const at = merged.findIndex(other => keyOfItem(other, key) === value);
    if (at < 0) merged.push(item);
    else merged[at] = merge(merged[at] as JsonObject, item as JsonObject, schema.items ?? {});
  }
  return arrange({ items: merged, order: plain, server: kept }, (a, b) => keyOfItem(a, key) === keyOfItem(b, key));
}

function deletedKey(item: JsonObject, key: string): unknown {
  if (item.$patch !== 'delete') throw unprocessablePatch(`unknown patch type: ${String(item.$patch)}`);
  return keyOfItem(item, key);
}

function requireMergeKey(schema: Schema): string {
  const { mergeKey } = strategyOf(schema);
  if (mergeKey === undefined) throw unprocessablePatch('cannot merge lists without merge key');
  return mergeKey;
}

function keyOfItem(item: unknown, key: string): unknown {
  const value = isJsonObject(item) ? getField(item, key) : undefined;
  if (value !== undefined) return value;
  throw unprocessablePatch(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
}

interface OrderedLists {
  original: unknown[];
  changes: unknown[];
  /** As `$setElementOrder` says. */
  order: unknown[];
}

/** Merges like `mergeLists` and puts the result in the order that the patch asks for. */
export function orderLists(
  { original, changes, order }: OrderedLists,
  schema: Schema,
  merge: MergeItem,
  clean: (value: unknown) => unknown,
): unknown[] {
  const { strategy, mergeKey } = strategyOf(schema);
  const isSame = (a: unknown, b: unknown): boolean =>
    mergeKey === undefined ? a === b : keyOfItem(a, mergeKey) === keyOfItem(b, mergeKey);
  assertOrdered(changes, order, isSame);
  let items = original;
  if (original.length === 0) items = clean(changes) as unknown[];
  else if (changes.length > 0) items = strategy === 'merge' ? mergeLists(original, changes, schema, merge) : changes;
  return arrange({ items, order, server: original }, isSame);
}

/** The patch's own items must come in the order that it asks for. */
function assertOrdered(changes: unknown[], order: unknown[], isSame: (a: unknown, b: unknown) => boolean): void {
  if (order.length === 0) return;
  const plain = changes.filter(item => !(isJsonObject(item) && Object.hasOwn(item, '$patch')));
  let at = 0;
  for (const wanted of order) if (at < plain.length && isSame(plain[at], wanted)) at++;
  if (at < plain.length) {
    throw badRequest(
      `The order in patch list:\n${JSON.stringify(changes)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`,
    );
  }
}

/**
 * Items that the patch names in its order, those that only the server has in the server's, the two interleaved: one of the
 * server's comes first when the server had it before the other.
 */
function arrange(
  { items, order, server }: { items: unknown[]; order: unknown[]; server: unknown[] },
  isSame: (a: unknown, b: unknown) => boolean,
): unknown[] {
  const place = (list: unknown[], item: unknown): number => list.findIndex(other => isSame(other, item));
  const isNamed = (item: unknown): boolean => place(order, item) >= 0;
  const named = items.filter(isNamed).sort((a, b) => place(order, a) - place(order, b));
  const others = items.filter(item => !isNamed(item)).sort((a, b) => place(server, a) - place(server, b));
  const result: unknown[] = [];
  for (const item of named) {
    const at = place(server, item);
    while (others.length > 0 && at >= 0 && place(server, others[0]) < at) result.push(others.shift());
    result.push(item);
  }
  return [...result, ...others];
}
