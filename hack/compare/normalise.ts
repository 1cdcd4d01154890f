/** Takes out of an answer what differs between any two runs: ids, times, versions, ports, folders. */

const rules: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+\d+/g, '<time>'],
  [/(resourceVersion\\*"?: ?)\\*"\d+\\*"/g, '$1"<version>"'],
  [/(Resource Version: +)\d+/g, '$1<version>'],
  [/(resource version: )\d+( \(\d+\))?/g, '$1<version>'],
  [/(continue\\?"?: ?)\\?"[\w+/=-]+\\?"/g, '$1"<token>"'],
  [/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256=<hash>'],
  [/(ResourceVersion in record )\(\d+\)/g, '$1(<version>)'],
  [/\bBad_[a-z0-9]{5}\b/g, 'Bad_<suffix>'],
  [/127\.0\.0\.1:\d+/g, '<server>'],
  [/\b(\d+d)?(\d+h)?(\d+m)?\d+s\b/g, '<age>'],
  [/[EIW]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /g, '<log> '],
  [/\/tmp\/(LIVE|MERGED)-\d+/g, '/tmp/$1'],
  [/ +$/gm, ''],
];

export function normalise(text: string): string {
  return rules.reduce((left, [pattern, mark]) => left.replace(pattern, mark), text);
}

/** Tables are as wide as their widest cell, and ids and ages differ. */
export const narrow = (text: string): string => text.replace(/(?<=\S) {2,}/g, '  ').replace(/^ {2,}/gm, '  ');
