/** What makes a schema structural: every field has a type outside of value validations, so that pruning and defaults are clear. */
import { fieldErrorText, forbiddenField, invalidValue, required, type FieldError } from '../field-error.ts';
import { equalJson } from '../json.ts';
import type { Schema } from '../schema.ts';
import { compilePattern } from '../schema/pattern.ts';

type Level = 'root' | 'item' | 'field';

/** Kubernetes' errors, in Kubernetes' order: by their text. */
export function validateStructural(schema: Schema, path: string): FieldError[] {
  const errors = [...validateInvariants(schema, 'root', path), ...completeness(schema, schema, path, path)];
  return errors
    .map(error => ({ error, text: fieldErrorText(error) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ error }) => error);
}

function validateInvariants(schema: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.type === 'array' && !schema.items) errors.push(required(`${path}.items`, 'must be specified'));
  if (schema.items) errors.push(...validateInvariants(schema.items, 'item', `${path}.items`));
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...validateInvariants(property, 'field', `${path}.properties[${key}]`));
  }
  const { additionalProperties } = schema;
  if (additionalProperties !== undefined && level === 'root') {
    errors.push(forbiddenField(`${path}.additionalProperties`, 'must not be used at the root'));
  }
  if (typeof additionalProperties === 'object') {
    errors.push(...validateInvariants(additionalProperties, 'field', `${path}.additionalProperties`));
  }
  errors.push(...validateExtensions(schema, path), ...validateValues(schema, path, skippedParts(schema)));
  errors.push(...validateType(schema, level, path), ...validateMeta(schema, level, path));
  return errors;
}

function validateExtensions(schema: Schema, path: string): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return [];
  const clashing = ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const;
  return clashing
    .filter(name => schema[name])
    .map(name => invalidValue(`${path}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'));
}

const whyTyped: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function validateType(schema: Schema, level: Level, path: string): FieldError[] {
  const at = `${path}.type`;
  if (schema['x-kubernetes-embedded-resource']) return validateEmbedded(schema, path);
  const free = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (!schema.type) return free ? [] : [required(at, whyTyped[level])];
  if (level !== 'root' || schema.type === 'object') return [];
  return [invalidValue(at, schema.type, 'must be object at the root')];
}

function validateEmbedded(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(schema.type ? invalidValue(`${path}.type`, schema.type, why) : required(`${path}.type`, why));
  }
  if (schema.additionalProperties !== undefined) {
    const why = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.push(forbiddenField(`${path}.additionalProperties`, why));
  }
  const hasFields = Object.keys(schema.properties ?? {}).length > 0;
  if (!schema['x-kubernetes-preserve-unknown-fields'] && !hasFields) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, why));
  }
  return errors;
}

/** Of a resource's own fields, a schema may say little. */
function validateMeta(schema: Schema, level: Level, path: string): FieldError[] {
  if (level !== 'root' && !schema['x-kubernetes-embedded-resource']) return [];
  const { kind, apiVersion, metadata } = schema.properties ?? {};
  return [
    ...mustBeString(kind, `${path}.properties[kind].type`),
    ...mustBeString(apiVersion, `${path}.properties[apiVersion].type`),
    ...(metadata ? validateMetadata(metadata, level, `${path}.properties[metadata]`) : []),
  ];
}

function mustBeString(property: Schema | undefined, path: string): FieldError[] {
  if (!property || property.type === 'string') return [];
  return [invalidValue(path, property.type ?? '', 'must be string')];
}

function validateMetadata(metadata: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.type !== 'object') errors.push(invalidValue(`${path}.type`, metadata.type ?? '', 'must be object'));
  const named = Object.keys(metadata.properties ?? {}).every(name => name === 'name' || name === 'generateName');
  const said = Object.keys(metadata).filter(name => !['type', 'properties', 'default'].includes(name));
  if (level === 'root' && (!named || said.length > 0)) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbiddenField(path, why));
  }
  return errors;
}

interface Skipped {
  anyOf: boolean;
  firstAllOfAnyOf: boolean;
}

const intOrString = [{ type: 'integer' }, { type: 'string' }];
const nothingSkipped: Skipped = { anyOf: false, firstAllOfAnyOf: false };

/** The two ways to write an int-or-string, which name types where types may not stand otherwise. */
function skippedParts(schema: Schema): Skipped {
  return {
    anyOf: equalJson(schema.anyOf, intOrString),
    firstAllOfAnyOf: equalJson(schema.allOf?.[0]?.anyOf, intOrString),
  };
}

function validateValues(schema: Schema, path: string, skipped: Skipped): FieldError[] {
  const errors: FieldError[] = [];
  const parts = skipped.anyOf ? [] : (schema.anyOf ?? []);
  parts.forEach((part, index) => errors.push(...validateNested(part, `${path}.anyOf[${index}]`)));
  schema.allOf?.forEach((part, index) => {
    const own = { ...nothingSkipped, anyOf: skipped.firstAllOfAnyOf && index === 0 };
    errors.push(...validateNested(part, `${path}.allOf[${index}]`, own));
  });
  schema.oneOf?.forEach((part, index) => errors.push(...validateNested(part, `${path}.oneOf[${index}]`)));
  if (schema.not) errors.push(...validateNested(schema.not, `${path}.not`));
  if (schema.pattern) errors.push(...validatePattern(schema.pattern, `${path}.pattern`));
  return errors;
}

function validatePattern(pattern: string, path: string): FieldError[] {
  try {
    compilePattern(pattern);
    return [];
  } catch (error) {
    const why = (error as Error).message;
    return [invalidValue(path, pattern, `must be a valid regular expression, but isn't: ${why}`)];
  }
}

