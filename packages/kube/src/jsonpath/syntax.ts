/** What a JSONPath template parses to. */

/** One step of a path; each takes the values so far and gives the next ones. */
export type Step =
  | { is: 'literal'; value: string | number | boolean }
  | { is: 'field'; name: string }
  | { is: 'wildcard' }
  | { is: 'recursive' }
  | { is: 'slice'; start?: number; end?: number; step?: number; single: boolean }
  | { is: 'union'; paths: Step[][] }
  | { is: 'filter'; left: Step[]; operator: string; right: Step[] };

/** A template: text, paths in braces, and ranges over what a path gives. */
export type JsonPath = (
  { is: 'text'; text: string } | { is: 'path'; steps: Step[] } | { is: 'range'; steps: Step[]; body: JsonPath }
)[];

/** A template that can't be parsed, or a path that doesn't fit the data. The message is kubectl's. */
export class JsonPathError extends Error {
  override name = 'JsonPathError';
}
