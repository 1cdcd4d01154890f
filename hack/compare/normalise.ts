/** Takes out of an answer what differs between any two runs: ids, times, versions, ports, folders. */

const rules: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/(resourceVersion"?: ?)"\d+"/g, '$1"<version>"'],
  [/(Resource Version: +)\d+/g, '$1<version>'],
  [/127\.0\.0\.1:\d+/g, '<server>'],
  [/\b(\d+d)?(\d+h)?(\d+m)?\d+s\b/g, '<age>'],
  [/[EI]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /g, '<log> '],
  [/\/tmp\/(LIVE|MERGED)-\d+/g, '/tmp/$1'],
  [/ +$/gm, ''],
  [/ {2,}/g, '  '],
];

export function normalise(text: string, folder: string): string {
  return rules.reduce((left, [pattern, mark]) => left.replace(pattern, mark), text.replaceAll(folder, '<folder>'));
}
