/** Reads fields of objects that nobody has typed yet. */

/** The value at a dotted path; `undefined` where any step lacks. */
export function fieldAt(object: unknown, path: string): unknown {
  let value = object;
  // Asked a hundred times in a call, so it makes no list of the steps.
  for (let start = 0, end; isRecord(value); start = end + 1) {
    end = path.indexOf('.', start);
    if (end < 0) return value[path.slice(start)];
    value = value[path.slice(start, end)];
  }
  return undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text or number as text; the fallback for anything else. */
export function textOf(value: unknown, fallback = ''): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : fallback;
}
