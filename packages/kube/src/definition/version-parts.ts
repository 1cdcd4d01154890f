/** What a version brings beside its schema: subresources, printed columns, fields for selectors. */
import { duplicate, invalidValue, required, tooMany, type FieldError } from '../field-error.ts';
import { getField } from '../json.ts';
import type { Schema } from '../schema.ts';
import type { DefinitionVersion } from './custom-resource-definition.ts';

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const maxSelectableFields = 8;

export function validateSubresources(subresources: DefinitionVersion['subresources'], path: string): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  return [
    ...validateScalePath(scale.specReplicasPath, `${path}.scale.specReplicasPath`, ['.spec.']),
    ...validateScalePath(scale.statusReplicasPath, `${path}.scale.statusReplicasPath`, ['.status.']),
    ...(scale.labelSelectorPath
      ? validateScalePath(scale.labelSelectorPath, `${path}.scale.labelSelectorPath`, ['.spec.', '.status.'])
      : []),
  ];
}

function validateScalePath(value: string, path: string, roots: string[]): FieldError[] {
  if (!value) return [required(path)];
  const errors = validateSimplePath(value, path);
  if (errors.length > 0 || roots.some(root => value.startsWith(root))) return errors;
  const names = roots.map(root => root.slice(0, -1)).join(' or ');
  return [invalidValue(path, value, `should be a json path under ${roots.length > 1 ? 'either ' : ''}${names}`)];
}

function validateSimplePath(value: string, path: string): FieldError[] {
  return value.startsWith('.') ? [] : [invalidValue(path, value, 'must be a simple json path starting with .')];
}

export function validateColumns(
  columns: NonNullable<DefinitionVersion['additionalPrinterColumns']>,
  path: string,
): FieldError[] {
  return columns.flatMap((column, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const type: string = column.type;
    const mustBe = (names: string[]) => `must be one of ${names.join(',')}`;
    if (!column.name) errors.push(required(`${at}.name`));
    if (!type) errors.push(required(`${at}.type`, mustBe(columnTypes)));
    else if (!columnTypes.includes(type)) errors.push(invalidValue(`${at}.type`, type, mustBe(columnTypes)));
    if (column.format && !columnFormats.includes(column.format)) {
      errors.push(invalidValue(`${at}.format`, column.format, mustBe(columnFormats)));
    }
    if (!column.jsonPath) return [...errors, required(`${at}.JSONPath`)];
    return [...errors, ...validateSimplePath(column.jsonPath, `${at}.JSONPath`)];
  });
}

export function validateSelectableFields(fields: { jsonPath: string }[], schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (!jsonPath) return errors.push(required(at));
    const problem = selectableProblem(jsonPath, schema);
    if (problem !== undefined) errors.push(invalidValue(at, jsonPath, problem));
    if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath));
    return seen.add(jsonPath);
  });
  if (seen.size > maxSelectableFields) errors.push(tooMany(path, seen.size, maxSelectableFields));
  return errors;
}

function selectableProblem(jsonPath: string, schema: Schema): string | undefined {
  if (/[[\]]/.test(jsonPath)) return 'is an invalid path: array notation is not allowed';
  const [head, ...keys] = jsonPath.split('.');
  if (head !== '') return `is an invalid path: expected [ or . but got: ${head}`;
  let at: Schema | undefined = schema;
  for (const key of keys) at = getField(at?.properties ?? {}, key) as Schema | undefined;
  if (!at) return 'is an invalid path: does not refer to a valid field';
  if (keys[0] === 'metadata') return 'must not point to fields in metadata';
  if (['string', 'boolean', 'integer'].includes(at.type ?? '')) return undefined;
  return 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
}
