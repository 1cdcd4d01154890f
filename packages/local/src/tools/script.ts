/** SQL scripts as statements: split where psql would split them, line by line, so that a script may be of any size. */

/** What the text is in at the end of a line: nothing, a literal until its end, or comments inside each other. */
type Inside = { kind: 'nothing' } | { kind: 'literal'; end: RegExp } | { kind: 'comment'; depth: number };

const NOTHING: Inside = { kind: 'nothing' };
const TOKEN =
  /--.*|\/\*|[eE]'|'|"|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|[();]|\s+|./gy;

/** One script's text on its way through. */
export class StatementSplitter {
  #text = '';
  #inside: Inside = NOTHING;
  /** Something that is no comment has come. */
  #isBegun = false;
  #parentheses = 0;
  /** Words so far, as many as tell a function's definition. */
  #words: string[] = [];
  /** `BEGIN ATOMIC` bodies and the `CASE`s in them: their semicolons end nothing. */
  #blocks = 0;

  /** The statements that this line completes, without their semicolons. */
  push(line: string): string[] {
    const done: string[] = [];
    let at = 0;
    let from = 0;
    while (at < line.length) {
      if (this.#inside.kind !== 'nothing') {
        at = this.#skip(line, at);
        continue;
      }
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(line)?.[0] ?? line.slice(at);
      at += token.length;
      if (!this.#take(token)) continue;
      const statement = (this.#text + line.slice(from, at - 1)).trim();
      from = at;
      this.#begin();
      if (statement !== '') done.push(statement);
    }
    this.#text += `${line.slice(from)}\n`;
    if (this.isBetween) this.#text = '';
    return done;
  }

  /** What came after the last semicolon. */
  rest(): string {
    return this.#isBegun ? this.#text.trim() : '';
  }

  /** Nothing of a statement has come yet. */
  get isBetween(): boolean {
    return this.#inside.kind === 'nothing' && !this.#isBegun;
  }

  #begin(): void {
    this.#text = '';
    this.#isBegun = false;
    this.#parentheses = 0;
    this.#words = [];
    this.#blocks = 0;
  }

  /** To the end of the literal or comment, or of the line. */
  #skip(line: string, at: number): number {
    const inside = this.#inside;
    if (inside.kind === 'comment') return this.#skipComment(line, at, inside.depth);
    if (inside.kind === 'nothing') return at;
    inside.end.lastIndex = at;
    const end = inside.end.exec(line);
    if (end === null) return line.length;
    this.#inside = NOTHING;
    return end.index + end[0].length;
  }

  #skipComment(line: string, at: number, depth: number): number {
    const edge = /\/\*|\*\//g;
    edge.lastIndex = at;
    const found = edge.exec(line);
    if (found === null) return line.length;
    const left = found[0] === '/*' ? depth + 1 : depth - 1;
    this.#inside = left === 0 ? NOTHING : { kind: 'comment', depth: left };
    return found.index + 2;
  }

  /** True when the token ends a statement. */
  #take(token: string): boolean {
    if (!/^(\s|--|\/\*)/.test(token)) this.#isBegun = true;
    if (token === '/*') this.#inside = { kind: 'comment', depth: 1 };
    else if (token === '"') this.#inside = { kind: 'literal', end: /"/g };
    else if (token === "'") this.#inside = { kind: 'literal', end: /'/g };
    else if (token === "e'" || token === "E'") this.#inside = { kind: 'literal', end: /(?<=(?:^|[^\\])(?:\\\\)*)'/g };
    else if (token.startsWith('$') && token.length > 1)
      this.#inside = { kind: 'literal', end: new RegExp(token.replaceAll('$', '\\$'), 'g') };
    else if (token === '(') this.#parentheses++;
    else if (token === ')') this.#parentheses--;
    else if (/^[A-Za-z_]/.test(token)) this.#takeWord(token.toLowerCase());
    return token === ';' && this.#parentheses <= 0 && this.#blocks === 0;
  }

  #takeWord(word: string): void {
    if (this.#words.length < 4) this.#words.push(word);
    if (!/^create (or replace )?(function|procedure)/.test(this.#words.join(' '))) return;
    const opens = word === 'begin' || (word === 'case' && this.#blocks > 0);
    if (opens) this.#blocks++;
    if (word === 'end' && this.#blocks > 0) this.#blocks--;
  }
}

/** `COPY … FROM STDIN`: the lines after it are data, up to `\.`. */
export function isCopyIn(statement: string): boolean {
  return /^\s*copy\b[\s\S]*\bfrom\s+stdin\b/i.test(statement);
}

/** `COPY … TO STDOUT`: what it answers is data. */
export function isCopyOut(statement: string): boolean {
  return /^\s*copy\b[\s\S]*\bto\s+stdout\b/i.test(statement);
}
