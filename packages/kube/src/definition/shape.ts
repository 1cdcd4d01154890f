/** The fields that a schema in a definition may have, and of which type: what Kubernetes' decoder checks before it looks further. */
import { typeInvalid, type FieldError } from '../field-error.ts';
import { isJsonObject, maxDepth, type JsonObject } from '../json.ts';
import { typeOf } from '../schema/checks.ts';

type Scalar = 'string' | 'boolean' | 'integer' | 'number' | 'array';
type Shape = Scalar | 'strings' | 'any' | 'rules' | Nested;
/** One schema, a list of them, a map of them, or a schema where a boolean may stand too. */
type Nested = 'schema' | 'schemas' | 'schemaMap' | 'schemaOrBoolean';

const shapes: Record<string, Shape> = {
  ...all(
    'string',
    'id $schema $ref description type format title pattern x-kubernetes-list-type x-kubernetes-map-type',
  ),
  ...all('boolean', 'nullable exclusiveMaximum exclusiveMinimum uniqueItems x-kubernetes-preserve-unknown-fields'),
  ...all('boolean', 'x-kubernetes-embedded-resource x-kubernetes-int-or-string'),
  ...all('integer', 'maxLength minLength maxItems minItems maxProperties minProperties'),
  ...all('number', 'maximum minimum multipleOf'),
  ...all('strings', 'required x-kubernetes-list-map-keys'),
  ...all('any', 'default example externalDocs dependencies'),
  ...all('schemas', 'allOf anyOf oneOf'),
  ...all('schemaMap', 'properties patternProperties definitions'),
  ...all('schemaOrBoolean', 'additionalProperties additionalItems'),
  enum: 'array',
  items: 'schema',
  not: 'schema',
  'x-kubernetes-validations': 'rules',
};

const ruleFields = new Set(['rule', 'message', 'messageExpression', 'reason', 'fieldPath', 'optionalOldSelf']);

function all(shape: Shape, names: string): Record<string, Shape> {
  return Object.fromEntries(names.split(' ').map(name => [name, shape]));
}

export interface SchemaShape {
  errors: FieldError[];
  /** The paths of fields that no schema has; they were dropped. */
  dropped: string[];
}

/** Checks the types of `schema` and of the schemas in it, and drops unknown fields and nulls. Changes `schema`. */
export function readSchemaShape(schema: unknown, path: string): SchemaShape {
  const result: SchemaShape = { errors: [], dropped: [] };
  visitSchema(schema, path, result, 0);
  return result;
}

function visitSchema(schema: unknown, path: string, result: SchemaShape, depth: number): void {
  if (!isJsonObject(schema)) return refuse(path, 'object', schema, result);
  if (depth > maxDepth / 2) {
    result.errors.push(typeInvalid(path, 'object', `nested deeper than ${maxDepth / 2} schemas`));
    return;
  }
  for (const key of Object.keys(schema)) {
    const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined;
    const at = `${path}.${key}`;
    if (shape === undefined) result.dropped.push(at);
    if (shape === undefined || schema[key] === null) delete schema[key];
    else visitField(shape, schema[key], at, { result, depth: depth + 1 });
  }
}

interface Visit {
  result: SchemaShape;
  depth: number;
}

function visitField(shape: Shape, value: unknown, path: string, { result, depth }: Visit): void {
  if (isScalar(shape)) return visitScalar(shape, value, path, result);
  switch (shape) {
    case 'any':
      return;
    case 'schema':
      return visitSchema(value, path, result, depth);
    case 'schemaOrBoolean':
      return typeof value === 'boolean' ? undefined : visitSchema(value, path, result, depth);
    case 'schemas':
      return visitList(value, path, result, (item, at) => visitSchema(item, at, result, depth));
    case 'strings':
      return visitList(value, path, result, (item, at) => visitScalar('string', item, at, result));
    case 'rules':
      return visitList(value, path, result, (item, at) => visitRule(item, at, result));
    case 'schemaMap':
      if (!isJsonObject(value)) return refuse(path, 'object', value, result);
      return Object.keys(value).forEach(key => visitSchema(value[key], `${path}.${key}`, result, depth));
  }
}

function isScalar(shape: Shape): shape is Scalar {
  return ['string', 'boolean', 'integer', 'number', 'array'].includes(shape);
}

function visitList(
  value: unknown,
  path: string,
  result: SchemaShape,
  visitItem: (item: unknown, path: string) => void,
): void {
  if (!Array.isArray(value)) return refuse(path, 'array', value, result);
  value.forEach((item, index) => visitItem(item, `${path}[${index}]`));
}

function visitScalar(type: string, value: unknown, path: string, result: SchemaShape): void {
  const found = typeOf(value);
  if (found !== type && !(type === 'number' && found === 'integer')) refuse(path, type, value, result);
}

function visitRule(rule: unknown, path: string, result: SchemaShape): void {
  if (!isJsonObject(rule)) return refuse(path, 'object', rule, result);
  for (const key of Object.keys(rule)) {
    if (!ruleFields.has(key)) {
      result.dropped.push(`${path}.${key}`);
      delete rule[key];
    } else if (rule[key] === null) delete rule[key];
    else visitScalar(key === 'optionalOldSelf' ? 'boolean' : 'string', rule[key], `${path}.${key}`, result);
  }
}

function refuse(path: string, wanted: string, value: unknown, result: SchemaShape): void {
  const found = typeOf(value);
  result.errors.push(typeInvalid(path, found, `${path} in body must be of type ${wanted}: "${found}"`));
}

/**
 * Drops, from a definition's schemas, the fields that no schema has; returns their paths, as `prune` does. Changes `definition`;
 * whatever its shape, doesn't throw.
 */
export function pruneDefinitionSchemas(definition: JsonObject): string[] {
  const spec = isJsonObject(definition.spec) ? definition.spec : {};
  const versions = Array.isArray(spec.versions) ? spec.versions : [];
  return versions.flatMap((version, index) => {
    const schema = isJsonObject(version) && isJsonObject(version.schema) ? version.schema.openAPIV3Schema : undefined;
    if (schema === undefined) return [];
    return readSchemaShape(schema, `spec.versions[${index}].schema.openAPIV3Schema`).dropped;
  });
}
