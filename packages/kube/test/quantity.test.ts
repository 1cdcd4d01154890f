import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isQuantity, parseQuantity } from '../src/index.ts';

describe('A quantity', () => {
  const canonical: Record<string, string> = {
    '0': '0',
    '00Mi': '0',
    '1Gi': '1Gi',
    '1.5Gi': '1536Mi',
    '1024Mi': '1Gi',
    '0.5Mi': '512Ki',
    '1023': '1023',
    '1024': '1024',
    '100m': '100m',
    '0.1': '100m',
    '1000m': '1',
    '1000k': '1M',
    '12e6': '12e6',
    '1e3': '1e3',
    '1E': '1E',
    '-1.5': '-1500m',
    '+5': '5',
    '3.': '3',
    '.5': '500m',
    '1n': '1n',
    '0.1n': '1n',
    '-0.1n': '-1n',
    '1.1Ki': '1126400m',
  };
  for (const [text, want] of Object.entries(canonical)) {
    it(`${text} is ${want}`, () => assert.equal(parseQuantity(text).format(), want));
  }

  for (const text of [
    '',
    ' 1',
    '1 ',
    'x',
    '1.2.3',
    '1mi',
    '1K',
    '1i',
    '1e',
    '1ee3',
    '--1',
    '.',
    'Mi',
    '1e400',
    '9'.repeat(400),
  ]) {
    it(`isn't ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.equal(isQuantity(text), false);
      assert.throws(() => parseQuantity(text), RangeError);
    });
  }

  it('compares, adds and counts exactly', () => {
    const [gibi, giga] = [parseQuantity('1Gi'), parseQuantity('1G')];
    assert.ok(gibi.compare(giga) > 0);
    assert.equal(parseQuantity('1024Mi').compare(gibi), 0);
    assert.equal(gibi.bytes(), 2 ** 30);
    assert.equal(parseQuantity('1.5').millis(), 1500);
    assert.equal(parseQuantity('1500m').bytes(), 2);
    assert.equal(gibi.add(parseQuantity('512Mi')).format(), '1536Mi');
    assert.equal(gibi.subtract(gibi).sign(), 0);
    assert.equal(parseQuantity('500m').toInteger(), undefined);
  });

  it('is the same after writing and reading', () => {
    const text = fc
      .tuple(fc.integer(), fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Gi', 'e3'))
      .map(([amount, suffix]) => `${amount}${suffix}`);
    fc.assert(fc.property(text, one => parseQuantity(parseQuantity(one).format()).equals(parseQuantity(one))));
  });

  it('is read without throwing anything else, whatever the text', () => {
    fc.assert(fc.property(fc.string(), text => typeof isQuantity(text) === 'boolean'));
  });
});
