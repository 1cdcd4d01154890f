/** What is wrong with a JSON text, in the words of Go's decoder: clients show them, and scripts compare them. Asked only about texts that `JSON.parse` refused. */

const space = /[ \t\r\n]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literals: Record<string, string> = { t: 'true', f: 'false', n: 'null' };

class SyntaxProblem extends Error {}

/** `invalid character '}' looking for beginning of object key string`, `unexpected end of JSON input`. */
export function jsonSyntaxProblem(text: string): string {
  try {
    new Reader(text).read();
  } catch (error) {
    if (error instanceof SyntaxProblem) return error.message;
    throw error;
  }
  return 'invalid JSON';
}

/** Reads one value without keeping it. Without recursion: depth is no matter. */
class Reader {
  readonly #text: string;
  #at = 0;
  /** What is open: the closing brackets, the innermost last. */
  readonly #open: ('}' | ']')[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): void {
    do this.#value();
    while (this.#isFollowed());
    this.#skip(space);
    if (this.#at < this.#text.length) throw this.#invalid('after top-level value');
  }

  /** A scalar, or the beginning of a list or object down to its first scalar. */
  #value(): void {
    this.#skip(space);
    for (let opened = this.#opens(); opened !== undefined; opened = this.#opens()) {
      this.#open.push(opened);
      this.#skip(space);
      if (this.#takes(opened)) {
        this.#open.pop();
        return;
      }
      if (opened === '}') this.#key();
      this.#skip(space);
    }
    this.#scalar();
  }

  #opens(): '}' | ']' | undefined {
    if (this.#takes('{')) return '}';
    return this.#takes('[') ? ']' : undefined;
  }

  /** Whether another value comes; closes what is complete before it. */
  #isFollowed(): boolean {
    for (let innermost = this.#open.at(-1); innermost !== undefined; innermost = this.#open.at(-1)) {
      this.#skip(space);
      if (this.#takes(',')) {
        if (innermost === '}') this.#key();
        return true;
      }
      if (!this.#takes(innermost)) {
        throw this.#invalid(innermost === '}' ? 'after object key:value pair' : 'after array element');
      }
      this.#open.pop();
    }
    return false;
  }

  #key(): void {
    this.#skip(space);
    if (this.#text[this.#at] !== '"') throw this.#invalid('looking for beginning of object key string');
    this.#string();
    this.#skip(space);
    if (!this.#takes(':')) throw this.#invalid('after object key');
  }

  #scalar(): void {
    const first = this.#text[this.#at] ?? '';
    const literal = literals[first];
    if (first === '"') this.#string();
    else if (literal !== undefined) this.#literal(literal);
    else if (first === '-' || (first >= '0' && first <= '9')) this.#number();
    else throw this.#invalid('looking for beginning of value');
  }

  #string(): void {
    for (this.#at++; !this.#takes('"'); this.#at++) {
      const character = this.#text[this.#at];
      if (character === '\\') this.#escape();
      else if (character === undefined || character < ' ') throw this.#invalid('in string literal');
    }
  }

  #escape(): void {
    this.#at++;
    if (this.#text[this.#at] === 'u') {
      for (let digit = 0; digit < 4; digit++) {
        this.#at++;
        if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) throw this.#invalid('in \\u hexadecimal character escape');
      }
    } else if (!'"\\/bfnrt'.includes(this.#text[this.#at] ?? ' ')) throw this.#invalid('in string escape code');
  }

  #literal(literal: string): void {
    for (const [index, letter] of [...literal].entries()) {
      if (!this.#takes(letter)) throw this.#invalid(`in literal ${literal} (expecting '${literal[index]}')`);
    }
  }

  #number(): void {
    number.lastIndex = this.#at;
    if (!number.test(this.#text)) {
      this.#at++;
      throw this.#invalid('in numeric literal');
    }
    this.#at = number.lastIndex;
    const next = this.#text[this.#at];
    if (next !== '.' && next !== 'e' && next !== 'E') return;
    this.#at++;
    throw this.#invalid(next === '.' ? 'after decimal point in numeric literal' : 'in exponent of numeric literal');
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
  }

  #invalid(where: string): SyntaxProblem {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return new SyntaxProblem('unexpected end of JSON input');
    return new SyntaxProblem(`invalid character ${quoted(String.fromCodePoint(code))} ${where}`);
  }
}

function quoted(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}
