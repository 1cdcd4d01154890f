/** `compileSchema`: everything that the API server asks of a schema. */
import { invalidValue, required, type FieldError } from '../field-error.ts';
import { isDeeperThan, isJsonObject, maxDepth, type JsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { Rules } from '../cel/rules.ts';
import { applyDefaults } from './defaults.ts';
import { fieldNode, readSchema, type SchemaNode } from './node.ts';
import { prune } from './prune.ts';
import { childPath, validateKeys, validateValue } from './validate.ts';

export interface CompiledSchema {
  /** Drops the fields that the schema doesn't know; returns their paths in order. Changes `object`. May be repeated. */
  prune: (object: JsonObject) => string[];
  /** Fills in the defaults. Changes `object`. May be repeated. */
  applyDefaults: (object: JsonObject) => void;
  /** What is wrong with `object`; with `old`, as an update of it. Never throws, whatever the object. */
  validate: (object: unknown, old?: unknown) => FieldError[];
}

/**
 * The schema of a whole resource, ready to use.
 * @throws RE2JSException when it has a pattern that is none: `validateCustomResourceDefinition` tells before
 */
export function compileSchema(schema: Schema): CompiledSchema {
  const node = readSchema(schema, true);
  let rules: Rules | undefined;
  const validateRules = (object: unknown, old: unknown) => (rules ??= new Rules(node)).validate(node, object, old);
  return {
    prune: object => prune(node, object),
    applyDefaults: object => applyDefaults(node, object),
    validate(object, old) {
      if (isDeeperThan(object)) return [invalidValue('<nil>', undefined, `nested deeper than ${maxDepth} levels`)];
      const errors = validateResource(node, object, old);
      if (!node.below.rules) return errors;
      if (errors.some(error => blocking.has(error.type))) return [...errors, invalidValue('<nil>', null, unchecked)];
      return [...errors, ...validateRules(object, old)];
    },
  };
}

const unchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** Rules see only values whose shape they can rely on. */
const blocking = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

function validateResource(node: SchemaNode, value: unknown, old: unknown): FieldError[] {
  const errors: FieldError[] = [];
  validateValue(node, { value, old, path: '' }, errors);
  validateEmbedded(node, value, '', errors);
  if (node.below.lists) validateKeys(node, value, '', errors);
  return errors;
}

/** A resource within a resource needs to say what it is. */
function validateEmbedded(node: SchemaNode, value: unknown, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items?.below.embedded)
      value.forEach((item, index) => validateEmbedded(items, item, `${path}[${index}]`, errors));
    return;
  }
  if (!isJsonObject(value)) return;
  if (node.embedded && path !== '') {
    for (const field of ['apiVersion', 'kind']) {
      if (!value[field]) errors.push(required(`${path}.${field}`, 'must not be empty'));
    }
  }
  for (const key of Object.keys(value)) {
    const child = fieldNode(node, key);
    if (child?.below.embedded) validateEmbedded(child, value[key], childPath(node, path, key), errors);
  }
}
