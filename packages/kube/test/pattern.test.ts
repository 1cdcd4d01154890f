/** Patterns that JavaScript may match in RE2's place: the answers are RE2's, also for what only looks simple. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePattern, matchesPattern } from '../src/schema/pattern.ts';

const patterns = [
  '^[-._a-zA-Z0-9]+$',
  '^[a-z]*$',
  '^[a-z0-9-]+$',
  '^[^a]+$',
  '^[a-z]+',
  '^[\\w]+$',
  '^([a-z]+)+$',
  '^[ -~]+$',
];
const texts = ['', 'a', 'key.name', 'KEY', 'ä', 'a\n', '\na', 'a b', '-', '^', 'ſ', '0', 'a\u0000'];

describe('matchesPattern', () => {
  for (const pattern of patterns) {
    it(`answers as RE2 does for ${pattern}`, () => {
      for (const text of texts) {
        const want = compilePattern(pattern).matcher(text).find();
        assert.equal(matchesPattern(pattern, text), want, JSON.stringify(text));
      }
    });
  }

  it('refuses what is no pattern with RE2’s error', () => {
    assert.throws(() => matchesPattern('^[z-a]+$', 'a'), /invalid character class range/);
  });
});
