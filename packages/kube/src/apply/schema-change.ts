/** Field sets written before a schema made something atomic. */
import type { Schema } from '../schema.ts';
import { hasChildren, isMember, leaf, nodeOf } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { childSchema, isAssociative } from './shape.ts';

/** The set with whole atomic values in the place of their parts. Gives the set itself when nothing has to change. */
export function atomicSet(set: FieldSet | undefined, schema: Schema): FieldSet | undefined {
  if (set === undefined || !hasChildren(set)) return set;
  if (isAtomic(schema)) return leaf;
  const children: Record<string, FieldSet> = {};
  let changed = false;
  for (const [element, node] of Object.entries(set)) {
    if (element === '.') continue;
    const below = element.startsWith('f:') ? childSchema(schema, element.slice(2)) : (schema.items ?? {});
    const kept = atomicSet(node, below) ?? leaf;
    changed ||= kept !== node;
    children[element] = kept;
  }
  return changed ? nodeOf(isMember(set), children) : set;
}

function isAtomic(schema: Schema): boolean {
  if (schema.type === 'array') return !isAssociative(schema);
  return schema['x-kubernetes-map-type'] === 'atomic';
}
