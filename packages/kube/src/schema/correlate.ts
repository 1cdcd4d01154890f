/** Finds what an item of a list was before an update: only lists that are maps say which item is which. */
import { goJson } from '../go-text.ts';
import { getField, isJsonObject } from '../json.ts';
import type { SchemaNode } from './node.ts';

const nothing = () => undefined;

/** For an item, the old item with the same keys, or `undefined`. */
export function correlateItems(node: SchemaNode, old: unknown): (item: unknown) => unknown {
  if (node.listType !== 'map' || !Array.isArray(old)) return nothing;
  const olds = new Map(old.map(item => [keyOf(node, item), item as unknown]));
  return item => olds.get(keyOf(node, item));
}

/** A key that isn't there counts with its default. */
function keyOf(node: SchemaNode, item: unknown): string {
  if (!isJsonObject(item)) return '';
  const value = (key: string) => getField(item, key) ?? node.items?.properties.get(key)?.schema.default ?? null;
  return goJson(node.listKeys.map(value));
}
