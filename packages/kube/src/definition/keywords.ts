/** What Kubernetes allows of OpenAPI's keywords in a definition's schema, and of its own extensions. */
import { forbiddenField, invalidValue, notSupported, required, type FieldError } from '../field-error.ts';
import { getField, type JsonObject } from '../json.ts';
import type { Schema, ValidationRule } from '../schema.ts';
import { normalizeFieldPath } from '../cel/field-path.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref', '$schema'];
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Where a schema stands: some keywords depend on it. */
interface Place {
  root: boolean;
  /** Inside a resource's `apiVersion`, `kind` or `metadata`. */
  insideMeta: boolean;
  /** Why no default may stand here. */
  noDefaults?: string;
}

export function validateKeywords(schema: Schema, path: string): FieldError[] {
  return visit(schema, path, { root: true, insideMeta: false });
}

function visit(schema: Schema, path: string, place: Place): FieldError[] {
  return [
    ...validateStandard(schema, path, place),
    ...validateChildren(schema, path, place),
    ...validateMapType(schema, path),
    ...validateListType(schema, path),
    ...validateListKeys(schema, path),
    ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
      validateRule(schema, rule, `${path}.x-kubernetes-validations[${index}]`),
    ),
  ];
}

function validateStandard(schema: Schema, path: string, { insideMeta, noDefaults }: Place): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.type && !types.includes(schema.type)) errors.push(notSupported(`${path}.type`, schema.type, types));
  if (schema.default !== undefined && noDefaults) {
    errors.push(forbiddenField(`${path}.default`, `must not be set ${noDefaults}`));
  }
  for (const name of unsupported) {
    const value = getField(schema as JsonObject, name);
    if (value !== undefined) errors.push(forbiddenField(`${path}.${name}`, `${name} is not supported`));
  }
  if ((schema.type as string) === 'null') {
    errors.push(forbiddenField(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  }
  if (insideMeta && schema['x-kubernetes-embedded-resource']) {
    errors.push(forbiddenField(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  }
  if (schema.uniqueItems) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbiddenField(`${path}.uniqueItems`, why));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  return errors;
}

function validateChildren(schema: Schema, path: string, place: Place): FieldError[] {
  const below: Place = { ...place, root: false };
  const errors = [...validateAdditional(schema, path, below), ...validateProperties(schema, path, place)];
  if (schema.not) errors.push(...visit(schema.not, `${path}.not`, below));
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const) {
    schema[name]?.forEach((part, index) => errors.push(...visit(part, `${path}.${name}[${index}]`, below)));
  }
  if (schema.items) errors.push(...visit(schema.items, `${path}.items`, below));
  return errors;
}

function validateAdditional(schema: Schema, path: string, below: Place): FieldError[] {
  const { additionalProperties: additional, properties = {} } = schema;
  const errors: FieldError[] = [];
  const at = `${path}.additionalProperties`;
  if (additional !== undefined && additional !== true && Object.keys(properties).length > 0) {
    errors.push(forbiddenField(at, 'additionalProperties and properties are mutual exclusive'));
  }
  if (typeof additional !== 'object') return errors;
  const noDefaults = below.insideMeta ? 'inside additionalProperties applying to object metadata' : below.noDefaults;
  return [...errors, ...visit(additional, at, { ...below, noDefaults })];
}

function validateProperties(schema: Schema, path: string, place: Place): FieldError[] {
  const isResource = place.root || schema['x-kubernetes-embedded-resource'] === true;
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const isMeta = isResource && ['metadata', 'kind', 'apiVersion'].includes(key);
    const noDefaults = isMeta && place.root ? `in top-level ${key}` : place.noDefaults;
    const at: Place = { root: false, insideMeta: place.insideMeta || isMeta, noDefaults };
    return visit(property, `${path}.properties[${key}]`, at);
  });
}

function validateMapType(schema: Schema, path: string): FieldError[] {
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType === undefined) return [];
  const errors = mustHaveType(schema, 'object', `${path}.type`, 'x-kubernetes-map-type');
  const known = ['atomic', 'granular'];
  if (!known.includes(mapType)) errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, known));
  return errors;
}

function mustHaveType(schema: Schema, type: string, path: string, because: string): FieldError[] {
  if (schema.type === type) return [];
  const why = `must be ${type} if ${because} is specified`;
  return [schema.type ? invalidValue(path, schema.type, why) : required(path, why)];
}

