/** The comparisons of JSONPath filters: only values of one type compare. */
import { JsonPathError } from './syntax.ts';

/** @throws JsonPathError for an unknown operator, and values that don't compare */
export function passes(left: unknown, operator: string, right: unknown): boolean {
  if (!isComparable(left) || !isComparable(right)) throw new JsonPathError('invalid type for comparison');
  if (typeof left !== typeof right) throw new JsonPathError('incompatible types for comparison');
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`);
  }
}

type Comparable = string | number | boolean;

const isComparable = (value: unknown): value is Comparable =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
