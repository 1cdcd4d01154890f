/** Parses what stands between a template's braces: one path, a quoted text, or the words `range` and `end`. */
import { JsonPathError } from './syntax.ts';
import type { Step } from './syntax.ts';

export interface Action {
  keyword?: 'range' | 'end';
  steps: Step[];
  /** Where the template goes on, after the closing brace. */
  end: number;
}

/** Parses from `start`, just after an opening brace. */
export function parsePath(template: string, start: number): Action {
  return new PathParser(template, start).parse();
}

const stepsOf = (path: string): Step[] => parsePath(`${path}}`, 0).steps;
const terminators = new Set([...' \t\r\n.,[]$@{}']);

class PathParser {
  readonly #text: string;
  readonly #steps: Step[] = [];
  #keyword: Action['keyword'];
  #at: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  parse(): Action {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === '\n' || char === '\r') throw new JsonPathError('unclosed action');
      if (char === '}') return { keyword: this.#keyword, steps: this.#steps, end: this.#at + 1 };
      if (char === ' ' || char === '@' || char === '$') this.#at++;
      else this.#step(char);
    }
  }

  #step(char: string): void {
    if (this.#text.startsWith('[?(', this.#at)) return this.#filter();
    if (this.#text.startsWith('..', this.#at)) return this.#recursive();
    if (char === '[') return this.#brackets();
    if (char === '"' || char === "'") return this.#quoted(char);
    if (char === '.') {
      this.#at++;
      return this.#field();
    }
    if (/[-+\d]/.test(char)) return this.#number();
    if (/[\p{L}_]/u.test(char)) return this.#word();
    throw new JsonPathError(`unrecognized character in action: ${JSON.stringify(char)}`);
  }

  #recursive(): void {
    if (this.#steps[this.#steps.length - 1]?.is === 'recursive') {
      throw new JsonPathError('invalid multiple recursive descent');
    }
    this.#at += 2;
    this.#steps.push({ is: 'recursive' });
    if (/[\p{L}\d_]/u.test(this.#text[this.#at] ?? '')) this.#field();
  }

  /** A name up to the next terminator; a backslash makes the next character part of it. */
  #field(): void {
    let name = '';
    for (; this.#at < this.#text.length; this.#at++) {
      let char = this.#text[this.#at] ?? '';
      if (terminators.has(char)) break;
      if (char === '\\') char = this.#text[++this.#at] ?? '';
      name += char;
    }
    this.#steps.push(name === '*' ? { is: 'wildcard' } : { is: 'field', name });
  }

  #number(): void {
    const [found = ''] = /^[-+]?[\d.]*/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += found.length;
    const value = Number(found);
    if (Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${found}`);
    this.#steps.push({ is: 'literal', value });
  }

  #word(): void {
    const from = this.#at;
    while (this.#at < this.#text.length && !terminators.has(this.#text[this.#at] ?? '')) this.#at++;
    const word = this.#text.slice(from, this.#at);
    if (word === 'true' || word === 'false') this.#steps.push({ is: 'literal', value: word === 'true' });
    else if (word === 'range' || word === 'end') this.#keyword = word;
    else throw new JsonPathError(`unrecognized identifier ${word}`);
  }

  #quoted(quote: string): void {
    const from = this.#at;
    do {
      this.#at = this.#text.indexOf(quote, this.#at + 1);
      if (this.#at < 0) throw new JsonPathError('unterminated quoted string');
    } while (this.#text[this.#at - 1] === '\\');
    this.#steps.push({ is: 'literal', value: unquote(this.#text.slice(from + 1, this.#at)) });
    this.#at++;
  }

  #brackets(): void {
    const end = this.#text.indexOf(']', this.#at);
    if (end < 0) throw new JsonPathError('unterminated array');
    const content = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    const parts = content.split(',');
    if (parts.length > 1) {
      this.#steps.push({ is: 'union', paths: parts.map(part => stepsOf(`[${part.trim()}]`)) });
      return;
    }
    const key = /^'([^']*)'$/.exec(content)?.[1];
    // Dots in a quoted key separate fields, unless escaped: that is how kubectl reads it.
    if (key !== undefined) this.#steps.push(...stepsOf(`.${key}`));
    else this.#steps.push(sliceOf(content === '*' ? ':' : content));
  }

  #filter(): void {
    const from = this.#at + 3;
    // Quoted text may hold parentheses; the first one outside of it ends the expression.
    const inside = /^(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^"'\\)])*/s.exec(this.#text.slice(from))?.[0] ?? '';
    this.#at = from + inside.length;
    if (this.#text[this.#at] !== ')') throw new JsonPathError('unterminated filter');
    const expression = this.#text.slice(from, this.#at);
    if (this.#text[++this.#at] !== ']') throw new JsonPathError('unclosed array expect ]');
    this.#at++;
    const [, left, operator = 'exists', right = ''] = /^([^!<>=]+)([!<>=]+)([^]+)$/.exec(expression) ?? [];
    this.#steps.push({ is: 'filter', left: stepsOf(left ?? expression), operator, right: stepsOf(right) });
  }
}

function sliceOf(content: string): Step {
  const match = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(content);
  if (match === null || content === '' || content === '-') throw new JsonPathError(`invalid array index ${content}`);
  const [start, end, step] = [match[1], match[2]?.slice(1), match[3]?.slice(1)].map(part =>
    part === undefined || part === '' || part === '-' ? undefined : Number(part),
  );
  return { is: 'slice', start, end, step, single: match[2] === undefined };
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07' };

function unquote(text: string): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|([^]))/g, (_all, long, short, char: string) => {
    const code = (long ?? short) as string | undefined;
    return code === undefined ? (escapes[char] ?? char) : String.fromCodePoint(parseInt(code, 16));
  });
}
