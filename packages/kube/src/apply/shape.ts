/** What a schema says about a value's parts: which are owned one by one, and which only as a whole. */
import { objectMetaSchema } from '../builtin/meta.ts';
import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';

const anything: Schema = {};

/** The schema of a whole object: as given, with Kubernetes' own metadata. */
export function objectSchema(schema: Schema): Schema {
  return { ...schema, 'x-kubernetes-embedded-resource': true };
}

/** The schema of a field; fields that the schema doesn't know may be anything. */
export function childSchema(schema: Schema, field: string): Schema {
  if (field === 'metadata' && schema['x-kubernetes-embedded-resource'] === true) return objectMetaSchema;
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, field)) return properties[field] ?? anything;
  return typeof additionalProperties === 'object' ? additionalProperties : anything;
}

/** Whether the schema lists the field by name: a struct's field, not a map's key. */
export function isNamedField(schema: Schema, field: string): boolean {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, field)) return true;
  return schema['x-kubernetes-embedded-resource'] === true && ['apiVersion', 'kind', 'metadata'].includes(field);
}

/** An object whose fields are owned one by one. */
export function isGranularMap(schema: Schema, value: unknown): value is JsonObject {
  if (!isJsonObject(value) || schema['x-kubernetes-map-type'] === 'atomic') return false;
  return schema.type === undefined || schema.type === 'object';
}

/** A list whose items are owned one by one. */
export function isGranularList(schema: Schema, value: unknown): value is unknown[] {
  if (!Array.isArray(value) || (schema.type !== undefined && schema.type !== 'array')) return false;
  return isAssociative(schema);
}

/** Whether lists of this schema are sets, or maps by key. */
export function isAssociative(schema: Schema): boolean {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== undefined) return listType !== 'atomic';
  const strategy = schema['x-kubernetes-patch-strategy'] ?? '';
  return strategy.split(',').includes('merge');
}

/** The fields that tell an associative list's items apart; none for a set. */
export function listKeys(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-list-type'] === 'map') return schema['x-kubernetes-list-map-keys'] ?? [];
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  return schema['x-kubernetes-list-type'] !== undefined || mergeKey === undefined ? [] : [mergeKey];
}
