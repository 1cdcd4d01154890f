/** JSON as CEL values: integers are integers, times are times, and objects know their type. */
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { parseDuration } from '../duration.ts';
import { equalJson, isJsonObject, type JsonObject } from '../json.ts';
import { fieldNode, type SchemaNode } from '../schema/node.ts';
import { checkedFormat } from '../schema/formats.ts';
import type { Types } from './types.ts';

/** An object of a schema. Two are equal when their JSON is, also in fields that no rule can name. */
export class ObjectValue extends Map<string, unknown> {
  readonly json: JsonObject;

  constructor(json: JsonObject) {
    super();
    this.json = json;
  }

  equals(other: ObjectValue): boolean {
    return equalJson(this.json, other.json);
  }
}

/** Whether two CEL values are the same, whatever they are. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof ObjectValue && b instanceof ObjectValue) return a.equals(b);
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => equalValues(item, b[at]));
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  return [...a].every(([key, item]) => b.has(key) && equalValues(item, b.get(key)));
}

/** Converts the values of one validation, each once: rules at several levels see the same objects. */
export class Converter {
  readonly #types: Types;
  readonly #known = new WeakMap<object, unknown>();

  constructor(types: Types) {
    this.#types = types;
  }

  /** Expects a value that fits its schema. */
  convert(node: SchemaNode, value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return convertScalar(node, value);
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const converted = Array.isArray(value) ? this.#list(node, value) : this.#object(node, value as JsonObject);
    this.#known.set(value, converted);
    return converted;
  }

  #list({ items }: SchemaNode, list: unknown[]): unknown[] {
    return items ? list.map(item => this.convert(items, item)) : [];
  }

  #object(node: SchemaNode, object: JsonObject): Map<string, unknown> {
    const type = this.#types.objectType(node);
    const result = type ? new type.Value(object) : new Map<string, unknown>();
    for (const [key, value] of Object.entries(object)) {
      const child = fieldNode(node, key);
      const name = type ? type.fields.get(key) : key;
      if (child && name !== undefined && this.#types.nameOf(child) !== undefined)
        result.set(name, this.convert(child, value));
    }
    return result;
  }
}

function convertScalar({ schema }: SchemaNode, value: unknown): unknown {
  if (typeof value === 'number') return schema.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'string') return value;
  switch (checkedFormat(schema)) {
    case 'byte':
      return Buffer.from(value, 'base64');
    case 'date':
    case 'datetime':
      return new Date(value);
    case 'duration':
      return durationOf(value);
    case undefined:
    default:
      return value;
  }
}

function durationOf(text: string): Duration {
  const ms = parseDuration(text);
  const seconds = Math.trunc(ms / 1000);
  return new Duration(BigInt(seconds), Math.round((ms - seconds * 1000) * 1e6));
}

/** How much there is to look at: what comparing or searching the value costs. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / 10;
  if (value instanceof ObjectValue) return 1 + jsonSize(value.json);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 1);
  if (value instanceof Map) return [...value.values()].reduce<number>((sum, item) => sum + sizeOf(item), 1);
  return 1;
}

function jsonSize(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / 10;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + jsonSize(item), 1);
  if (!isJsonObject(value)) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + jsonSize(item), 1);
}
