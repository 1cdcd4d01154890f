/** Strings and regular expressions as CEL in Kubernetes has them, beyond what the CEL library brings. */
import type { Environment } from '@marcbachmann/cel-js';
import { compilePattern, matchesPattern } from '../../schema/pattern.ts';
import { define } from './define.ts';

export function addText(environment: Environment): void {
  define(environment, {
    'matches(string, string): bool': (text: string, pattern: string) => matches(text, pattern),
    'string.find(string): string': (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? '',
    'string.findAll(string): list<string>': (text: string, pattern: string) => findAll(text, pattern, Infinity),
    'string.findAll(string, int): list<string>': (text: string, pattern: string, limit: bigint) =>
      findAll(text, pattern, limit < 0n ? Infinity : Number(limit)),
    'string.charAt(int): string': charAt,
    'string.replace(string, string): string': (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    'string.replace(string, string, int): string': replaceSome,
    'string.format(list): string': format,
  });
}

/** @throws RangeError when the pattern is none */
export function matches(text: string, pattern: string): boolean {
  return withPattern(() => matchesPattern(pattern, text));
}

/** RE2's own words, which begin with "error parsing regexp". */
function withPattern<T>(read: () => T, prefix = ''): T {
  try {
    return read();
  } catch (cause) {
    throw new RangeError(`${prefix}${(cause as Error).message}`, { cause });
  }
}

function findAll(text: string, pattern: string, limit: number): string[] {
  const matcher = withPattern(() => compilePattern(pattern), 'Illegal regex: ').matcher(text);
  const found: string[] = [];
  while (found.length < limit && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

function charAt(text: string, index: bigint): string {
  const characters = [...text];
  if (index < 0n || index > characters.length) throw new RangeError(`index out of range: ${index}`);
  return characters[Number(index)] ?? '';
}

function replaceSome(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return text.replaceAll(from, () => to);
  const parts = text.split(from);
  const kept = Math.min(Number(limit), parts.length - 1);
  return [parts.slice(0, kept + 1).join(to), ...parts.slice(kept + 1)].join(from);
}

/** `'%s has %d'.format([name, count])`. */
function format(template: string, values: unknown[]): string {
  const rest = [...values];
  return template.replace(/%(?:\.(\d{1,2}))?([a-zA-Z%])/g, (_found, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (rest.length === 0) throw new RangeError(`index ${values.length} out of range`);
    return formatOne(verb, rest.shift(), Number(precision ?? 6));
  });
}

function formatOne(verb: string, value: unknown, precision: number): string {
  switch (verb) {
    case 's':
      return plain(value);
    case 'd':
    case 'b':
    case 'o':
    case 'x':
    case 'X': {
      if (typeof value !== 'bigint') throw new RangeError(`%${verb} takes an integer`);
      const digits = value.toString({ d: 10, b: 2, o: 8, x: 16, X: 16 }[verb]);
      return verb === 'X' ? digits.toUpperCase() : digits;
    }
    case 'f':
    case 'e':
      return verb === 'f' ? Number(value).toFixed(precision) : Number(value).toExponential(precision);
    default:
      throw new RangeError(`unrecognized formatting clause "${verb}"`);
  }
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`;
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${plain(key)}: ${plain(item)}`).join(', ')}}`;
  return String(value);
}