/** What a schema under `allOf`, `anyOf`, `oneOf` or `not` may not say, and how Kubernetes says so. */
const forbiddenNested: [keyof Schema, 'empty' | 'undefined' | 'false'][] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
];

function validateNested(schema: Schema, path: string, skipped: Skipped = nothingSkipped): FieldError[] {
  const errors = validateValues(schema, path, skipped);
  if (schema.items) errors.push(...validateNested(schema.items, `${path}.items`));
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...validateNested(property, `${path}.properties[${key}]`));
  }
  for (const [name, how] of forbiddenNested) {
    const value = schema[name];
    const absent =
      value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0);
    if (!absent) errors.push(forbiddenField(`${path}.${name}`, `must be ${how} to be structural`));
  }
  if (schema.properties && Object.hasOwn(schema.properties, 'metadata')) {
    errors.push(forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  }
  return errors;
}

/** Every field that the root's value validations name must have a place in the schema itself. */
function completeness(part: Schema, schema: Schema | undefined, path: string, partPath: string): FieldError[] {
  if (!schema) return [required(path, `because it is defined in ${partPath}`)];
  const nested: [Schema, string][] = part.not ? [[part.not, 'not']] : [];
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    part[name]?.forEach((one, index) => nested.push([one, `${name}[${index}]`]));
  }
  return nested.flatMap(([one, name]) => nestedCompleteness(one, schema, path, `${partPath}.${name}`));
}

function nestedCompleteness(part: Schema, schema: Schema | undefined, path: string, partPath: string): FieldError[] {
  if (!schema) return [required(path, `because it is defined in ${partPath}`)];
  const errors = completeness(part, schema, path, partPath);
  if (part.items) errors.push(...nestedCompleteness(part.items, schema.items, `${path}.items`, `${partPath}.items`));
  for (const [key, property] of Object.entries(part.properties ?? {})) {
    const at = `properties[${key}]`;
    errors.push(...nestedCompleteness(property, schema.properties?.[key], `${path}.${at}`, `${partPath}.${at}`));
  }
  return errors;
}
