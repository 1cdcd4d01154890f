/** The names of a definition's kind. */
import { invalidValue, required, type FieldError } from '../field-error.ts';
import { validateDns1035Label } from '../names.ts';
import type { DefinitionNames } from './custom-resource-definition.ts';

/** The names that must be there, defaults filled in. */
export function validateSpecNames(names: DefinitionNames): FieldError[] {
  const needed = ['plural', 'singular', 'kind', 'listKind'] as const;
  return needed.filter(name => !names[name]).map(name => required(`spec.names.${name}`));
}

/** The form of the names that are there. */
export function validateNames(names: DefinitionNames, path: string): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names;
  const mixed = 'may have mixed case, but should otherwise match: ';
  const errors = [
    ...check(plural, `${path}.plural`),
    ...check(singular, `${path}.singular`),
    ...check(kind, `${path}.kind`, mixed),
    ...check(listKind, `${path}.listKind`, mixed),
    ...shortNames.flatMap((name, index) => check(name, `${path}.shortNames[${index}]`)),
  ];
  if (kind !== '' && kind === listKind) {
    errors.push(invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same'));
  }
  return [...errors, ...categories.flatMap((name, index) => check(name, `${path}.categories[${index}]`))];
}

function check(name: string, path: string, mixed?: string): FieldError[] {
  const errors = name === '' ? [] : validateDns1035Label(mixed === undefined ? name : name.toLowerCase());
  return errors.length === 0 ? [] : [invalidValue(path, name, (mixed ?? '') + errors.join(','))];
}
