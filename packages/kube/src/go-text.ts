/** Values written the way Go prints them: Kubernetes' error texts quote values so, and scripts compare the texts. */

const escapes: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** A string as Go's `%q` prints it. */
export function goQuote(text: string): string {
  return `"${text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const known = escapes[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  if (code >= 0xd800 && code < 0xe000) return '\ufffd';
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

/** A number as Go's `%v` prints it. */
export function goNumber(value: number): string {
  const plain = value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e21);
  const text = plain ? String(value) : value.toExponential();
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** A value of a Go type: its fields keep their order where a map's are sorted. */
export class GoStruct {
  readonly fields: Record<string, unknown>;

  constructor(fields: Record<string, unknown>) {
    this.fields = fields;
  }
}

/** JSON as Go's encoder writes it: a map's keys sorted, and `<`, `>`, `&` escaped. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(sorted(value)) ?? 'null';
  return text.replace(/[<>&\u2028\u2029]/g, character => `\\u${hex(character.charCodeAt(0), 4)}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof GoStruct) return value.fields;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // A null prototype, so that a key named `__proto__` stays a key.
  return Object.assign(Object.create(null), Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)])));
}
