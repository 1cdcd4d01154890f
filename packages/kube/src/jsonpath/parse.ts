/** Parses JSONPath templates as kubectl and CRD columns spell them: `{range .items[*]}{.metadata.name}{"\n"}{end}`. */
import { isDeeperThan } from '../json.ts';
import { parsePath } from './parse-path.ts';
import { JsonPathError } from './syntax.ts';
import type { JsonPath } from './syntax.ts';

/** @throws JsonPathError */
export function parseJsonPath(template: string): JsonPath {
  const root: JsonPath = [];
  const open: JsonPath[] = [root];
  let position = 0;
  while (position < template.length) {
    const current = open[open.length - 1] ?? root;
    const brace = template.indexOf('{', position);
    const text = template.slice(position, brace < 0 ? undefined : brace);
    if (text !== '') current.push({ is: 'text', text });
    if (brace < 0) break;
    const action = parsePath(template, brace + 1);
    position = action.end;
    if (action.keyword === 'end') {
      if (open.length === 1) throw new JsonPathError('not in range, nothing to end');
      open.pop();
    } else if (action.keyword === 'range') {
      const body: JsonPath = [];
      current.push({ is: 'range', steps: action.steps, body });
      open.push(body);
    } else {
      current.push({ is: 'path', steps: action.steps });
    }
  }
  if (open.length > 1) throw new JsonPathError('unclosed range, expected {end}');
  if (isDeeperThan(root)) throw new JsonPathError('the template is nested too deep');
  return root;
}

/**
 * Parses one path with or without braces and leading dot, as `kubectl wait --for=jsonpath=`, `-o custom-columns` and
 * printer columns take it: `{.status.phase}`, `.status.phase` and `status.phase` are the same.
 * @throws JsonPathError
 */
export function parseRelaxedJsonPath(path: string): JsonPath {
  const match = /^\{?\s*(?:\$?\.)?([^]*?)\s*\}?$/.exec(path.trim());
  const bare = match?.[1] ?? '';
  if (bare === '') throw new JsonPathError('unexpected path string, expected a name or a path such as .metadata.name');
  return parseJsonPath(bare.startsWith('[') ? `{${bare}}` : `{.${bare}}`);
}
