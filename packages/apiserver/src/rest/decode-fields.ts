/**
 * Reads the fields of a built-in kind as Go's decoder does: a null is nothing, and the first value that its field can't hold is named in
 * that decoder's words. Whatever comes behind may trust the types.
 */
import { isJsonObject, microTime, parseQuantity, quantity, setField, type JsonObject, type Schema } from '@larder/kube';
import { goStructOf, goTypeOf } from './go-types.ts';
import { timeProblem } from './go-times.ts';

/** Where a value is: the struct that has the field, and the names of the fields down to it, as Go counts them. */
interface Place {
  struct: string;
  path: string;
}

/** The first problem, if any. Changes `object`: nulls are dropped, or become what Go makes of them in maps and lists. */
export function decodeFields(kind: string, schema: Schema, object: JsonObject): string | undefined {
  return decodeObject(schema, object, { struct: kind, path: '' });
}

function decodeObject(schema: Schema, object: JsonObject, at: Place): string | undefined {
  const { properties = {}, additionalProperties: others } = schema;
  for (const key of Object.keys(object)) {
    if (Object.hasOwn(properties, key)) {
      const problem = decodeField(schema, object, { key, at });
      if (problem !== undefined) return problem;
    } else if (typeof others === 'object') {
      const problem = object[key] === null ? undefined : decodeValue(others, object[key], at);
      if (problem !== undefined) return problem;
      if (object[key] === null) setField(object, key, zeroOf(others));
    }
  }
  return undefined;
}

function decodeField(
  { properties = {}, required = [] }: Schema,
  object: JsonObject,
  { key, at }: { key: string; at: Place },
): string | undefined {
  const property = properties[key];
  if (property === undefined) return undefined;
  const path = at.path === '' ? key : `${at.path}.${key}`;
  const problem = object[key] === null ? undefined : decodeValue(property, object[key], { struct: at.struct, path });
  const isLeftOut = object[key] === null || (isNothing(property, object[key]) && !required.includes(key));
  if (problem === undefined && isLeftOut) delete object[key];
  return problem;
}

/** Go leaves out lists and maps that are empty. */
function isNothing({ additionalProperties: others }: Schema, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return others !== undefined && isJsonObject(value) && Object.keys(value).length === 0;
}

function decodeValue(schema: Schema, value: unknown, at: Place): string | undefined {
  if (schema === quantity) return quantityProblem(value);
  if (schema['x-kubernetes-int-or-string']) return intOrStringProblem(value);
  if (!fits(schema, value)) return mismatch(schema, value, at);
  if (Array.isArray(value)) return decodeItems(schema, value, at);
  if (isJsonObject(value)) {
    return decodeObject(schema, value, { struct: goStructOf(at.struct, at.path, schema), path: at.path });
  }
  return typeof value === 'string' ? textProblem(schema, value) : undefined;
}

function fits(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case 'object':
      return isJsonObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
    case 'number':
      return typeof value === 'number' && holds(schema, value);
    case 'string':
    case 'boolean':
      return typeof value === schema.type;
    case undefined:
      return true;
  }
}

function decodeItems({ items }: Schema, list: unknown[], at: Place): string | undefined {
  if (items === undefined) return undefined;
  for (const [index, item] of list.entries()) {
    if (item === null) list[index] = zeroOf(items);
    const problem = item === null ? undefined : decodeValue(items, item, at);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A number that its field can't hold must not become another one. */
function holds({ type, format }: Schema, value: number): boolean {
  if (type === 'number') return true;
  return Number.isSafeInteger(value) && (format !== 'int32' || Math.abs(value + 0.5) < 2 ** 31);
}

function mismatch(schema: Schema, value: unknown, { struct, path }: Place): string {
  const isNumeric = schema.type === 'integer' && typeof value === 'number';
  const found = isNumeric ? `number ${value}` : jsonTypeOf(value);
  return `json: cannot unmarshal ${found} into Go struct field ${struct}.${path} of type ${goTypeOf(schema, struct, path)}`;
}

/** As Go's decoder names what it found. */
export function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function quantityProblem(value: unknown): string | undefined {
  try {
    parseQuantity(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '');
    return undefined;
  } catch (error) {
    return (error as RangeError).message;
  }
}

function intOrStringProblem(value: unknown): string | undefined {
  if (typeof value === 'string' || (typeof value === 'number' && holds({ type: 'integer', format: 'int32' }, value))) {
    return undefined;
  }
  const found = typeof value === 'number' ? `number ${value}` : jsonTypeOf(value);
  return `json: cannot unmarshal ${found} into Go value of type int32`;
}

function textProblem(schema: Schema, value: string): string | undefined {
  if (schema.format === 'byte') return base64Problem(value);
  if (schema.format !== 'date-time') return undefined;
  return timeProblem(value, schema === microTime ? 'micro' : 'second');
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** As Go's decoder counts: the first byte that can't be there, or where the text ends too early. */
function base64Problem(value: string): string | undefined {
  const text = value.replace(/[\r\n]/g, '');
  if (base64.test(text)) return undefined;
  const bad = text.search(/[^A-Za-z0-9+/]/);
  return `illegal base64 data at input byte ${bad < 0 ? Math.floor(text.length / 4) * 4 : bad}`;
}

/** What a null becomes where something must be. */
function zeroOf(schema: Schema): unknown {
  switch (schema.type) {
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 0;
    case 'array':
      return [];
    case 'object':
      return {};
    case 'string':
      return '';
    case undefined:
      return '0';
  }
}
