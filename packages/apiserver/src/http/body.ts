/** Request bodies: read up to a limit, decoded from JSON or YAML, bounded in depth. Untrusted input. */
import {
  badRequest,
  decodeProtobuf,
  isDeeperThan,
  ProtobufError,
  requestEntityTooLarge,
  unsupportedMediaType,
  type StatusError,
} from '@larder/kube';
import type { IncomingMessage } from 'node:http';
import { parseDocument } from 'yaml';
import { findDuplicateFields } from './duplicate-fields.ts';
import { parseMediaType } from './media-type.ts';

export const maxBodyBytes = 3 * 1024 * 1024;

/** Aliases may multiply a small text into a large object. */
const maxYamlAliases = 100;

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
      return decodeJson(bytes, why => unrecognized(`couldn't get version/kind; json parse error: ${why}`));
    case 'application/yaml':
      return decodeYaml(bytes, unrecognized);
    case 'application/vnd.kubernetes.protobuf':
      return { value: readProtobuf(bytes, unrecognized), problems: [] };
    default:
      throw unsupportedMediaType(consumedTypes);
  }
}

/** A patch. @throws StatusError `BadRequest` */
export function decodePatch(bytes: Buffer, encoding: 'json' | 'yaml'): Body {
  if (encoding === 'json') return decodeJson(bytes, why => badRequest(`error decoding patch: ${why}`));
  return decodeYaml(bytes, why => badRequest(`error decoding YAML: error converting YAML to JSON: ${why}`));
}

type Refusal = (why: string) => StatusError;

function decodeJson(bytes: Buffer, refuse: Refusal): Body {
  const text = decodeText(bytes, refuse);
  if (text.trim() === '') throw refuse('unexpected end of JSON input');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (value !== null && !Array.isArray(value) && typeof value !== 'object') {
    throw refuse(`json: cannot unmarshal ${typeof value} into an object`);
  }
  checkDepth(value, refuse);
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
  return { value, problems: duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n${duplicates.join('\n')}`] };
}

function parseYaml(text: string, refuse: Refusal): { value: unknown; duplicates: string[] } {
  let document: ReturnType<typeof parseDocument>;
  let value: unknown;
  try {
    document = parseDocument(text, { schema: 'core', merge: true });
    value = document.toJS({ maxAliasCount: maxYamlAliases });
  } catch (error) {
    throw refuse(`yaml: ${error instanceof RangeError ? 'nested too deep' : firstLine((error as Error).message)}`);
  }
  const [broken] = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  if (broken) throw refuse(`yaml: ${firstLine(broken.message)}`);
  const duplicates = document.errors.map(({ linePos, pos }) => {
    const key = /^[^:\s]+/.exec(text.slice(pos[0]))?.[0] ?? '';
    return `  line ${linePos?.[0].line ?? 0}: key ${JSON.stringify(key)} already set in map`;
  });
  return { value, duplicates };
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

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** How Kubernetes shows what it couldn't read. */
function summarize(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const isText = bytes[0] === 0x7b;
  const head = isText ? bytes.subarray(0, 30).toString() : bytes.subarray(0, 30).toString('hex');
  return bytes.length > 30 ? `${head} ...` : head;
}
