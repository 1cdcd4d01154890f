/** The few shapes that built-in schemas are written with, so that a kind reads like a table of its fields. */
import type { Schema, ValidationRule } from '../schema.ts';

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
export const int32: Schema = { type: 'integer', format: 'int32' };
export const int64: Schema = { type: 'integer', format: 'int64' };
export const base64: Schema = { type: 'string', format: 'byte' };
export const time: Schema = { type: 'string', format: 'date-time', nullable: true };
/** As `time`, with exactly six digits of a second. */
export const microTime: Schema = { ...time };
export const intOrString: Schema = { 'x-kubernetes-int-or-string': true };
/** Told from any other number or text by being this very schema. */
export const quantity: Schema = { ...intOrString };
/** Kept as it is: nothing here reads it. */
export const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export function choice(...values: string[]): Schema {
  return { type: 'string', enum: values };
}

/** Fields with a `default` in their schema get it; `required` are those that Kubernetes doesn't let be absent. */
export function object(properties: Record<string, Schema>, required?: string[]): Schema {
  return { type: 'object', properties, ...(required && { required }) };
}

export function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

export function atomic(schema: Schema): Schema {
  return { ...schema, 'x-kubernetes-map-type': 'atomic' };
}

export interface ListOptions {
  /** Items are told apart by these fields, also by server-side apply. */
  keys?: string[];
  /** Items are told apart by their value. */
  set?: boolean;
  /** A strategic merge patch merges the list, by this field or by value (`true`). */
  merge?: string | true;
  /** A strategic merge patch drops the fields of an item that it doesn't name. */
  retainKeys?: boolean;
}

/** Atomic unless told otherwise. */
export function list(items: Schema, options: ListOptions = {}): Schema {
  const { keys, set, merge, retainKeys } = options;
  const type = keys ? 'map' : set ? 'set' : 'atomic';
  return {
    type: 'array',
    items,
    'x-kubernetes-list-type': type,
    ...(keys && { 'x-kubernetes-list-map-keys': keys }),
    ...(merge && { 'x-kubernetes-patch-strategy': retainKeys ? 'merge,retainKeys' : 'merge' }),
    ...(typeof merge === 'string' && { 'x-kubernetes-patch-merge-key': merge }),
  };
}

export function withDefault(schema: Schema, value: unknown): Schema {
  return { ...schema, default: value };
}

export function described(schema: Schema, description: string): Schema {
  return { ...schema, description };
}

/** The part of a schema that says its rules. */
export function ruled(...rules: ValidationRule[]): Partial<Schema> {
  return { 'x-kubernetes-validations': rules };
}
