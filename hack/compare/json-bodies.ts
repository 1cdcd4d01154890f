/** For known differences: takes something out of the JSON of an answer and leaves the rest as it is. Pure. */

type Json = Record<string, unknown>;

/**
 * Applies `change` to every object within the bodies of an answer, the innermost first; it may change the object. What isn't JSON stays.
 */
export function eachObject(change: (object: Json) => void): (text: string) => string {
  return text => {
    const start = text.search(/^[[{]$/m);
    if (start < 0) return text;
    const bodies = text.slice(start).split(/^(?=[[{]$)/m);
    const changed = bodies.map(body => changeBody(body, change));
    return `${text.slice(0, start)}${changed.join('\n')}`;
  };
}

function changeBody(body: string, change: (object: Json) => void): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  visit(value, change);
  return JSON.stringify(value, sorted, 1);
}

/** The order of fields says nothing. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function visit(value: unknown, change: (object: Json) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const child of Object.values(value)) visit(child, change);
  if (!Array.isArray(value)) change(value as Json);
}

/** For `eachObject`: takes the named fields out of objects that have them with this value. */
export const dropping =
  (value: unknown, ...fields: string[]) =>
  (object: Json): void => {
    const wanted = JSON.stringify(value);
    for (const field of fields) if (field in object && JSON.stringify(object[field]) === wanted) delete object[field];
  };
