/** Label selectors as `kubectl -l` and `labelSelector=` spell them, and as objects spell them (`matchLabels`, `matchExpressions`). */
import { goQuote } from '../go-text.ts';
import { getField } from '../json.ts';
import { validateLabelKey, validateLabelValue } from '../names.ts';
import { badRequest } from '../status.ts';
import { tokenize } from './label-selector-tokens.ts';
import type { Token } from './label-selector-tokens.ts';

export interface LabelRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  /** Sorted, without duplicates; empty for `Exists` and `DoesNotExist`. */
  values: string[];
}

/** All requirements must hold; none: everything matches. */
export type LabelSelector = LabelRequirement[];

/** A selector as objects spell it, e.g. in a NetworkPolicy. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] }[];
}

/** @throws StatusError `BadRequest` with Kubernetes' text */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = new SelectorParser(tokenize(text)).parse();
  return requirements.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
}

/** Whether the labels satisfy every requirement. */
export function matchesLabels(selector: LabelSelector, labels: Record<string, string> | undefined): boolean {
  return selector.every(requirement => satisfies(requirement, labels ?? {}));
}

/** The selector that an object's `matchLabels` and `matchExpressions` mean. */
export function labelSelectorOf(object: LabelSelectorObject): LabelSelector {
  const equal = Object.entries(object.matchLabels ?? {}).map(([key, value]): LabelRequirement => ({
    key,
    operator: 'In',
    values: [value],
  }));
  const others = (object.matchExpressions ?? []).map(({ key, operator, values }): LabelRequirement => ({
    key,
    operator,
    values: sortedSet(values ?? []),
  }));
  return [...equal, ...others];
}

function satisfies({ key, operator, values }: LabelRequirement, labels: Record<string, string>): boolean {
  const value = getField(labels, key);
  if (operator === 'DoesNotExist') return value === undefined;
  if (operator === 'NotIn') return typeof value !== 'string' || !values.includes(value);
  if (typeof value !== 'string') return false;
  if (operator === 'Exists') return true;
  if (operator === 'In') return values.includes(value);
  if (!isInteger(value)) return false;
  const [left, right] = [BigInt(value), BigInt(values[0] ?? '0')];
  return operator === 'Gt' ? left > right : left < right;
}

const isInteger = (text: string): boolean => /^[+-]?\d{1,19}$/.test(text);
const sortedSet = (values: string[]): string[] => [...new Set(values)].sort();

/** Recursive descent over the tokens, one method a rule of the grammar. */
class SelectorParser {
  readonly #tokens: Token[];
  #position = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  parse(): LabelSelector {
    const requirements: LabelSelector = [];
    while (this.#peek().is !== 'end') {
      if (!startsRequirement(this.#peek())) {
        throw badRequest(`found '${this.#peek().text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const after = this.#next();
      if (after.is === 'end') break;
      if (after.is !== ',') throw badRequest(`found '${after.text}', expected: ',' or 'end of string'`);
      if (!startsRequirement(this.#peek())) {
        throw badRequest(`found '${this.#peek().text}', expected: identifier after ','`);
      }
    }
    return requirements;
  }

  #requirement(): LabelRequirement {
    const negated = this.#peek().is === '!';
    if (negated) this.#next();
    const { is, text: key } = this.#next();
    if (is !== 'word') throw unparsable(`found '${key}', expected: identifier`);
    refuse(key, validateLabelKey(key));
    if (negated) return { key, operator: 'DoesNotExist', values: [] };
    if (this.#peek().is === 'end' || this.#peek().is === ',') return { key, operator: 'Exists', values: [] };
    return this.#comparison(key);
  }

  #comparison(key: string): LabelRequirement {
    const { is, text } = this.#next();
    if (is === 'word' && (text === 'in' || text === 'notin')) {
      return this.#checked({ key, operator: text === 'in' ? 'In' : 'NotIn', values: this.#valueList() });
    }
    const operator = comparisons.get(is);
    if (operator === undefined) {
      throw unparsable(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const requirement = this.#checked({ key, operator, values: [this.#exactValue()] });
    if ((operator === 'Gt' || operator === 'Lt') && !isInteger(requirement.values[0] ?? '')) {
      const value = goQuote(requirement.values[0] ?? '');
      throw unparsable(`values[0]: Invalid value: ${value}: for 'Gt', 'Lt' operators, the value must be an integer`);
    }
    return requirement;
  }

  #exactValue(): string {
    if (this.#peek().is === 'end' || this.#peek().is === ',') return '';
    const { is, text } = this.#next();
    if (is !== 'word') throw unparsable(`found '${text}', expected: identifier`);
    return text;
  }

  /** `(a, b)`; an empty place between commas or parentheses is the empty value. */
  #valueList(): string[] {
    const open = this.#next();
    if (open.is !== '(') throw unparsable(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const isNamed = this.#peek().is === 'word';
      values.push(isNamed ? this.#next().text : '');
      const { is, text } = this.#next();
      if (is === ')') return sortedSet(values);
      if (is !== ',')
        throw unparsable(`found '${text}', expected: ${isNamed ? "',' or ')'" : "',', ')' or identifier"}`);
    }
  }

  #checked(requirement: LabelRequirement): LabelRequirement {
    requirement.values.forEach((value, index) =>
      refuse(value, validateLabelValue(value), `values[${index}][${requirement.key}]: `),
    );
    return requirement;
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? { is: 'end', text: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#position++;
    return token;
  }
}

const comparisons = new Map<Token['is'], LabelRequirement['operator']>([
  ['=', 'In'],
  ['==', 'In'],
  ['!=', 'NotIn'],
  ['>', 'Gt'],
  ['<', 'Lt'],
]);

const startsRequirement = (token: Token): boolean => token.is === 'word' || token.is === '!';
const unparsable = (cause: string): Error => badRequest(`unable to parse requirement: ${cause}`);

function refuse(value: string, problems: string[], path = '<nil>: '): void {
  if (problems.length > 0) {
    throw unparsable(`${path}Invalid value: ${goQuote(value)}: ${problems.join('; ')}`);
  }
}
