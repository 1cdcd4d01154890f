/** Whether a body is of the asked kind and its fields of the right types, with the texts of Kubernetes' decoder. */
import {
  badRequest,
  groupOf,
  invalid,
  invalidValue,
  isJsonObject,
  versionOf,
  type JsonObject,
  type StatusError,
} from '@larder/kube';
import type { Served } from '../registry/served.ts';
import { findOverflow } from './overflow.ts';

/** Makes the refusal of what `why` says about a body. */
export type DecodeRefusal = (why: string) => StatusError;

/** An absent `kind` or `apiVersion` is taken for the asked one where Kubernetes does. @throws StatusError */
export function checkKind(served: Served, body: JsonObject): void {
  const { apiVersion = '', kind = '' } = body;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw badRequest("couldn't get version/kind: they must be strings");
  }
  if (served.custom) checkCustomKind(served, body, apiVersion, kind);
  else checkBuiltinKind(served, apiVersion, kind);
}

function checkCustomKind(served: Served, body: JsonObject, apiVersion: string, kind: string): void {
  if (kind === '') {
    const text = JSON.stringify(body);
    const head = text.length > 30 ? `${text.slice(0, 30)} ...` : text;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${served.kind}): Object 'Kind' is missing in '${text}' (${head})`,
    );
  }
  if (apiVersion !== served.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${served.apiVersion})`,
    );
  }
  if (kind === served.kind) return;
  const name = isJsonObject(body.metadata) && typeof body.metadata.name === 'string' ? body.metadata.name : '';
  const { group } = served.definition;
  throw invalid({ group, kind }, name, [invalidValue('kind', kind, `must be ${served.kind}`)]);
}

function checkBuiltinKind(served: Served, apiVersion: string, kind: string): void {
  const found = { apiVersion: apiVersion || served.apiVersion, kind: kind || served.kind };
  if (found.apiVersion === served.apiVersion && found.kind === served.kind) return;
  const version = versionOf(found.apiVersion);
  const group = groupOf(found.apiVersion);
  const ours = served.definition.group === '' ? 'core' : served.definition.group;
  const why =
    found.apiVersion === served.apiVersion
      ? `converting (${group === '' ? '' : `${group}/`}${version}.${found.kind}) to (${ours}.${served.kind}): unknown conversion`
      : `no kind ${JSON.stringify(found.kind)} is registered for version ${JSON.stringify(found.apiVersion)}`;
  throw badRequest(`${found.kind} in version ${JSON.stringify(version)} cannot be handled as a ${served.kind}: ${why}`);
}

/** The first field whose type isn't the schema's; everything behind this may trust the types. */
export function typeProblem(served: Served, object: JsonObject): string | undefined {
  const { metadata } = object;
  if (!isJsonObject(metadata)) {
    const field = `${served.kind}.metadata`;
    return `json: cannot unmarshal ${typeName(metadata)} into Go struct field ${field} of type v1.ObjectMeta`;
  }
  return metadataProblem(served, metadata) ?? (served.custom ? undefined : fieldProblem(served, object));
}

function fieldProblem(served: Served, object: JsonObject): string | undefined {
  if (Object.keys(object).length === 1) return undefined;
  const wrong = served.schema.findTypeErrors(object).find(({ detail }) => !detail.includes('of type byte'));
  if (wrong === undefined) return overflowProblem(served, object);
  const wanted = /must be of type (\w+)/.exec(wrong.detail)?.[1] ?? 'another type';
  const found = typeof wrong.value === 'string' ? (goNames[wrong.value] ?? wrong.value) : typeName(wrong.value);
  return `json: cannot unmarshal ${found} into Go struct field ${served.kind}.${wrong.field} of type ${wanted}`;
}

/** A number that its field can't hold: Go's decoder refuses it, and it must not become another one here. */
function overflowProblem(served: Served, object: JsonObject): string | undefined {
  const found = findOverflow(served.definition.schema, object);
  if (found === undefined) return undefined;
  const { value, path, type } = found;
  return `json: cannot unmarshal number ${value} into Go struct field ${served.kind}${path} of type ${type}`;
}

const goNames: Record<string, string> = { integer: 'number', boolean: 'bool' };

type MetadataType = 'string' | 'number' | 'strings' | 'map' | 'objects';

const metadataTypes: Record<string, MetadataType> = {
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

/** What each type is called in Go, as a whole and its entries. */
const goTypes: Record<MetadataType, { whole: string; entry: string }> = {
  string: { whole: 'string', entry: '' },
  number: { whole: 'int64', entry: '' },
  strings: { whole: '[]string', entry: 'string' },
  map: { whole: 'map[string]string', entry: 'string' },
  objects: { whole: '[]v1.OwnerReference', entry: 'v1.OwnerReference' },
};

function metadataProblem(served: Served, metadata: JsonObject): string | undefined {
  for (const [field, type] of Object.entries(metadataTypes)) {
    const value = metadata[field];
    const wrong = value === undefined || value === null ? undefined : findWrong(value, type);
    if (wrong === undefined) continue;
    const path = served.custom ? `ObjectMeta.${field}` : `ObjectMeta.metadata.${field}`;
    const wanted = wrong.entry ? goTypes[type].entry : goTypes[type].whole;
    return `json: cannot unmarshal ${typeName(wrong.value)} into Go struct field ${path} of type ${wanted}`;
  }
  return undefined;
}

/** The value that isn't of the type, or the first entry of it. */
function findWrong(value: unknown, type: MetadataType): { value: unknown; entry?: boolean } | undefined {
  switch (type) {
    case 'string':
    case 'number':
      return typeof value === type ? undefined : { value };
    case 'map': {
      if (!isJsonObject(value)) return { value };
      const entry = Object.values(value).find(item => typeof item !== 'string');
      return entry === undefined ? undefined : { value: entry, entry: true };
    }
    case 'strings':
    case 'objects': {
      if (!Array.isArray(value)) return { value };
      const entry: unknown = value.find(item => (type === 'strings' ? typeof item !== 'string' : !isJsonObject(item)));
      return entry === undefined ? undefined : { value: entry, entry: true };
    }
  }
}

/** As Go's decoder names what it found. */
function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
