/** Fills in a schema's defaults, as Kubernetes does on every read and write. */
import { cloneJson, getField, isJsonObject, setField, type JsonObject } from '../json.ts';
import { fieldNode, type SchemaNode } from './node.ts';

/** Changes `value`. A null where none is allowed becomes the default, or goes when there is none. */
export function applyDefaults(node: SchemaNode, value: unknown): void {
  if (Array.isArray(value)) return defaultItems(node, value);
  if (isJsonObject(value)) defaultFields(node, value);
}

function defaultFields(node: SchemaNode, object: JsonObject): void {
  for (const [name, child] of node.properties) {
    if (child.schema.default === undefined || child.schema.default === null) continue;
    const value = getField(object, name);
    if (value === undefined || isForbiddenNull(child, value)) setField(object, name, cloneJson(child.schema.default));
  }
  for (const key of Object.keys(object)) {
    const child = fieldNode(node, key);
    if (!child) continue;
    if (isForbiddenNull(child, object[key])) {
      if (child.schema.default === undefined) delete object[key];
      else setField(object, key, cloneJson(child.schema.default));
    }
    applyDefaults(child, getField(object, key));
  }
}

function defaultItems({ items }: SchemaNode, list: unknown[]): void {
  if (!items) return;
  list.forEach((item, index) => {
    if (isForbiddenNull(items, item) && items.schema.default !== undefined)
      list[index] = cloneJson(items.schema.default);
    applyDefaults(items, list[index]);
  });
}

function isForbiddenNull(node: SchemaNode, value: unknown): boolean {
  return value === null && !node.nullable;
}
