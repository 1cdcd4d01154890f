/** Finds what a JSONPath selects, and prints it as kubectl does. */
import { goJson, goNumber } from '../go-text.ts';
import { getField, isJsonObject } from '../json.ts';
import { passes } from './compare.ts';
import { JsonPathError } from './syntax.ts';
import type { JsonPath, Step } from './syntax.ts';

export interface JsonPathOptions {
  /** A field that isn't there gives nothing instead of an error. @default false */
  allowMissing?: boolean;
}

/** Everything that the template's paths select, in order. @throws JsonPathError */
export function evaluateJsonPath(path: JsonPath, data: unknown, options: JsonPathOptions = {}): unknown[] {
  return groupsOf(path, data, options.allowMissing ?? false).flat();
}

/** The template filled in, as `kubectl -o jsonpath=` prints it. @throws JsonPathError */
export function formatJsonPath(path: JsonPath, data: unknown, options: JsonPathOptions = {}): string {
  return groupsOf(path, data, options.allowMissing ?? false)
    .map(group => group.map(formatJsonValue).join(' '))
    .join('');
}

/** One value as kubectl prints it: text as it is, objects and arrays as JSON with sorted fields. */
export function formatJsonValue(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? goNumber(value) : goJson(value);
}

/** One group of values for each text and path of the template. */
function groupsOf(path: JsonPath, data: unknown, allowMissing: boolean): unknown[][] {
  return path.flatMap(node => {
    if (node.is === 'text') return [[node.text]];
    const found = walk(node.steps, [data], allowMissing);
    if (node.is === 'path') return [found];
    return found.flatMap(item => groupsOf(node.body, item, allowMissing));
  });
}

function walk(steps: Step[], values: unknown[], allowMissing: boolean): unknown[] {
  let current = values;
  for (const step of steps) current = take(step, current, allowMissing);
  return current;
}

function take(step: Step, values: unknown[], allowMissing: boolean): unknown[] {
  switch (step.is) {
    case 'literal':
      return typeof step.value === 'string' ? [step.value] : values.map(() => step.value);
    case 'field':
      return fields(step.name, values, allowMissing);
    case 'wildcard':
      return values.flatMap(childrenOf);
    case 'recursive':
      return values.flatMap(descendants);
    case 'slice':
      return values.flatMap(value => slice(step, value));
    case 'union':
      return step.paths.flatMap(path => walk(path, values, allowMissing));
    case 'filter':
      return values.flatMap(value => filter(step, value, allowMissing));
  }
}

function fields(name: string, values: unknown[], allowMissing: boolean): unknown[] {
  const found = values.flatMap(value => {
    const field = isJsonObject(value) ? getField(value, name) : undefined;
    return field === undefined ? [] : [field];
  });
  if (found.length === 0 && values.length > 0 && !allowMissing) throw new JsonPathError(`${name} is not found`);
  return found;
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

/** The value and everything below it that isn't empty, parents before their children. */
function descendants(value: unknown): unknown[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  const children = childrenOf(value);
  return children.length === 0 ? [] : [value, ...children.flatMap(descendants)];
}

function slice(step: Extract<Step, { is: 'slice' }>, value: unknown): unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${goType(value)} is not array or slice`);
  const { length } = value;
  const start = fromEnd(step.start ?? 0, length);
  const end = step.single ? start + 1 : fromEnd(step.end ?? length, length);
  if (start === end) return [];
  if (start < 0 || start >= length) throw outOfBounds(start, length);
  if (end < 0 || end > length) throw outOfBounds(end - 1, length);
  if (start > end) throw new JsonPathError(`starting index ${start} is greater than ending index ${end}`);
  const every = step.step ?? 1;
  if (every <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(start, end).filter((_item, index) => index % every === 0);
}

const fromEnd = (index: number, length: number): number => (index < 0 ? index + length : index);
const outOfBounds = (index: number, length: number): JsonPathError =>
  new JsonPathError(`array index out of bounds: index ${index}, length ${length}`);

function filter(step: Extract<Step, { is: 'filter' }>, value: unknown, allowMissing: boolean): unknown[] {
  if (!Array.isArray(value)) {
    throw new JsonPathError(`${formatJsonValue(value)} is not array or slice and cannot be filtered`);
  }
  return value.filter(item => {
    if (step.operator === 'exists') return walk(step.left, [item], true).length > 0;
    const left = walk(step.left, [item], allowMissing);
    if (left.length === 0) return false;
    const right = walk(step.right, [item], allowMissing);
    if (right.length === 0) return false;
    if (left.length > 1 || right.length > 1) throw new JsonPathError('can only compare one element at a time');
    return passes(left[0], step.operator, right[0]);
  });
}

function goType(value: unknown): string {
  if (isJsonObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : 'string';
}
