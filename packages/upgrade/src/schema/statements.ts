/**
 * Statements out of the text of a dump. Follows PostgreSQL's own lexer where a semicolon may hide: strings, quoted names, dollar
 * quotes, comments, parentheses, and the bodies of SQL functions (`BEGIN ATOMIC … END`). Pure.
 */

/** Without comments in front and the semicolon behind. Lines for psql (`\restrict` and its like) are no SQL and are left out. */
export function splitStatements(dump: string): string[] {
  const statements: string[] = [];
  let rest = dump;
  for (;;) {
    rest = rest.replace(NOTHING, '');
    if (rest === '') return statements;
    const length = lengthOf(rest);
    statements.push(rest.slice(0, length).trim());
    rest = rest.slice(length + 1);
  }
}

/** Blanks, comments to the end of a line, and psql's commands, before a statement begins. */
const NOTHING = /^(?:\s+|--[^\n]*(?:\n|$)|\\[^\n]*(?:\n|$))+/;

const TOKENS = [
  /--[^\n]*/y,
  /\/\*/y,
  /[eE]'(?:[^'\\]|\\[^]|'')*'/y,
  /'(?:[^']|'')*'/y,
  /"(?:[^"]|"")*"/y,
  /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y,
  /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y,
  /[0-9][0-9A-Za-z_.]*/y,
];

interface Depths {
  parentheses: number;
  /** Of BEGIN and CASE, inside the body of a routine. */
  blocks: number;
}

/** Up to the semicolon that ends the statement, or to the end. */
function lengthOf(text: string): number {
  const routine = /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b/i.test(text);
  const depths: Depths = { parentheses: 0, blocks: 0 };
  for (let at = 0; at < text.length;) {
    const token = tokenAt(text, at);
    if (token === ';' && depths.parentheses === 0 && depths.blocks === 0) return at;
    if (token === '(') depths.parentheses += 1;
    if (token === ')') depths.parentheses -= 1;
    if (routine) depths.blocks = blocksAfter(depths.blocks, token);
    at += token.length;
  }
  return text.length;
}

/** As psql counts: an END closes what BEGIN or CASE has opened. */
function blocksAfter(blocks: number, token: string): number {
  const word = token.toUpperCase();
  if (word === 'BEGIN' || (word === 'CASE' && blocks > 0)) return blocks + 1;
  return word === 'END' && blocks > 0 ? blocks - 1 : blocks;
}

function tokenAt(text: string, at: number): string {
  for (const pattern of TOKENS) {
    pattern.lastIndex = at;
    const [token] = pattern.exec(text) ?? [];
    if (token === undefined) continue;
    if (token === '/*') return text.slice(at, endOfComment(text, at));
    return token.startsWith('$') ? text.slice(at, endOfQuote(text, at, token)) : token;
  }
  return text[at] ?? '';
}

function endOfQuote(text: string, at: number, tag: string): number {
  const end = text.indexOf(tag, at + tag.length);
  return end < 0 ? text.length : end + tag.length;
}

/** They nest. */
function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const two = text.slice(at, at + 2);
    if (two === '/*') depth += 1;
    if (two === '*/') depth -= 1;
    if (two !== '/*' && two !== '*/') continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
