/** What is suggested for a word that names nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearest } from '../src/suggest.ts';

const kinds = ['secrets', 'secret', 'postgresqlinstances', 'pods', 'po', 'jobs'];

for (const { word, want, reason } of [
  { word: 'secert', want: ['secret', 'secrets'], reason: 'two neighbours changed places' },
  { word: 'pstgres', want: ['postgresqlinstances'], reason: 'the beginning of a long word counts' },
  { word: 'POD', want: ['po', 'pods'], reason: 'case does not matter' },
  { word: 'nodes', want: [], reason: 'what only looks a little alike is no help' },
])
  test(`${word}: ${reason}`, () => assert.deepEqual(nearest(word, kinds), want));

test('no words, no question', () => {
  assert.equal(didYouMean([]), undefined);
  assert.equal(didYouMean(['a', 'b']), 'did you mean "a" or "b"?');
});
