import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDuration, humanDuration, parseDuration } from '../src/index.ts';

describe('A duration', () => {
  const read: [text: string, ms: number, written: string][] = [
    ['0', 0, '0s'],
    ['90s', 90_000, '1m30s'],
    ['1h30m', 5_400_000, '1h30m0s'],
    ['1.5s', 1500, '1.5s'],
    ['250ms', 250, '250ms'],
    ['7d', 604_800_000, '168h0m0s'],
    ['-5m', -300_000, '-5m0s'],
    ['.5h', 1_800_000, '30m0s'],
    ['100us', 0.1, '100µs'],
  ];
  for (const [text, ms, written] of read) {
    it(`${text} is ${written}`, () => {
      assert.equal(parseDuration(text), ms);
      assert.equal(formatDuration(ms), written);
    });
  }

  for (const text of ['', '5', 'h', '1h 30m', '1w', '1.2.3s', '--1s', '99999999999h']) {
    it(`isn't ${JSON.stringify(text)}`, () => assert.throws(() => parseDuration(text), RangeError));
  }

  it('is no trap for long texts', () => {
    assert.throws(() => parseDuration('1'.repeat(200_000)), RangeError);
  });
});

describe('An age is shown as kubectl shows it', () => {
  const ages: [seconds: number, text: string][] = [
    [-5, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [150, '2m30s'],
    [600, '10m'],
    [10_740, '179m'],
    [10_800, '3h'],
    [14_460, '4h1m'],
    [28_800, '8h'],
    [172_800, '2d'],
    [180_000, '2d2h'],
    [691_200, '8d'],
    [63_072_000, '2y'],
    [94_694_400, '3y1d'],
    [300_000_000, '9y'],
  ];
  for (const [seconds, text] of ages) it(text, () => assert.equal(humanDuration(seconds * 1000), text));
});
