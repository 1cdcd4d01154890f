/** The schemas that every OpenAPI document needs beside those of its kinds. */
import { objectMetaSchema } from '../builtin/meta.ts';
import type { Schema } from '../schema.ts';
import { shared } from './names.ts';

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const int32: Schema = { type: 'integer', format: 'int32' };
const int64: Schema = { type: 'integer', format: 'int64' };

const described = (schema: Schema, description: string): Schema => ({ ...schema, description });
const object = (properties: Record<string, Schema>, description: string): Schema => ({
  type: 'object',
  description,
  properties,
});

const head: Record<string, Schema> = {
  apiVersion: described(text, 'The version of the API that this object is written in.'),
  kind: described(text, 'The kind of this object.'),
};

const listMeta = object(
  {
    continue: described(text, 'Where the next page of the list begins; opaque to clients.'),
    remainingItemCount: described(int64, 'How many items the following pages have.'),
    resourceVersion: described(text, 'The state that the list shows; a watch can start from it.'),
    selfLink: described(text, 'Deprecated: no longer set by the server.'),
  },
  'Metadata of a list.',
);

const cause = object({ field: text, message: text, reason: text }, 'One cause of a failure.');

const status = object(
  {
    ...head,
    metadata: listMeta,
    code: described(int32, 'The HTTP status.'),
    details: object(
      {
        causes: { type: 'array', items: cause, 'x-kubernetes-list-type': 'atomic' },
        group: text,
        kind: text,
        name: text,
        retryAfterSeconds: int32,
        uid: text,
      },
      'What the status is about.',
    ),
    message: described(text, 'What happened, for people.'),
    reason: described(text, 'What happened, as one word.'),
    status: described(text, 'Success or Failure.'),
  },
  'What a request that has no other answer is answered with.',
);

const deleteOptions = object(
  {
    ...head,
    dryRun: { type: 'array', items: text, 'x-kubernetes-list-type': 'atomic' },
    gracePeriodSeconds: described(int64, 'How long the deletion may take.'),
    orphanDependents: described(flag, 'Deprecated: use propagationPolicy.'),
    preconditions: object({ resourceVersion: text, uid: text }, 'What must hold for the deletion to happen.'),
    propagationPolicy: described(text, 'What becomes of dependents: Orphan, Background or Foreground.'),
  },
  'How an object is deleted.',
);

/** By component name. */
export const sharedSchemas: Record<string, Schema> = {
  [shared.objectMeta]: objectMetaSchema,
  [shared.listMeta]: listMeta,
  [shared.status]: status,
  [shared.deleteOptions]: deleteOptions,
  [shared.patch]: { type: 'object', description: 'A patch, in the form that the content type names.' },
  [shared.intOrString]: {
    description: 'A whole number or a text.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
};
