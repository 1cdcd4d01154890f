/**
 * Takes passwords out of what a log says. The servers' settings keep statements out of the log; what is left are those that took
 * long, those whose owner wants them logged, and what a parser quotes.
 */

const PATTERNS: [RegExp, string][] = [
  // ALTER ROLE … PASSWORD '…', also misspelled, also cut off; and the options of user mappings.
  [/(\bpass(?:word|wd)?\b['"]?\s*(?:=>?|:=?|to)?\s*)(?:[eu]&?)?'(?:[^']|'')*(?:'|$)/gis, "$1'***'"],
  [/(\bpass(?:word|wd)?\b\s*(?:=>?|:=?|to)?\s*)\$(\w*)\$.*?(?:\$\2\$|$)/gis, "$1'***'"],
  // Inside of connection strings.
  [/(\bpass(?:word|wd)\s*=\s*)(?!'\*\*\*')(?:\\'(?:[^'\\]|\\.)*|[^\s'"&;,)]+)/gi, '$1***'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@'"]*:)[^\s@'"]*(@)/gi, '$1***$2'],
  [/SCRAM-SHA-256\$\d+:[\w+/=]+\$[\w+/=]+:[\w+/=]+/g, '***'],
];

export function withoutPasswords(text: string): string {
  return PATTERNS.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text);
}
