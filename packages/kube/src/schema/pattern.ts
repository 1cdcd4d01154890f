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

/** Whether the pattern matches anywhere in the text. @throws RE2JSException when it is none */
export function matchesPattern(pattern: string, text: string): boolean {
  const simple = simplePattern(pattern);
  return simple === undefined ? compilePattern(pattern).matcher(text).find() : simple.test(text);
}

/** One class of plain ASCII characters, repeated, from end to end: means the same everywhere, and takes linear time everywhere. */
const ofOneClass = /^\^\[(?!\^)[-A-Za-z0-9._/:@ ]+\][+*]\$$/;
const simpleCache = new Map<string, RegExp | undefined>();

/** JavaScript's own expression, ten times as fast, where it can't differ from RE2's. */
function simplePattern(pattern: string): RegExp | undefined {
  if (simpleCache.has(pattern)) return simpleCache.get(pattern);
  // An upside-down range is no expression: RE2's error is the one to tell.
  const ranges = pattern.match(/[^-[]-[^-\]]/g) ?? [];
  const fits = ofOneClass.test(pattern) && ranges.every(range => range.charCodeAt(0) <= range.charCodeAt(2));
  const simple = fits ? new RegExp(pattern) : undefined;
  if (simpleCache.size >= maxCached) simpleCache.clear();
  simpleCache.set(pattern, simple);
  return simple;
}
