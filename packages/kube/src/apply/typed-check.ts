/** Whether an applied configuration has the types of its schema, as far as field ownership needs it. Texts are Kubernetes'. */
import { goQuote, goNumber } from '../go-text.ts';
import { isJsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { ItemError, fieldElement, formatElement, itemElement } from './path-element.ts';
import { childSchema, isAssociative, isNamedField } from './shape.ts';

/** Where the check is; spelled out only when something is wrong there. */
interface Place {
  parent?: Place;
  element: string;
}

/** What is wrong, as `path: problem`; empty when nothing is. */
export function checkTypes(value: unknown, schema: Schema, place?: Place): string[] {
  if (value === null || value === undefined) return none;
  const { type } = schema;
  if (type === 'object' || (type === undefined && isJsonObject(value))) return checkMap(value, schema, place);
  if (type === 'array' || (type === undefined && Array.isArray(value))) return checkList(value, schema, place);
  const problem = type === undefined ? undefined : scalarProblem(value, type, schema.format);
  return problem === undefined ? none : [at(place, problem)];
}

const none: string[] = [];

/** All problems as one text. */
export function formatProblems(problems: string[]): string {
  return problems.length === 1 ? (problems[0] ?? '') : ['errors:', ...problems.map(line => `  ${line}`)].join('\n');
}

const at = (place: Place | undefined, problem: string): string =>
  place === undefined ? problem : `${pathTo(place)}: ${problem}`;

const pathTo = ({ parent, element }: Place): string =>
  (parent === undefined ? '' : pathTo(parent)) + formatElement(element);

function checkMap(value: unknown, schema: Schema, place?: Place): string[] {
  if (!isJsonObject(value)) return [at(place, `expected map, got &{${goValue(value)}}`)];
  let problems = none;
  for (const [key, field] of Object.entries(value)) {
    const below = { parent: place, element: fieldElement(key) };
    if (!isKnownField(schema, key)) return [...problems, at(below, 'field not declared in schema')];
    const found = checkTypes(field, childSchema(schema, key), below);
    if (found.length > 0) problems = [...problems, ...found];
  }
  return problems;
}

function isKnownField(schema: Schema, key: string): boolean {
  if (isNamedField(schema, key)) return true;
  const { properties, additionalProperties } = schema;
  if (additionalProperties !== undefined) return additionalProperties !== false;
  return properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true;
}

function checkList(value: unknown, schema: Schema, place?: Place): string[] {
  if (!Array.isArray(value)) return [at(place, `expected list, got &{${goValue(value)}}`)];
  let problems = none;
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const element = isAssociative(schema) ? nameItem(schema, item) : { name: `i:${index}` };
    if ('problem' in element) return [...problems, at(place, `element ${index}: ${element.problem}`)];
    const { name } = element;
    if (seen.has(name)) problems = [...problems, at(place, `duplicate entries for key ${formatElement(name)}`)];
    seen.add(name);
    const found = checkTypes(item, schema.items ?? {}, { parent: place, element: name });
    if (found.length > 0) problems = [...problems, ...found];
  }
  return problems;
}

function nameItem(schema: Schema, item: unknown): { name: string } | { problem: string } {
  try {
    return { name: itemElement(schema, item) };
  } catch (error) {
    if (error instanceof ItemError) return { problem: error.message };
    throw error;
  }
}

function scalarProblem(value: unknown, type: NonNullable<Schema['type']>, format?: string): string | undefined {
  const isScalar = typeof value !== 'object';
  if (type === 'integer' || type === 'number') {
    return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goTypeOf(value)}`;
  }
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goValue(value)}}`;
  if (typeof value === 'string') return undefined;
  // A string with a format may be written otherwise, e.g. as a number.
  if (format !== undefined && format !== '' && format !== 'byte') {
    return isScalar ? undefined : `expected any scalar, got &{${goValue(value)}}`;
  }
  return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** As Go's `%v`. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (isJsonObject(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map(key => `${key}:${goValue(value[key])}`).join(' ')}]`;
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? goNumber(value) : value === null ? '<nil>' : JSON.stringify(value);
}

/** As Go's `%#v`. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isJsonObject(value)) {
    const keys = Object.keys(value).sort();
    return `map[string]interface {}{${keys.map(key => `${goQuote(key)}:${goSyntax(value[key])}`).join(', ')}}`;
  }
  if (value === null) return 'interface {}(nil)';
  return typeof value === 'string' ? goQuote(value) : goValue(value);
}
