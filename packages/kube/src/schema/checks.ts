/** What a single value must fulfil, with the texts of Kubernetes' OpenAPI validation. */
import { invalidValue, notSupported, tooLong, tooMany, typeInvalid, type FieldError } from '../field-error.ts';
import { goJson, goNumber } from '../go-text.ts';
import { equalJson, isJsonObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { checkedFormat, formats } from './formats.ts';
import { matchesPattern } from './pattern.ts';

/** Looks at one value; `path` is empty at the root. */
export type Check = (value: unknown, path: string, errors: FieldError[]) => void;

/** How Kubernetes writes a path in an error's field: the root has no name. */
export function fieldOf(path: string): string {
  return path === '' ? '<nil>' : path;
}

/** The checks that `schema` asks for, in the order in which Kubernetes reports them. */
export function checksOf(schema: Schema): Check[] {
  const types = typesOf(schema);
  const format = checkedFormat(schema);
  const isValid = format === undefined ? undefined : formats[format];
  const checks = [
    types.length > 0 && typeCheck(types, format && schema.format, schema.nullable === true),
    hasStringRules(schema) && stringCheck(schema),
    isValid && formatCheck(schema.format ?? '', isValid),
    hasNumberRules(schema) && numberCheck(schema),
    hasListRules(schema) && listCheck(schema),
    schema.enum && enumCheck(schema.enum),
    hasSizeRules(schema) && sizeCheck(schema),
  ];
  return checks.filter(check => typeof check === 'function');
}

function typesOf(schema: Schema): string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

/** The name that JSON schema has for a value's type. An integer is one that JavaScript holds exactly: it must not become another. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeCheck(types: readonly string[], format: string | undefined, nullable: boolean): Check {
  const wanted = types.join(',');
  return (value, path, errors) => {
    const type = typeOf(value);
    if (types.includes(type) || (type === 'integer' && types.includes('number'))) return;
    if (type === 'null' && nullable) return;
    const named = format !== undefined && type !== 'string' && type !== 'array' && type !== 'null';
    errors.push(named ? mustBe(path, format, formatOfNumber(type)) : mustBe(path, wanted, type));
  };
}

/** Kubernetes names the format instead of the type where there is one, and so the found value's. */
function formatOfNumber(type: string): string {
  if (type === 'integer') return 'int64';
  return type === 'number' ? 'float64' : '';
}

function mustBe(path: string, wanted: string, found: string): FieldError {
  const detail = `${path} in body must be of type ${wanted}: ${goJson(found)}`;
  return typeInvalid(fieldOf(path), found, detail);
}

function hasStringRules(schema: Schema): boolean {
  return schema.maxLength !== undefined || schema.minLength !== undefined || Boolean(schema.pattern);
}

function stringCheck({ maxLength, minLength, pattern }: Schema): Check {
  return (value, path, errors) => {
    if (typeof value !== 'string') return;
    if (maxLength !== undefined && value.length > maxLength && lengthOf(value) > maxLength) {
      errors.push(tooLong(fieldOf(path), maxLength));
    } else if (minLength !== undefined && lengthOf(value) < minLength) {
      errors.push(invalidValue(fieldOf(path), value, `${path} in body should be at least ${minLength} chars long`));
    } else if (pattern && !matchesPattern(pattern, value)) {
      errors.push(invalidValue(fieldOf(path), value, `${path} in body should match '${pattern}'`));
    }
  };
}

/** Characters, not UTF-16 units. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

function formatCheck(format: string, isValid: (text: string) => boolean): Check {
  return (value, path, errors) => {
    if (typeof value === 'string' && !isValid(value)) errors.push(mustBe(path, format, value));
  };
}

function hasNumberRules({ minimum, maximum, multipleOf }: Schema): boolean {
  return minimum !== undefined || maximum !== undefined || multipleOf !== undefined;
}

function numberCheck(schema: Schema): Check {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema;
  return (value, path, errors) => {
    if (typeof value !== 'number') return;
    const refuse = (what: string) =>
      errors.push(invalidValue(fieldOf(path), value, `${path} in body should be ${what}`));
    if (multipleOf !== undefined && !isMultiple(value, multipleOf)) refuse(`a multiple of ${goNumber(multipleOf)}`);
    if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
      refuse(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${goNumber(minimum)}`);
    }
    if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
      refuse(`less than ${exclusiveMaximum ? '' : 'or equal to '}${goNumber(maximum)}`);
    }
  };
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor;
  return Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient));
}

function hasListRules({ minItems, maxItems, uniqueItems }: Schema): boolean {
  return minItems !== undefined || maxItems !== undefined || uniqueItems === true;
}

function listCheck({ minItems, maxItems, uniqueItems }: Schema): Check {
  return (value, path, errors) => {
    if (!Array.isArray(value)) return;
    if (minItems !== undefined && value.length < minItems) {
      errors.push(invalidValue(fieldOf(path), value.length, `${path} in body should have at least ${minItems} items`));
    }
    if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(fieldOf(path), value.length, maxItems));
    if (uniqueItems && new Set(value.map(goJson)).size < value.length) {
      errors.push(invalidValue(fieldOf(path), '', `${path} in body shouldn't contain duplicates`));
    }
  };
}

function enumCheck(values: readonly unknown[]): Check {
  const scalars = new Set(values);
  const names = values.map(value => (typeof value === 'string' ? value : goJson(value)));
  return (value, path, errors) => {
    if (scalars.has(value)) return;
    if (typeof value === 'object' && values.some(allowed => equalJson(allowed, value))) return;
    errors.push(notSupported(fieldOf(path), value, names));
  };
}

function hasSizeRules({ minProperties, maxProperties }: Schema): boolean {
  return minProperties !== undefined || maxProperties !== undefined;
}

function sizeCheck({ minProperties, maxProperties }: Schema): Check {
  return (value, path, errors) => {
    if (!isJsonObject(value)) return;
    const count = Object.keys(value).length;
    if (minProperties !== undefined && count < minProperties) {
      const detail = `${path} in body should have at least ${minProperties} properties`;
      errors.push(invalidValue(fieldOf(path), count, detail));
    }
    if (maxProperties !== undefined && count > maxProperties) errors.push(tooMany(fieldOf(path), count, maxProperties));
  };
}
