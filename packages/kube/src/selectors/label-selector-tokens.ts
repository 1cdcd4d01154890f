/** The words and signs of a label selector. `in` and `notin` are words here: only the parser knows where they are operators. */

export interface Token {
  is: 'word' | '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<' | 'end';
  text: string;
}

const pattern = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^=!(),<> \t\r\n]+))/y;

/** The tokens in order, without a closing `end`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, sign, word] = match;
    tokens.push(word === undefined ? { is: sign as Token['is'], text: sign ?? '' } : { is: 'word', text: word });
  }
  return tokens;
}
