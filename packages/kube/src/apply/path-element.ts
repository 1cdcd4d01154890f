/** One step of a field's path: as the wire spells it, and as messages do. */
import { goJson, goNumber, goQuote } from '../go-text.ts';
import { getField, isJsonObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { childSchema, listKeys } from './shape.ts';

export const fieldElement = (name: string): string => `f:${name}`;

/** Why a list's item can't be told apart from the others; the text is Kubernetes'. */
export class ItemError extends Error {
  override name = 'ItemError';
}

/**
 * The element that names an item of an associative list: by its keys (their defaults count), or by its value in a set.
 * @throws ItemError
 */
export function itemElement(list: Schema, item: unknown): string {
  const keys = listKeys(list);
  if (keys.length === 0) return `v:${jsonOf(scalarOf(item))}`;
  if (item === null) throw new ItemError('associative list with keys may not have a null element');
  if (!isJsonObject(item)) throw new ItemError('associative list with keys may not have non-map elements');
  const [first = ''] = keys;
  const only = keys.length === 1 ? getField(item, first) : undefined;
  if (only !== undefined) return `k:{"${first}":${jsonOf(only)}}`;
  const found: string[] = [];
  for (const key of [...keys].sort()) {
    const value = getField(item, key) ?? childSchema(list.items ?? {}, key).default;
    if (value !== undefined) found.push(`"${key}":${jsonOf(value)}`);
  }
  if (found.length > 0) return `k:{${found.join(',')}}`;
  throw new ItemError(
    `associative list with keys has an element that omits all key fields [${keys.map(goQuote).join(' ')}] (and doesn't have default values for any key fields)`,
  );
}

/** Whether two items surely have the same name: quicker than naming them. */
export function haveSameName(list: Schema, a: unknown, b: unknown): boolean {
  const keys = listKeys(list);
  if (keys.length === 0) return a === b && typeof a !== 'object';
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  return keys.some(key => a[key] !== undefined) && keys.every(key => a[key] === b[key] && typeof a[key] !== 'object');
}

function scalarOf(item: unknown): unknown {
  if (isJsonObject(item)) throw new ItemError("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new ItemError('not supported: associative list with lists as elements');
  if (item === null) throw new ItemError("associative list without keys has an element that's an explicit null");
  return item;
}

/** JSON as Go writes it, the common case first. */
function jsonOf(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@ -]*$/.test(value) ? `"${value}"` : goJson(value);
}

/** The element as we write it, whoever wrote it; `undefined` for a kind of element that isn't known. */
export function canonicalElement(element: string): string | undefined {
  const [kind, content] = [element.slice(0, 2), element.slice(2)];
  if (kind === 'f:') return element;
  if (kind === 'i:') return /^\d+$/.test(content) ? element : undefined;
  if (kind !== 'k:' && kind !== 'v:') return undefined;
  try {
    const value: unknown = JSON.parse(content);
    return kind === 'v:' || isJsonObject(value) ? `${kind}${goJson(value)}` : undefined;
  } catch {
    return undefined;
  }
}

/** The path as messages print it: `.spec.containers[name="app"].image`. */
export function formatPath(path: readonly string[]): string {
  return path.map(formatElement).join('');
}

export function formatElement(element: string): string {
  const content = element.slice(2);
  switch (element.charAt(0)) {
    case 'f':
      return `.${content}`;
    case 'k':
      return `[${Object.entries(JSON.parse(content) as JsonObject)
        .map(([key, value]) => `${key}=${formatValue(value)}`)
        .join(',')}]`;
    case 'v':
      return `[=${formatValue(JSON.parse(content))}]`;
    default:
      return `[${content}]`;
  }
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  return typeof value === 'number' ? goNumber(value) : JSON.stringify(value);
}
