/** The annotation in which client-side apply keeps its last configuration, and how server-side apply takes over from it. */
import { goJson } from '../go-text.ts';
import { getField, isJsonObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Schema } from '../schema.ts';
import { compare } from './compare.ts';
import { difference, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { ownedFields } from './owned-fields.ts';
import { objectSchema } from './shape.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The conflicts that are left when `kubectl` may take what it applied before and nobody changed since. */
export function allowLastApplied(
  conflicts: Map<string, FieldSet>,
  live: KubeObject | undefined,
  schema: Schema,
): Map<string, FieldSet> {
  const last = live === undefined ? undefined : parseLastApplied(live);
  if (last === undefined) return conflicts;
  const whole = objectSchema(schema);
  const { added, modified, removed } = compare(last, live, whole);
  const changed = union(union(added, modified), removed);
  const allowed = difference(ownedFields(last, whole), changed);
  const left = new Map<string, FieldSet>();
  for (const [identity, fields] of conflicts) {
    const rest = difference(fields, allowed);
    if (rest !== undefined) left.set(identity, rest);
  }
  return left;
}

function parseLastApplied(live: KubeObject): unknown {
  const text = annotationOf(live);
  if (text === '') return undefined;
  try {
    const last: unknown = JSON.parse(text);
    return isJsonObject(last) && last.apiVersion === live.apiVersion ? last : undefined;
  } catch {
    return undefined; // A broken annotation allows nothing.
  }
}

function annotationOf({ metadata }: KubeObject): string {
  const value = getField(metadata.annotations ?? {}, annotation);
  return typeof value === 'string' ? value : '';
}

/** Keeps the annotation, where there is one, in step with what `kubectl` applies, so that client-side apply still works after. */
export function withLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  if (annotationOf(object) === '') return object;
  const { [annotation]: _, ...annotations } = applied.metadata.annotations ?? {};
  const metadata = { ...applied.metadata, ...(applied.metadata.annotations === undefined ? {} : { annotations }) };
  const text = `${goJson({ ...applied, metadata })}\n`;
  const kept = { ...object.metadata.annotations, [annotation]: text };
  return { ...object, metadata: { ...object.metadata, annotations: kept } };
}
