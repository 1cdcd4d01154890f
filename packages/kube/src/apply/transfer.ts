/** What a change of an object means for the managers of its fields. */
import type { KubeObject } from '../objects.ts';
import type { Comparison } from './compare.ts';
import { difference, intersection, leaf, overlaps, restrictFields, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import type { Managers } from './managers.ts';

/** What nobody owns: the object's identity, and what only the server sets. */
const unowned: FieldSet = {
  'f:apiVersion': leaf,
  'f:kind': leaf,
  'f:metadata': {
    '.': leaf,
    'f:name': leaf,
    'f:namespace': leaf,
    'f:creationTimestamp': leaf,
    'f:selfLink': leaf,
    'f:uid': leaf,
    'f:clusterName': leaf,
    'f:generation': leaf,
    'f:managedFields': leaf,
    'f:resourceVersion': leaf,
  },
};

/** The set without fields that are never owned. */
export function ownable(set: FieldSet | undefined): FieldSet | undefined {
  return difference(set, unowned);
}

/** The top-level fields that a write may change: `status` alone through its subresource, all but `ignored` otherwise. */
export function writableFields(
  subresource: string | undefined,
  ignored: readonly string[],
): (field: string) => boolean {
  return subresource === 'status' ? field => field === 'status' : field => !ignored.includes(field);
}

export function restrictComparison(comparison: Comparison, keep: (field: string) => boolean): Comparison {
  return {
    added: restrictFields(comparison.added, keep),
    modified: restrictFields(comparison.modified, keep),
    removed: restrictFields(comparison.removed, keep),
  };
}

/** The fields of other managers that the change gives a new value, by manager. */
export function findConflicts(managers: Managers, changed: FieldSet | undefined, own?: string): Map<string, FieldSet> {
  const conflicts = new Map<string, FieldSet>();
  for (const [identity, { fields }] of managers) {
    const taken = identity === own ? undefined : intersection(fields, changed);
    if (taken !== undefined) conflicts.set(identity, taken);
  }
  return conflicts;
}

/** Takes fields from all managers but `own`. */
export function takeFields(managers: Managers, taken: FieldSet | undefined, own?: string): void {
  if (taken === undefined) return;
  for (const [identity, manager] of managers) {
    if (identity === own || !overlaps(manager.fields, taken)) continue;
    manager.fields = difference(manager.fields, taken);
  }
}

/** What the change gives a new value. */
export function changedFields({ added, modified }: Comparison): FieldSet | undefined {
  return union(added, modified);
}

/** The object without its managed fields, for comparing. Shares everything else. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
