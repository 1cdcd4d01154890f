/** YAML bodies: what they mean, and that none stops the server. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readYaml, YamlProblem } from '../../src/http/yaml.ts';

describe('readYaml', () => {
  it('reads what JSON can say', () => {
    assert.deepEqual(readYaml('a: 1\nb: [yes, "x", null, 2026-01-01]\nc: {d: true}').value, {
      a: 1,
      b: ['yes', 'x', null, '2026-01-01'],
      c: { d: true },
    });
    assert.equal(readYaml('').value, null);
  });

  it('merges and copies what aliases name', () => {
    const { value } = readYaml('base: &b {x: [1]}\none: *b\ntwo: {<<: *b, y: 2}\n');
    assert.deepEqual(value, { base: { x: [1] }, one: { x: [1] }, two: { x: [1], y: 2 } });
    const { base, one } = value as { base: object; one: object };
    assert.notEqual(base, one);
  });

  it('takes the last of two, and says which line', () => {
    assert.deepEqual(readYaml('a: 1\nb:\n  c: 1\n  c: 2\n'), {
      value: { a: 1, b: { c: 2 } },
      duplicates: ['  line 4: key "c" already set in map'],
    });
  });

  for (const [name, text] of Object.entries({
    'a list without an end': 'a: [',
    'two documents': 'a: 1\n---\nb: 1\n',
    'an alias of nothing': 'a: *none\n',
    'an alias of itself': 'a: &a [*a]\n',
    'aliases of aliases of aliases': `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from(
      { length: 9 },
      (_, level) => `a${level + 1}: &a${level + 1} [${Array.from({ length: 10 }, () => `*a${level}`).join(', ')}]`,
    ).join('\n')}`,
    'a list in a list in a list': '['.repeat(20_000),
  })) {
    it(`refuses ${name}`, () => assert.throws(() => readYaml(text), YamlProblem));
  }

  it('reads large texts without comparing each key with each other', () => {
    const text = Array.from({ length: 100_000 }, (_, index) => `key${index}: x`).join('\n');
    assert.equal(Object.keys(readYaml(text).value as object).length, 100_000);
  });
});
