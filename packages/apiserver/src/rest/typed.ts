/** Whether a body is of the asked kind and its fields of the right types, with the texts of Kubernetes' decoder. */
import {
  badRequest,
  builtinResources,
  groupOf,
  invalid,
  invalidValue,
  isJsonObject,
  versionOf,
  type JsonObject,
  type StatusError,
} from '@larder/kube';
import type { Served } from '../registry/served.ts';
import { jsonTypeOf } from './decode-fields.ts';

/** Makes the refusal of what `why` says about a body. */
export type DecodeRefusal = (why: string) => StatusError;

/**
 * An absent `kind` or `apiVersion` is taken for the asked one where Kubernetes does.
 * @param refusePatched for an object that a patch made: says why it isn't of the kind any more
 * @throws StatusError
 */
export function checkKind(served: Served, body: JsonObject, refusePatched?: DecodeRefusal): void {
  const { apiVersion = '', kind = '' } = body;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw badRequest("couldn't get version/kind: they must be strings");
  }
  if (served.custom) return checkCustomKind(served, body, { apiVersion, kind }, refusePatched !== undefined);
  const found = { apiVersion: apiVersion || served.apiVersion, kind: kind || served.kind };
  const why = otherKind(served, found);
  if (why === undefined) return;
  if (refusePatched) throw refusePatched(why);
  const version = JSON.stringify(versionOf(found.apiVersion));
  throw badRequest(`${found.kind} in version ${version} cannot be handled as a ${served.kind}: ${why}`);
}

interface TypeMeta {
  apiVersion: string;
  kind: string;
}

function checkCustomKind(served: Served, body: JsonObject, { apiVersion, kind }: TypeMeta, isPatched: boolean): void {
  if (kind === '') {
    const text = JSON.stringify(body);
    const head = text.length > 30 ? `${text.slice(0, 30)} ...` : text;
    throw missingKind(served, text, head);
  }
  const name = isJsonObject(body.metadata) && typeof body.metadata.name === 'string' ? body.metadata.name : '';
  const { group } = served.definition;
  const refuse = (field: string, value: string, wanted: string) =>
    invalid({ group, kind }, name, [invalidValue(field, value, `must be ${wanted}`)]);
  if (apiVersion !== served.apiVersion) {
    if (isPatched) throw refuse('apiVersion', apiVersion, served.apiVersion);
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${served.apiVersion})`,
    );
  }
  if (kind !== served.kind) throw refuse('kind', kind, served.kind);
}

/** `head` is how the beginning of the body is shown. */
export function missingKind({ kind }: Served, text: string, head: string): StatusError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): Object 'Kind' is missing in '${text}' (${head})`,
  );
}

/** Why this is no object of the built-in kind; `undefined` when it is one. */
function otherKind(served: Served, { apiVersion, kind }: TypeMeta): string | undefined {
  if (apiVersion === served.apiVersion && kind === served.kind) return undefined;
  const [group, version] = [groupOf(apiVersion), versionOf(apiVersion)];
  const isKnown = builtinResources.some(
    known => known.kind === kind && known.group === group && known.version === version,
  );
  if (!isKnown) return unregistered(apiVersion, kind);
  const ours = served.definition.group === '' ? 'core' : served.definition.group;
  return `converting (${group === '' ? '' : `${group}/`}${version}.${kind}) to (${ours}.${served.kind}): unknown conversion`;
}

export function unregistered(apiVersion: string, kind: string): string {
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`;
}

/** What is wrong with the types of `metadata`; everything behind this may trust them. */
export function metadataProblem(served: Served, { metadata }: JsonObject): string | undefined {
  if (isJsonObject(metadata)) return metadataFieldProblem(served, metadata);
  const field = `${served.kind}.metadata`;
  return `json: cannot unmarshal ${jsonTypeOf(metadata)} into Go struct field ${field} of type v1.ObjectMeta`;
}

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

function metadataFieldProblem(served: Served, metadata: JsonObject): string | undefined {
  for (const [field, type] of Object.entries(metadataTypes)) {
    const value = metadata[field];
    const wrong = value === undefined || value === null ? undefined : findWrong(value, type);
    if (wrong === undefined) continue;
    const path = served.custom ? `ObjectMeta.${field}` : `ObjectMeta.metadata.${field}`;
    const wanted = wrong.entry ? goTypes[type].entry : goTypes[type].whole;
    return `json: cannot unmarshal ${jsonTypeOf(wrong.value)} into Go struct field ${path} of type ${wanted}`;
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
