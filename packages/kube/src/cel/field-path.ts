/** The `fieldPath` of a rule: which field, below the rule's own, its error names. */
import type { SchemaNode } from '../schema/node.ts';

/**
 * The path as errors write it, without its leading dot.
 * @throws RangeError with Kubernetes' text when it names no field of the schema
 */
export function normalizeFieldPath(path: string, node: SchemaNode): string {
  let at: SchemaNode = node;
  let result = '';
  let rest = path;
  while (rest !== '') {
    const step = /^\.([^.[\]]+)|^\['((?:[^'\\]|\\.)*)'\]/.exec(rest);
    if (!step)
      throw new RangeError(rest.startsWith('[') ? 'expected single quoted string' : `expected [ or . but got: ${rest}`);
    const key = step[1] ?? (step[2] ?? '').replace(/\\(.)/g, '$1');
    const isField = at.properties.size > 0;
    const child = isField ? at.properties.get(key) : typeof at.additional === 'object' ? at.additional : undefined;
    if (!child) throw new RangeError('does not refer to a valid field');
    result += isField ? `${result === '' ? '' : '.'}${key}` : `[${key}]`;
    rest = rest.slice(step[0].length);
    at = child;
  }
  return result;
}
