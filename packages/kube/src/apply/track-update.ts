/** Who owns which fields after a create, an update or a patch that isn't an apply. */
import type { KubeObject, ManagedFieldsEntry } from '../objects.ts';
import type { Schema } from '../schema.ts';
import { compare } from './compare.ts';
import { union } from './field-set.ts';
import { capUpdaters, identityOf, managersOfUpdate, writeManagers } from './managers.ts';
import type { Manager, Managers } from './managers.ts';
import { objectSchema } from './shape.ts';
import {
  changedFields,
  ownable,
  restrictComparison,
  takeFields,
  withoutManagedFields,
  writableFields,
} from './transfer.ts';

export interface TrackedUpdate {
  /** Absent for a creation. */
  before?: KubeObject;
  /** As it will be stored; its own `managedFields` are those that the request sent. */
  after: KubeObject;
  /** The kind's schema, for the version that the request speaks. */
  schema: Schema;
  /** @default 'unknown' */
  manager: string;
  subresource?: string;
  /** Top-level fields that this endpoint doesn't write: `['status']` for kinds whose status is a subresource. */
  ignored?: readonly string[];
  /** Now, as RFC 3339 in UTC to the second. */
  time: string;
}

/**
 * The managed fields to store with `after`: the very ones of `before` when no ownership changed, `undefined` when nobody's
 * fields are tracked.
 */
export function trackUpdate(update: TrackedUpdate): ManagedFieldsEntry[] | undefined {
  const { before, after, subresource, ignored = [] } = update;
  const managers = managersOfUpdate(before, after, (subresource ?? '') !== '');
  // An object whose managed fields were cleared stays untracked until somebody applies it.
  if (managers.size === 0 && before !== undefined) return undefined;
  const schema = objectSchema(update.schema);
  const base = before === undefined ? {} : withoutManagedFields(before);
  const all = compare(base, withoutManagedFields(after), schema);
  const comparison = restrictComparison(all, writableFields(subresource, ignored));
  const changed = changedFields(comparison);
  takeFields(managers, changed);
  takeFields(managers, comparison.removed);
  give(managers, update, ownable(changed));
  capUpdaters(managers);
  return sameOr(before?.metadata.managedFields, writeManagers(managers));
}

/** Adds what changed to the manager's fields, with the time of the change. */
function give(managers: Managers, update: TrackedUpdate, fields: Manager['fields']): void {
  if (fields === undefined) return;
  const { manager, after, subresource = '', time } = update;
  const writer: Manager = {
    name: manager === '' ? 'unknown' : manager,
    operation: 'Update',
    apiVersion: after.apiVersion,
    subresource,
    time,
    fields,
  };
  const identity = identityOf(writer);
  writer.fields = union(managers.get(identity)?.fields, fields);
  managers.set(identity, writer);
}

/** The old entries themselves when the new ones are the same, so that a write that changes nothing can be seen as such. */
export function sameOr(
  old: ManagedFieldsEntry[] | undefined,
  now: ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] | undefined {
  if (old === undefined || now === undefined || old.length !== now.length) return now;
  return old.every((entry, index) => entry === now[index]) ? old : now;
}
