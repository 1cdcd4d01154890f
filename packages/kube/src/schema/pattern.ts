/** Regular expressions as Kubernetes has them: RE2, whose time grows with the text and never explodes. */
import { RE2JS } from 're2js';

/** The compiled expression; patterns are few and come back with every object, so the latest are kept. */
const cache = new Map<string, RE2JS>();
const maxCached = 1000;

/** @throws RE2JSException when it is none that RE2 understands */
export function compilePattern(pattern: string): RE2JS {
  const known = cache.get(pattern);
  if (known) return known;
  const compiled = RE2JS.compile(pattern);
  if (cache.size >= maxCached) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}

/** Whether the pattern matches anywhere in the text. */
export function matchesPattern(pattern: string, text: string): boolean {
  return compilePattern(pattern).matcher(text).find();
}