function validateListType(schema: Schema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  const at = `${path}.x-kubernetes-list-type`;
  const mapOnly = 'must be map if x-kubernetes-list-map-keys is non-empty';
  const hasKeys = (schema['x-kubernetes-list-map-keys'] ?? []).length > 0;
  if (listType === undefined) return hasKeys ? [required(at, mapOnly)] : [];
  const errors = mustHaveType(schema, 'array', `${path}.type`, 'x-kubernetes-list-type');
  if (listType === 'set' && errors.length === 0 && schema.items) errors.push(...validateSetItems(schema.items, path));
  const known = ['atomic', 'set', 'map'];
  if (!known.includes(listType)) errors.push(notSupported(at, listType, known));
  if (hasKeys && listType !== 'map') errors.push(invalidValue(at, listType, mapOnly));
  if (listType !== 'atomic' && schema.items?.nullable) {
    const why = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(forbiddenField(`${path}.items.nullable`, why));
  }
  return errors;
}

function validateSetItems(items: Schema, path: string): FieldError[] {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalidValue(`${path}.items.x-kubernetes-list-type`, listType, why)];
  }
  if (items.type !== 'object' || items['x-kubernetes-map-type'] === 'atomic') return [];
  return [invalidValue(`${path}.items.x-kubernetes-map-type`, listType ?? null, why)];
}

function validateListKeys(schema: Schema, path: string): FieldError[] {
  if (schema['x-kubernetes-list-type'] !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keysPath = `${path}.x-kubernetes-list-map-keys`;
  const errors = keys.length > 0 ? [] : [required(keysPath, 'must not be empty if x-kubernetes-list-type is map')];
  const { items } = schema;
  if (!items) return [...errors, required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')];
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalidValue(`${path}.items.type`, items.type ?? '', why)];
  }
  keys.forEach((key, index) => {
    if (!items.properties?.[key])
      errors.push(invalidValue(keysPath, keys, 'entries must all be names of item properties'));
    if (keys.indexOf(key) < index) errors.push(invalidValue(keysPath, keys, 'must not contain duplicate entries'));
    errors.push(...validateKey(items, key, `${path}.items.properties[${key}]`));
  });
  return errors;
}

function validateKey(items: Schema, key: string, path: string): FieldError[] {
  const property = items.properties?.[key];
  if (!property) return [];
  const errors: FieldError[] = [];
  if (property.type === 'array' || property.type === 'object') {
    const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
    errors.push(invalidValue(`${path}.type`, items.type, why));
  }
  if (!items.required?.includes(key) && property.default === undefined) {
    const why = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
    errors.push(required(`${path}.default`, why));
  }
  if (property.nullable) {
    const why = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
    errors.push(forbiddenField(`${path}.nullable`, why));
  }
  return errors;
}

/** A rule's own form; whether it compiles is seen once all else is well. */
function validateRule(schema: Schema, rule: ValidationRule, path: string): FieldError[] {
  return [
    ...validateMessage(rule, path),
    ...(rule.messageExpression !== undefined && rule.messageExpression !== '' && rule.messageExpression.trim() === ''
      ? [required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified')]
      : []),
    ...(rule.reason !== undefined && !reasons.includes(rule.reason)
      ? [notSupported(`${path}.reason`, rule.reason, reasons)]
      : []),
    ...validateRulePath(schema, rule.fieldPath ?? '', `${path}.fieldPath`),
  ];
}

function validateMessage({ rule = '', message = '' }: Partial<ValidationRule>, path: string): FieldError[] {
  const hasLines = (text: string) => /[\n\r]/.test(text);
  if (rule.trim() === '') return [required(`${path}.rule`, 'rule is not specified')];
  const at = `${path}.message`;
  if (message !== '' && message.trim() === '') return [invalidValue(at, message, 'must be non-empty if specified')];
  if (hasLines(message.trim())) return [invalidValue(at, message, 'must not contain line breaks')];
  if (!hasLines(rule.trim()) || message.trim() !== '') return [];
  return [required(at, 'message must be specified if rule contains line breaks')];
}

function validateRulePath(schema: Schema, fieldPath: string, path: string): FieldError[] {
  if (fieldPath === '') return [];
  const errors: FieldError[] = [];
  if (fieldPath.trim() === '') errors.push(invalidValue(path, fieldPath, 'must be non-empty if specified'));
  if (/[\n\r]/.test(fieldPath)) errors.push(invalidValue(path, fieldPath, 'must not contain line breaks'));
  try {
    normalizeFieldPath(fieldPath, schema);
  } catch {
    errors.push(invalidValue(path, fieldPath, 'must be a valid path'));
  }
  return errors;
}
