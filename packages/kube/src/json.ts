/**
 * JSON values as plain data, read and written so that no key is special: `__proto__` and `constructor` are fields like any
 * other, and nothing inherited is ever taken for a field.
 */

export type JsonObject = Record<string, unknown>;

/** What a request may nest; far above any real object, far below what recursion survives. */
export const maxDepth = 500;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field's value, `undefined` when the object doesn't have it itself. */
export function getField(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets a field in place. */
export function setField(object: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** A copy that shares nothing with the original. */
export function cloneJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  if (!isJsonObject(value)) return value;
  // A spread keeps the shape of the object, and makes `__proto__` a field like any other; what is set then is there already.
  const copy: JsonObject = { ...value };
  for (const key in copy) {
    const field = copy[key];
    if (typeof field === 'object' && field !== null) copy[key] = cloneJson(field);
  }
  return copy as T;
}

/** Whether two values are the same JSON; the order of an object's fields doesn't matter. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
  }
  return !Array.isArray(b) && equalFields(a as JsonObject, b as JsonObject);
}

function equalFields(a: JsonObject, b: JsonObject): boolean {
  let fields = 0;
  for (const key in a) {
    if (!Object.hasOwn(b, key) || !equalJson(a[key], b[key])) return false;
    fields++;
  }
  for (const _key in b) fields--;
  return fields === 0;
}

/** Whether a value nests deeper than `limit` containers. Walks without recursion, so it may be asked of anything. */
export function isDeeperThan(value: unknown, limit: number = maxDepth): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      if (depth >= limit) return true;
      for (const child of Array.isArray(item) ? item : Object.values(item)) next.push(child);
    }
    level = next;
  }
  return false;
}
