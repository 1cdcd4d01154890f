/** Request bodies: read up to a limit, decoded from JSON or YAML, bounded in depth. Untrusted input. */
import {
  badRequest,
  decodeProtobuf,
  isDeeperThan,
  isJsonObject,
  ProtobufError,
  requestEntityTooLarge,
  unsupportedMediaType,
  type Schema,
  type StatusError,
} from '@larder/kube';
import type { IncomingMessage } from 'node:http';
import { decodeFields } from '../rest/decode-fields.ts';
import { unregistered } from '../rest/typed.ts';
import { findDuplicateFields } from './duplicate-fields.ts';
import { jsonSyntaxProblem } from './json-syntax.ts';
import { parseMediaType } from './media-type.ts';
import { readYaml, YamlProblem, type ReadYaml } from './yaml.ts';

export const maxBodyBytes = 3 * 1024 * 1024;

export interface Body {
  value: unknown;
  /** What strict decoding has against the text: `duplicate field "spec.a"`. */
  problems: string[];
}

/** @throws StatusError `RequestEntityTooLarge` */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBodyBytes) throw tooLarge();
  // By events: an iterator over the stream costs more than the rest of reading a small body.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
      else {
        request.removeAllListeners('data').pause();
        reject(tooLarge());
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks, bytes)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the connection ended before the body did')));
  });
}

function tooLarge(): StatusError {
  return requestEntityTooLarge(`limit is ${maxBodyBytes}`);
}

export const consumedTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** An object of `kind` as JSON or YAML. @throws StatusError `UnsupportedMediaType`, `BadRequest` */
export function decodeBody(bytes: Buffer, contentType: string | undefined, kind: string): Body {
  const unrecognized = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summarize(bytes)})`);
  switch (parseMediaType(contentType ?? '').type) {
    case '':
    case 'application/json':
      return decodeJsonObject(bytes, why => unrecognized(`couldn't get version/kind; json parse error: ${why}`));
    case 'application/yaml':
      return decodeYaml(bytes, unrecognized);
    case 'application/vnd.kubernetes.protobuf':
      return { value: readProtobuf(bytes, unrecognized), problems: [] };
    default:
      throw unsupportedMediaType(consumedTypes);
  }
}

/** What says of a body what it is. @throws StatusError when these can't be read */
function decodeJsonObject(bytes: Buffer, refuse: Refusal): Body {
  const body = decodeJson(bytes, refuse);
  if (body.value === null) return body;
  if (!isJsonObject(body.value)) throw refuse(cannotUnmarshal(body.value, `Go value of type ${typeMeta}`));
  for (const field of ['apiVersion', 'kind']) {
    const value = body.value[field] ?? '';
    if (typeof value !== 'string') throw refuse(cannotUnmarshal(value, `Go struct field .${field} of type string`));
  }
  return body;
}

/** How Go shows the type that it reads `apiVersion` and `kind` into. */
const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** What a delete may say. @throws StatusError `UnsupportedMediaType`, `BadRequest` */
export function decodeDeleteOptions(bytes: Buffer, contentType: string | undefined): unknown {
  const { type } = parseMediaType(contentType ?? '');
  const { value } =
    type === 'application/yaml' ? decodeYaml(bytes, badRequest) : decodeBody(bytes, contentType, 'DeleteOptions');
  if (!isJsonObject(value)) return value;
  const { kind = '', apiVersion = '' } = value as { kind?: string; apiVersion?: string };
  if (kind !== '' && kind !== 'DeleteOptions') throw badRequest(unregistered(apiVersion, kind));
  const problem = decodeFields('DeleteOptions', deleteOptions, value);
  if (problem !== undefined) throw badRequest(problem);
  return value;
}

const deleteOptions: Schema = {
  type: 'object',
  properties: {
    gracePeriodSeconds: { type: 'integer', format: 'int64' },
    preconditions: { type: 'object', properties: { uid: { type: 'string' }, resourceVersion: { type: 'string' } } },
    orphanDependents: { type: 'boolean' },
    propagationPolicy: { type: 'string' },
    dryRun: { type: 'array', items: { type: 'string' } },
  },
};

/** As Go's decoder says that a JSON value isn't of the type. */
export function cannotUnmarshal(value: unknown, into: string): string {
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${type} into ${into}`;
}

/** A strategic merge patch is JSON that is refused in other words. */
export type PatchEncoding = 'json' | 'strategic' | 'yaml';

/** @throws StatusError `BadRequest` */
export function decodePatch(bytes: Buffer, encoding: PatchEncoding): Body {
  if (encoding === 'json') return decodeJson(bytes, why => badRequest(`error decoding patch: ${why}`));
  if (encoding === 'strategic') return decodeJson(bytes, badRequest);
  const body = decodeYaml(bytes, why => badRequest(`error decoding YAML: error converting YAML to JSON: ${why}`));
  if (isJsonObject(body.value ?? {})) return { ...body, value: body.value ?? {} };
  const why = cannotUnmarshal(body.value, 'Go value of type map[string]interface {}');
  throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
}

type Refusal = (why: string) => StatusError;

function decodeJson(bytes: Buffer, refuse: Refusal): Body {
  const text = decodeText(bytes, refuse);
  if (text.trim() === '') throw refuse('unexpected end of JSON input');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(jsonSyntaxProblem(text));
  }
  checkDepth(value, refuse);
  checkNumbers(text, value, refuse);
  return { value, problems: findDuplicateFields(text).map(field => `duplicate field ${JSON.stringify(field)}`) };
}

function readProtobuf(bytes: Buffer, refuse: Refusal): unknown {
  try {
    const value = decodeProtobuf(bytes);
    checkDepth(value, refuse);
    return value;
  } catch (error) {
    throw error instanceof ProtobufError ? refuse(error.message) : error;
  }
}

function decodeYaml(bytes: Buffer, refuse: Refusal): Body {
  const text = decodeText(bytes, refuse);
  // JSON is YAML, and so much faster to read.
  if (text.trimStart().startsWith('{')) return decodeJson(bytes, refuse);
  const { value, duplicates } = parseYaml(text, refuse);
  checkDepth(value, refuse);
  checkNumbers(text, value, refuse);
  return { value, problems: duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n${duplicates.join('\n')}`] };
}

function parseYaml(text: string, refuse: Refusal): ReadYaml {
  try {
    return readYaml(text);
  } catch (error) {
    throw error instanceof YamlProblem ? refuse(error.message) : error;
  }
}

function decodeText(bytes: Buffer, refuse: Refusal): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse('the text is not valid UTF-8');
  }
}

function checkDepth(value: unknown, refuse: Refusal): void {
  if (isDeeperThan(value)) throw refuse('exceeded max depth');
}

/** Numbers that only seem to be read: they would be stored as null. */
function checkNumbers(text: string, value: unknown, refuse: Refusal): void {
  const [long] = /-?\d[\d.]*[eE]\+?\d{3,}|\d{309,}|\.(?:inf|nan)\b/i.exec(text) ?? [];
  if (long === undefined || areFinite(value)) return;
  throw refuse(`json: cannot unmarshal number ${long.slice(0, 40)} into Go value of type float64`);
}

function areFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(areFinite);
}

/** How Kubernetes shows what it couldn't read. */
function summarize(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const isText = bytes[0] === 0x7b;
  const head = isText ? bytes.subarray(0, 30).toString() : bytes.subarray(0, 30).toString('hex');
  return bytes.length > 30 ? `${head} ...` : head;
}
