/** Drops what a schema doesn't know, as Kubernetes does before it stores anything, and tells where it was. */
import { isJsonObject, type JsonObject } from '../json.ts';
import { fieldNode, type SchemaNode } from './node.ts';

/** Changes `object`; returns the dropped fields' paths in order: `spec.users[0].nam`. */
export function prune(node: SchemaNode, object: JsonObject): string[] {
  const dropped: string[] = [];
  pruneObject(node, object, '', dropped);
  return dropped.sort();
}

/** For any value of a schema. Changes `value`. */
export function pruneValue(node: SchemaNode, value: unknown, path = '', dropped: string[] = []): void {
  if (isJsonObject(value)) return pruneObject(node, value, path, dropped);
  if (!Array.isArray(value)) return;
  value.forEach((item, index) => {
    if (node.items) pruneValue(node.items, item, `${path}[${index}]`, dropped);
    else if (!node.preserve) pruneUnknown(item, `${path}[${index}]`, dropped);
  });
}

function pruneObject(node: SchemaNode, object: JsonObject, path: string, dropped: string[]): void {
  for (const key of Object.keys(object)) {
    const at = path === '' ? key : `${path}.${key}`;
    const child = fieldNode(node, key);
    if (child) pruneValue(child, object[key], at, dropped);
    else if (node.preserve || node.additional === true) continue;
    else drop(object, key, at, dropped);
  }
}

/** Items of a list that shouldn't be one: scalars stay for validation to refuse, fields go. */
function pruneUnknown(value: unknown, path: string, dropped: string[]): void {
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) drop(value, key, `${path}.${key}`, dropped);
}

function drop(object: JsonObject, key: string, path: string, dropped: string[]): void {
  delete object[key];
  dropped.push(path);
}
