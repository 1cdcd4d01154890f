/** What a writer sent, made ready to work with: of the right kind and shape, unknown fields dropped and reported, defaults filled in. */
import {
  badRequest,
  cloneJson,
  invalid,
  invalidValue,
  isJsonObject,
  type JsonObject,
  type KubeObject,
  type StatusError,
} from '@larder/kube';
import type { Served } from '../registry/served.ts';
import type { Target, WriteContext } from './api.ts';

/** An own copy of `body` as an object of `served`. @throws StatusError `BadRequest` */
export function intake(target: Target, body: unknown, context: WriteContext): KubeObject {
  const { served } = target;
  const object = asObject(served, cloneJson(body));
  const problems = [...context.problems, ...tidy(served, object, context)];
  report(problems, context, text =>
    badRequest(
      `${served.kind} in version ${JSON.stringify(served.definition.version)} cannot be handled as a ${served.kind}: ${text}`,
    ),
  );
  return object;
}

/** As `intake`, for an object that a patch made of one that is there. Takes over `patched`. @throws StatusError */
export function intakePatched(target: Target, patched: unknown, context: WriteContext): KubeObject {
  const { served } = target;
  const text = JSON.stringify(patched);
  const refuse = (why: string) => invalid({ group: '', kind: '' }, '', [invalidValue('patch', text, why)]);
  if (!isJsonObject(patched) || !isJsonObject(patched.metadata)) {
    throw refuse(`json: cannot unmarshal into an object of type ${served.kind}`);
  }
  const object = asObject(served, patched);
  const problems = [...context.problems, ...tidy(served, object, context)];
  report(problems, context, refuse);
  return object;
}

/** Drops what the schema doesn't know and fills in its defaults; returns the unknown fields. */
function tidy(served: Served, object: KubeObject, context: WriteContext): string[] {
  const unknown = served.schema.prune(object);
  served.schema.applyDefaults(object);
  return context.validation === 'Ignore' ? [] : unknown.map(field => `unknown field ${JSON.stringify(field)}`);
}

function report(problems: readonly string[], context: WriteContext, refuse: (text: string) => StatusError): void {
  if (problems.length === 0 || context.validation === 'Ignore') return;
  if (context.validation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`);
  for (const problem of problems) context.warn(problem);
}

function asObject(served: Served, body: unknown): KubeObject {
  if (!isJsonObject(body)) {
    throw badRequest(`the object provided is unrecognized (must be of type ${served.kind}): not a JSON object`);
  }
  checkKind(served, body);
  body.apiVersion = served.apiVersion;
  body.kind = served.kind;
  body.metadata ??= {};
  if (!isJsonObject(body.metadata)) {
    throw cannotBeHandled(
      served,
      `json: cannot unmarshal ${typeof body.metadata} into Go struct field ${served.kind}.metadata of type v1.ObjectMeta`,
    );
  }
  checkMetadataTypes(served, body.metadata);
  return body as unknown as KubeObject;
}

function checkKind(served: Served, body: JsonObject): void {
  const { apiVersion = '', kind = '' } = body;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw badRequest(`couldn't get version/kind; json parse error: apiVersion and kind must be strings`);
  }
  if (served.custom && kind === '') {
    throw badRequest(`error when decoding the body: Object 'Kind' is missing`);
  }
  if (apiVersion !== '' && apiVersion !== served.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${served.apiVersion})`,
    );
  }
  if (kind !== '' && kind !== served.kind) {
    throw badRequest(
      `${kind} in version ${JSON.stringify(served.definition.version)} cannot be handled as a ${served.kind}: converting (${kind}) to (${served.kind}): unknown conversion`,
    );
  }
}

const metadataTypes: Record<string, 'string' | 'number' | 'strings' | 'map' | 'objects'> = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  uid: 'string',
  resourceVersion: 'string',
  generation: 'number',
  creationTimestamp: 'string',
  deletionTimestamp: 'string',
  deletionGracePeriodSeconds: 'number',
  selfLink: 'string',
  labels: 'map',
  annotations: 'map',
  finalizers: 'strings',
  ownerReferences: 'objects',
  managedFields: 'objects',
};

/** Everything behind here may trust the types of `metadata`. A `null` is an absent field, as in Kubernetes. */
function checkMetadataTypes(served: Served, metadata: JsonObject): void {
  for (const [field, type] of Object.entries(metadataTypes)) {
    const value = metadata[field];
    if (value === undefined) continue;
    if (value === null) {
      delete metadata[field];
      continue;
    }
    if (hasType(value, type)) continue;
    const found = Array.isArray(value) ? 'array' : typeof value;
    throw cannotBeHandled(
      served,
      `json: cannot unmarshal ${found} into Go struct field ObjectMeta.metadata.${field} of type ${goTypes[type]}`,
    );
  }
  delete metadata.selfLink;
}

const goTypes = {
  string: 'string',
  number: 'int64',
  strings: '[]string',
  map: 'map[string]string',
  objects: '[]v1.OwnerReference',
};

function hasType(value: unknown, type: 'string' | 'number' | 'strings' | 'map' | 'objects'): boolean {
  switch (type) {
    case 'string':
    case 'number':
      return typeof value === type;
    case 'strings':
      return Array.isArray(value) && value.every(item => typeof item === 'string');
    case 'map':
      return isJsonObject(value) && Object.values(value).every(item => typeof item === 'string');
    case 'objects':
      return Array.isArray(value) && value.every(isJsonObject);
  }
}

function cannotBeHandled(served: Served, why: string): StatusError {
  return badRequest(
    `${served.kind} in version ${JSON.stringify(served.definition.version)} cannot be handled as a ${served.kind}: ${why}`,
  );
}
