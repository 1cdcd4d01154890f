/** Fields of objects whose types were checked, and that may be absent. Pure. */
import { isJsonObject, type JsonObject } from '@larder/kube';

/** Empty when the field is no object. */
export function objectIn(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

/** The field's items that are objects. */
export function objectsIn(object: JsonObject, field: string): JsonObject[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Empty when the field is no text. */
export function textIn(object: JsonObject, field: string): string {
  const value = object[field];
  return typeof value === 'string' ? value : '';
}
