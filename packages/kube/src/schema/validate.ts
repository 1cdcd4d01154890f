/** Validates a value against its schema: types, bounds, combinations, required fields, and the keys of lists. */
import { duplicate, invalidValue, required, type FieldError } from '../field-error.ts';
import { goJson, goQuote } from '../go-text.ts';
import { equalJson, getField, isJsonObject, type JsonObject } from '../json.ts';
import { fieldOf } from './checks.ts';
import { correlateItems } from './correlate.ts';
import { fieldNode, type Combinations, type SchemaNode } from './node.ts';

/** A value at its place, and what stood there before the update; no `old` on create. */
export interface Place {
  value: unknown;
  old?: unknown;
  path: string;
}

/** What is wrong below and at the place. What was wrong before and hasn't changed is let pass, as Kubernetes does. */
export function validateValue(node: SchemaNode, place: Place, errors: FieldError[]): void {
  const { value, path } = place;
  if (place.old !== undefined && equalJson(value, place.old)) return;
  for (const check of node.checks) check(value, path, errors);
  if (value !== null && node.combinations) validateCombinations(node.combinations, value, path, errors);
  if (Array.isArray(value)) validateItems(node, value, place, errors);
  else if (isJsonObject(value)) validateFields(node, value, place, errors);
}

function validateItems(node: SchemaNode, list: unknown[], { old, path }: Place, errors: FieldError[]): void {
  if (!node.items) return;
  const olds = correlateItems(node, old);
  for (const [index, value] of list.entries()) {
    validateValue(node.items, { value, old: olds(value), path: `${path}[${index}]` }, errors);
  }
}

function validateFields(node: SchemaNode, object: JsonObject, { old, path }: Place, errors: FieldError[]): void {
  const olds = isJsonObject(old) ? old : {};
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const key of Object.keys(object)) {
    const child = fieldNode(node, key);
    if (child) validateValue(child, { value: object[key], old: getField(olds, key), path: at(key) }, errors);
    else if (node.additional === false) {
      errors.push(invalidValue(fieldOf(path), key, `${path}.${key} in body is a forbidden property`));
    }
  }
  for (const key of node.required) {
    if (!Object.hasOwn(object, key)) errors.push(required(at(key)));
  }
}

function validateCombinations(parts: Combinations, value: unknown, path: string, errors: FieldError[]): void {
  const attempt = (node: SchemaNode) => {
    const found: FieldError[] = [];
    validateValue(node, { value, path }, found);
    return found;
  };
  const refuse = (what: string) => errors.push(invalidValue('<nil>', '', `${goQuote(path)} ${what}`));
  const fewest = (results: FieldError[][]) => results.reduce((best, next) => (next.length < best.length ? next : best));
  if (parts.anyOf.length > 0) {
    const results = parts.anyOf.map(attempt);
    if (!results.some(isEmpty)) {
      refuse('must validate at least one schema (anyOf)');
      errors.push(...fewest(results));
    }
  }
  if (parts.oneOf.length > 0) {
    const results = parts.oneOf.map(attempt);
    const valid = results.filter(isEmpty).length;
    if (valid !== 1) {
      const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      refuse(`must validate one and only one schema (oneOf). ${found}`);
      if (valid === 0) errors.push(...fewest(results));
    }
  }
  const failed = parts.allOf.map(attempt).filter(result => !isEmpty(result));
  if (failed.length > 0) {
    errors.push(...failed.flat());
    refuse(`must validate all the schemas (allOf)${failed.length === parts.allOf.length ? '. None validated' : ''}`);
  }
  if (parts.not && isEmpty(attempt(parts.not))) refuse('must not validate the schema (not)');
}

function isEmpty(errors: readonly FieldError[]): boolean {
  return errors.length === 0;
}

/** Doubles in lists that are sets or maps, and what embedded resources must have. */
export function validateKeys(node: SchemaNode, value: unknown, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    if (node.listType === 'set') validateSet(value, path, errors);
    if (node.listType === 'map') validateMap(node, value, path, errors);
    const { items } = node;
    if (items?.below.lists) value.forEach((item, index) => validateKeys(items, item, `${path}[${index}]`, errors));
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const child = fieldNode(node, key);
    if (child?.below.lists) validateKeys(child, value[key], childPath(node, path, key), errors);
  }
}

/** Fields have dots, keys of a map have brackets. */
export function childPath(node: SchemaNode, path: string, key: string): string {
  if (!node.properties.has(key)) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

function validateSet(list: unknown[], path: string, errors: FieldError[]): void {
  for (const index of repeated(list.map(goJson))) errors.push(duplicate(`${path}[${index}]`, list[index]));
}

function validateMap(node: SchemaNode, list: unknown[], path: string, errors: FieldError[]): void {
  const wrong = list.findIndex(item => item !== null && !isJsonObject(item));
  if (wrong >= 0) {
    const detail = 'must be an object for an array of list-type map';
    errors.push(invalidValue(`${path}[${wrong}]`, list[wrong], detail));
    return;
  }
  const keys = list.map(item => pick(isJsonObject(item) ? item : {}, node.listKeys));
  for (const index of repeated(keys.map(goJson))) errors.push(duplicate(`${path}[${index}]`, keys[index]));
}

function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter(key => Object.hasOwn(object, key)).map(key => [key, object[key]]));
}

/** The indices at which a text stands the second time; a third time isn't told. */
function repeated(texts: readonly string[]): number[] {
  const seen = new Map<string, number>();
  return texts.flatMap((text, index) => {
    const times = seen.get(text) ?? 0;
    seen.set(text, times + 1);
    return times === 1 ? [index] : [];
  });
}
