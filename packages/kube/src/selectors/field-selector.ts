/** Field selectors (`metadata.name=x,status.phase!=Running`): which fields a kind allows is its resource definition's business. */
import { getField, isJsonObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { badRequest } from '../status.ts';

export interface FieldRequirement {
  /** Dotted, without a leading dot: `metadata.name`. */
  field: string;
  operator: '=' | '!=';
  value: string;
}

/** All requirements must hold; none: everything matches. */
export type FieldSelector = FieldRequirement[];

/**
 * Parses `text`; `allowed` are the fields beside `metadata.name` and `metadata.namespace` that may be asked for, with or
 * without a leading dot. `refusal` says why another may not.
 * @throws StatusError `BadRequest`
 */
export function parseFieldSelector(
  text: string,
  allowed: readonly string[] = [],
  refusal = (field: string): string => `field label not supported: ${field}`,
): FieldSelector {
  const fields = new Set(['metadata.name', 'metadata.namespace', ...allowed.map(path => path.replace(/^\./, ''))]);
  const selector = splitTerms(text).map(term => parseTerm(text, term));
  for (const { field } of selector) {
    if (!fields.has(field)) throw badRequest(refusal(field));
  }
  return selector;
}

/** Whether the object satisfies every requirement; a field that isn't there has the empty value. */
export function matchesFields(selector: FieldSelector, object: KubeObject): boolean {
  return selector.every(({ field, operator, value }) => (textAt(object, field) === value) === (operator === '='));
}

/** The one name that the selector asks for, when it does: `kubectl get --field-selector metadata.name=x` and `-w NAME`. */
export function findSelectedName(selector: FieldSelector): string | undefined {
  return selector.find(({ field, operator }) => field === 'metadata.name' && operator === '=')?.value;
}

function textAt(object: KubeObject, field: string): string {
  let value: unknown = object;
  for (const key of field.split('.')) value = isJsonObject(value) ? getField(value, key) : undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Splits at commas that aren't escaped. */
function splitTerms(text: string): string[] {
  return (text.match(/(?:\\[^]|[^,\\]|\\$)+/g) ?? []).filter(term => term !== '');
}

function parseTerm(selector: string, term: string): FieldRequirement {
  const match = /^(.*?)(!=|==|=)([^]*)$/.exec(term);
  if (match === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  const [, field = '', operator, value = ''] = match;
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescape(value) };
}

function unescape(value: string): string {
  return value.replace(/\\([^])|[\\,=]/g, (found: string, escaped: string | undefined) => {
    if (escaped !== undefined && '\\,='.includes(escaped)) return escaped;
    if (found.startsWith('\\')) throw badRequest(`invalid field selector: invalid escape sequence: ${found}`);
    throw badRequest(`invalid field selector: unescaped character in value: ${found}`);
  });
}
