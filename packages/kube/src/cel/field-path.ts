/** The `fieldPath` of a rule: which field, below the rule's own, its error names. */
import { getField } from '../json.ts';
import type { Schema } from '../schema.ts';

/**
 * The path as errors write it, without its leading dot.
 * @throws RangeError with Kubernetes' text when it names no field of the schema
 */
export function normalizeFieldPath(path: string, schema: Schema): string {
  let at = schema;
  let result = '';
  let rest = path;
  while (rest !== '') {
    const step = /^\.([^.[\]]+)|^\['((?:[^'\\]|\\.)*)'\]/.exec(rest);
    if (!step)
      throw new RangeError(rest.startsWith('[') ? 'expected single quoted string' : `expected [ or . but got: ${rest}`);
    const key = step[1] ?? (step[2] ?? '').replace(/\\(.)/g, '$1');
    const isField = at.properties !== undefined;
    const child = isField ? getField(at.properties ?? {}, key) : at.additionalProperties;
    if (typeof child !== 'object' || child === null) throw new RangeError('does not refer to a valid field');
    result += isField ? `${result === '' ? '' : '.'}${key}` : `[${key}]`;
    rest = rest.slice(step[0].length);
    at = child;
  }
  return result;
}
