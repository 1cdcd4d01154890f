/** What a writer sent, made ready to work with: of the right kind and shape, unknown fields dropped and reported, defaults filled in. */
import {
  badRequest,
  cloneJson,
  groupOf,
  invalid,
  invalidValue,
  isJsonObject,
  versionOf,
  type KubeObject,
  type StatusError,
} from '@larder/kube';
import type { Served } from '../registry/served.ts';
import { strategyOf, type Api, type Target, type WriteContext } from './api.ts';
import { decodeFields } from './decode-fields.ts';
import { inDocumentOrder } from './problems.ts';
import { checkKind, metadataProblem, missingKind, type DecodeRefusal } from './typed.ts';

/** An own copy of `body` as an object of the target's kind. @throws StatusError `BadRequest` */
export function intake(api: Api, target: Target, body: unknown, context: WriteContext): KubeObject {
  const { served } = target;
  const refuse = (why: string) => cannotBeHandled(served, why);
  if (body === null && served.custom) throw missingKind(served, 'null', '6e756c6c');
  const object = asObject(served, cloneJson(body ?? {}), refuse);
  finish(api, served, object, { context, refuse, sent: body });
  return object;
}

/** As `intake`, for an object that a patch made of one that is there. Takes over `patched`. @throws StatusError */
export function intakePatched(api: Api, target: Target, patched: unknown, context: WriteContext): KubeObject {
  const { served } = target;
  const text = JSON.stringify(patched);
  const refuse = (why: string) => invalid({ group: '', kind: '' }, '', [invalidValue('patch', text, why)]);
  const object = asObject(served, patched, refuse, true);
  finish(api, served, object, { context, refuse, sent: undefined });
  return object;
}

/** An own copy of what server-side apply was sent, as it is: what defaults would add would become the applier's. @throws StatusError */
export function intakeApplied({ served }: Target, body: unknown): KubeObject {
  const { apiVersion = '', kind = '' } = body as { apiVersion?: unknown; kind?: unknown };
  if (apiVersion !== served.apiVersion || kind !== served.kind) {
    const type = typeof apiVersion === 'string' ? `${groupOf(apiVersion)}/${versionOf(apiVersion)}` : '/';
    throw badRequest(`invalid object type: ${type}, Kind=${String(kind)}`);
  }
  return asObject(served, cloneJson(body), why => cannotBeHandled(served, why));
}

/** What defaults make of a complete object, those included that no schema can say. Changes `object`. */
export function fillDefaults(api: Api, served: Served, object: KubeObject): void {
  served.schema.applyDefaults(object);
  strategyOf(api, served).fill?.(object);
}

/** As Kubernetes: nobody reads more. */
const maxProblems = 100;

function finish(
  api: Api,
  served: Served,
  object: KubeObject,
  { context, refuse, sent }: { context: WriteContext; refuse: DecodeRefusal; sent: unknown },
): void {
  const unknown = [...served.schema.prune(object), ...(strategyOf(api, served).prune?.(object) ?? [])];
  const { kind, definition } = served;
  const problem = served.custom ? undefined : decodeFields(kind, definition.schema, object);
  if (problem !== undefined) throw refuse(problem);
  dropEmpty(object.metadata as unknown as Record<string, unknown>, [
    'labels',
    'annotations',
    'finalizers',
    'ownerReferences',
  ]);
  if (!served.custom) dropEmpty(object, ['data', 'binaryData', 'stringData']);
  fillDefaults(api, served, object);
  if (context.validation === 'Ignore') return;
  const unknowns = unknown.map(field => `unknown field ${JSON.stringify(field)}`);
  const found = [...context.problems, ...unknowns];
  // Kubernetes reads built-in kinds from front to back, and looks for what a custom one doesn't know when it has read it.
  const problems = (served.custom ? found : inDocumentOrder(found, sent)).slice(0, maxProblems);
  if (problems.length === 0) return;
  if (context.validation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`);
  // One warning for each line that the YAML reader complains of.
  for (const text of problems.flatMap(problem => problem.replace(/^yaml: unmarshal errors:\n {2}/, '').split('\n  '))) {
    context.warn(text);
  }
}

function asObject(served: Served, body: unknown, refuse: DecodeRefusal, isPatched = false): KubeObject {
  if (!isJsonObject(body)) {
    throw badRequest(`the object provided is unrecognized (must be of type ${served.kind}): it is not an object`);
  }
  checkKind(served, body, isPatched ? refuse : undefined);
  body.apiVersion = served.apiVersion;
  body.kind = served.kind;
  body.metadata ??= {};
  const problem = metadataProblem(served, { metadata: body.metadata });
  if (problem !== undefined) throw refuse(problem);
  dropNulls(body.metadata as Record<string, unknown>);
  return body as unknown as KubeObject;
}

/** A `null` in metadata is an absent field. */
function dropNulls(metadata: Record<string, unknown>): void {
  for (const [field, value] of Object.entries(metadata)) if (value === null) delete metadata[field];
  delete metadata.selfLink;
}

/** What is empty here is absent in Kubernetes: taking the last label away leaves no trace. */
function dropEmpty(object: Record<string, unknown>, fields: readonly string[]): void {
  for (const field of fields) {
    const value = object[field];
    if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) delete object[field];
  }
}

function cannotBeHandled(served: Served, why: string): StatusError {
  const { kind, definition } = served;
  return badRequest(`${kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${kind}: ${why}`);
}
