/** Request bodies: read up to a limit, decoded from JSON or YAML, bounded in depth. Untrusted input. */
import { badRequest, isDeeperThan, requestEntityTooLarge, StatusError, unsupportedMediaType } from '@larder/kube';
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
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function tooLarge(): StatusError {
  return requestEntityTooLarge(`limit is ${maxBodyBytes}`);
}

export const consumedTypes = ['application/json', 'application/yaml'];

/** An object as JSON or YAML. @throws StatusError `UnsupportedMediaType`, `BadRequest` */
export function decodeBody(bytes: Buffer, contentType: string | undefined): Body {
  switch (parseMediaType(contentType ?? '').type) {
    case '':
    case 'application/json':
      return decodeJson(bytes);
    case 'application/yaml':
      return decodeYaml(bytes);
    default:
      throw unsupportedMediaType(consumedTypes);
  }
}

/** @throws StatusError `BadRequest` */
export function decodeJson(bytes: Buffer): Body {
  const text = decodeText(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`the object provided is not valid JSON: ${(error as Error).message}`);
  }
  checkDepth(value);
  return { value, problems: findDuplicateFields(text).map(field => `duplicate field ${JSON.stringify(field)}`) };
}

/** @throws StatusError `BadRequest` */
export function decodeYaml(bytes: Buffer): Body {
  const text = decodeText(bytes);
  // JSON is YAML, and so much faster to read.
  if (text.trimStart().startsWith('{')) return decodeJson(bytes);
  try {
    const document = parseDocument(text, { schema: 'core', merge: true });
    const [error] = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
    if (error) throw error;
    const value: unknown = document.toJS({ maxAliasCount: maxYamlAliases });
    checkDepth(value);
    return {
      value,
      problems: document.errors.map(({ linePos }) => `duplicate field at line ${linePos?.[0].line ?? 0}`),
    };
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(`error converting YAML to JSON: yaml: ${firstLine(error)}`);
  }
}

function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('the body of the request is not valid UTF-8');
  }
}

function checkDepth(value: unknown): void {
  if (isDeeperThan(value)) throw badRequest('the object provided is nested too deep');
}

function firstLine(error: unknown): string {
  if (error instanceof RangeError) return 'nested too deep';
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}
