/** `metadata` as a schema, and the selectors and references that many kinds share. */
import type { Schema } from '../schema.ts';
import { atomic, choice, described, flag, int64, list, map, object, open, text, time } from './shapes.ts';

const ownerReference = atomic(
  object({ apiVersion: text, kind: text, name: text, uid: text, controller: flag, blockOwnerDeletion: flag }),
);

const managedFieldsEntry = object({
  manager: text,
  operation: text,
  apiVersion: text,
  time,
  fieldsType: text,
  fieldsV1: open,
  subresource: text,
});

/** `metadata` of every object. */
export const objectMetaSchema: Schema = described(
  object({
    name: described(text, 'Unique within a namespace. Cannot be changed.'),
    generateName: described(text, 'A prefix; the server adds random characters when `name` is absent.'),
    namespace: described(text, 'The space within which the name is unique. Cannot be changed.'),
    selfLink: described(text, 'Deprecated: no longer set by the server.'),
    uid: described(text, 'Unique in time and space; set by the server.'),
    resourceVersion: described(text, 'Changes with every write. Opaque to clients.'),
    generation: described(int64, 'Counts changes of the desired state; set by the server.'),
    creationTimestamp: described(time, 'When the object was created; set by the server.'),
    deletionTimestamp: described(time, 'When the object will be gone; set by the server on a graceful deletion.'),
    deletionGracePeriodSeconds: described(int64, 'How long the deletion may take; set with deletionTimestamp.'),
    labels: described(map(text), 'Keys and values to organise and select objects.'),
    annotations: described(map(text), 'Keys and values for tools; not queryable.'),
    ownerReferences: described(
      list(ownerReference, { keys: ['uid'], merge: 'uid' }),
      'The objects this one depends on; when all are deleted, this one is too.',
    ),
    finalizers: described(list(text, { set: true, merge: true }), 'Must be empty before the object is removed.'),
    managedFields: described(list(managedFieldsEntry), 'Which manager set which fields; set by the server.'),
  }),
  'Standard object metadata.',
);

/** `metadata` of the objects that templates make. */
export const templateMeta: Schema = objectMetaSchema;

const labelSelectorRequirement = object({ key: text, operator: text, values: list(text) }, ['key', 'operator']);

export const labelSelector: Schema = atomic(
  object({ matchLabels: map(text), matchExpressions: list(labelSelectorRequirement) }),
);

export const objectReference: Schema = atomic(
  object({
    kind: text,
    namespace: text,
    name: text,
    uid: text,
    apiVersion: text,
    resourceVersion: text,
    fieldPath: text,
  }),
);

export const localObjectReference: Schema = atomic(object({ name: text }));

/** A condition of the shared form, for kinds that have no form of their own. */
export const condition: Schema = object(
  {
    type: text,
    status: choice('True', 'False', 'Unknown'),
    observedGeneration: int64,
    lastTransitionTime: time,
    reason: text,
    message: text,
  },
  ['type', 'status'],
);

/** Conditions merge by their type. */
export const conditions: Schema = list(condition, { keys: ['type'], merge: 'type' });

/** The whole object: `apiVersion`, `kind`, `metadata`, and the kind's own fields. */
export function kindSchema(description: string, properties: Record<string, Schema>, required?: string[]): Schema {
  const head = {
    apiVersion: described(text, 'The version of the API that this object is written in.'),
    kind: described(text, 'The kind of this object.'),
    metadata: objectMetaSchema,
  };
  return described(object({ ...head, ...properties }, required), description);
}
