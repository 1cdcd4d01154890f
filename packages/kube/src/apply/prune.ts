/** What an applier no longer speaks of: fields that it owned alone are removed from the object. */
import type { Schema } from '../schema.ts';
import { difference, intersection, union, withNamedFields } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import type { Managers } from './managers.ts';
import { removeFields } from './merge.ts';
import { ownedFields } from './owned-fields.ts';
import { ownable } from './transfer.ts';

/** `merged` without the fields of `last` that no manager owns now. */
export function pruneAbandoned(
  merged: unknown,
  last: FieldSet | undefined,
  managers: Managers,
  schema: Schema,
): unknown {
  let owned: FieldSet | undefined;
  for (const { fields } of managers.values()) owned = union(owned, fields);
  if (difference(last, owned) === undefined) return merged;
  const named = (set: FieldSet | undefined): FieldSet | undefined => withNamedFields(set, schema);
  const all = named(ownedFields(merged, schema));
  const abandoned = named(last);
  // First without everything that was applied last time, which takes whole items and structs away;
  const bare = removeFields(merged, abandoned, schema);
  // then with what anybody owns, within what was taken;
  const wanted = named(owned);
  const keep = union(named(ownedFields(bare, schema)), wanted);
  const restored = removeFields(merged, difference(all, keep), schema);
  // and what was never the applier's stays, owned or not. An empty list shows in no set: what is wanted isn't missing.
  const missing = difference(difference(all, named(ownedFields(restored, schema))), wanted);
  // The object's identity is nobody's to abandon.
  return removeFields(merged, ownable(intersection(missing, abandoned)), schema);
}
