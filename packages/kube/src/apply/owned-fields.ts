/** The fields that a configuration speaks of: what its applier comes to own. */
import { isJsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { indexItems } from './compare.ts';
import { leaf, nodeOf, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement } from './path-element.ts';
import { childSchema, isGranularList, isGranularMap, isNamedField } from './shape.ts';

/** Leaves, items of lists and entries of maps; a struct's fields only through what is below them. */
export function ownedFields(value: unknown, schema: Schema): FieldSet | undefined {
  if (isGranularMap(schema, value)) {
    const children: Record<string, FieldSet> = {};
    for (const [key, field] of Object.entries(value)) {
      const below = ownedFields(field, childSchema(schema, key));
      const node = isEmpty(field) || !isNamedField(schema, key) ? union(leaf, below) : below;
      if (node !== undefined) children[fieldElement(key)] = node;
    }
    return nodeOf(false, children);
  }
  const items = isGranularList(schema, value) ? indexItems(value, schema) : undefined;
  if (items === undefined) return leaf;
  const children: Record<string, FieldSet> = {};
  for (const [element, same] of items) {
    const below = same.length > 1 ? leaf : ownedFields(same[0], schema.items ?? {});
    children[element] = union(leaf, below) ?? leaf;
  }
  return nodeOf(false, children);
}

const isEmpty = (value: unknown): boolean => value === null || (isJsonObject(value) && Object.keys(value).length === 0);
