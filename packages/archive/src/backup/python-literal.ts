/** Python's literals, as barman writes them into its files with `repr`. Foreign text: it is read, never evaluated. */

export type Literal = null | boolean | number | string | Literal[] | Map<string, Literal>;

/** What a careless or hostile file may nest; barman's own go three deep. */
const DEEPEST = 20;

/** Tuples come as arrays, and the keys of a dictionary as texts. @throws Error for what is no literal */
export function parseLiteral(text: string): Literal {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Literal {
    if (depth > DEEPEST) throw this.#no(`it is nested deeper than ${DEEPEST}`);
    this.#skip(/[\s]*/y);
    const next = this.#text[this.#at] ?? '';
    if (next === '[' || next === '(') return this.#sequence(next === '[' ? ']' : ')', depth);
    if (next === '{') return this.#dictionary(depth);
    if (next === "'" || next === '"') return this.#string(next);
    return this.#word();
  }

  #word(): Literal {
    const word = this.#skip(/[A-Za-z]+/y);
    if (word === 'None') return null;
    if (word === 'True' || word === 'False') return word === 'True';
    const quote = this.#text[this.#at] ?? '';
    // Python 2 marked its texts.
    if (word === 'u' && /['"]/.test(quote)) return this.#string(quote);
    const digits = word === '' ? this.#skip(/[-+]?\d[\d.]*([eE][-+]?\d+)?/y) : '';
    const number = Number(digits);
    if (digits === '' || !Number.isFinite(number)) throw this.#no('a literal is missing');
    this.#skip(/L/y);
    return number;
  }

  end(): void {
    this.#skip(/\s*/y);
    if (this.#at < this.#text.length) throw this.#no('something follows it');
  }

  #sequence(close: string, depth: number): Literal[] {
    const items: Literal[] = [];
    this.#at++;
    while (!this.#closes(close)) {
      items.push(this.value(depth + 1));
      this.#separate(close);
    }
    return items;
  }

  #dictionary(depth: number): Map<string, Literal> {
    const entries = new Map<string, Literal>();
    this.#at++;
    while (!this.#closes('}')) {
      const key = this.value(depth + 1);
      if (typeof key === 'object' && key !== null) throw this.#no('a key is no plain value');
      if (this.#skip(/\s*:/y) === '') throw this.#no('":" is missing');
      entries.set(String(key), this.value(depth + 1));
      this.#separate('}');
    }
    return entries;
  }

  #closes(close: string): boolean {
    this.#skip(/\s*/y);
    if (this.#text[this.#at] !== close) return false;
    this.#at++;
    return true;
  }

  #separate(close: string): void {
    if (this.#skip(/\s*,/y) !== '') return;
    this.#skip(/\s*/y);
    if (this.#text[this.#at] !== close) throw this.#no(`"," or "${close}" is missing`);
  }

  #string(quote: string): string {
    let text = '';
    this.#at++;
    for (;;) {
      text += this.#skip(quote === "'" ? /[^'\\\n]*/y : /[^"\\\n]*/y);
      const next = this.#text[this.#at];
      if (next === quote) break;
      if (next !== '\\') throw this.#no('a text has no end');
      text += this.#escape();
    }
    this.#at++;
    return text;
  }

  #escape(): string {
    const escape = this.#skip(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[^])/y).slice(1);
    const kind = escape[0] ?? '';
    if (escape.length > 1 && /[xuU]/.test(kind)) return this.#character(Number.parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return this.#character(Number.parseInt(escape, 8));
    if (/[xuU]/.test(kind) || escape === '') throw this.#no('an escape is cut short');
    return ESCAPES[kind] ?? `\\${kind}`;
  }

  #character(code: number): string {
    if (code > 0x10ffff) throw this.#no('an escape names no character');
    return String.fromCodePoint(code);
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #no(why: string): Error {
    return new Error(`cannot read a Python literal: ${why} at character ${this.#at}`);
  }
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** As Python's `repr` would, but for characters beyond ASCII: those are escaped, which Python reads all the same. */
export function printText(text: string): string {
  const body = [...text].map(printCharacter).join('');
  return `'${body}'`;
}

function printCharacter(character: string): string {
  if (character === '\\' || character === "'") return `\\${character}`;
  if (character === '\n') return '\\n';
  const code = character.codePointAt(0)!;
  if (code >= 0x20 && code < 0x7f) return character;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
