import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfLifeOf, isSupportedMajor, supportedMajors } from '@larder/catalog';
import { majorsWithFacts } from '../src/postgresql/facts/facts.ts';
import { chooseVersion } from '../src/postgresql/versions/choose.ts';

const onOffer = ['14.23', '15.18', '16.14', '17.2', '17.10', '17.9', '18.4'];

const chosen: [string, string | undefined, string, string][] = [
  ['a major is its newest minor, by number and not by letter', undefined, '17', '17.10'],
  ['an exact version is exactly that', undefined, '17.2', '17.2'],
  ['what runs stays when the wish is met', '17.10', '17', '17.10'],
  ['a pinned version stays though newer ones are on offer', '17.9', '17.9', '17.9'],
  ['what runs stays though it is on offer no more', '17.5', '17.5', '17.5'],
  ['what runs stays though its major is on offer no more', '13.2', '13', '13.2'],
  ['what runs stays though it is newer than what is on offer', '17.11', '17', '17.11'],
];

for (const [sentence, running, wish, version] of chosen) {
  test(sentence, () => {
    assert.deepEqual(chooseVersion({ wish, onOffer, running }), { kind: 'use', version });
  });
}

test('a newer minor is an upgrade of what runs', () => {
  assert.deepEqual(chooseVersion({ wish: '17', onOffer, running: '17.9' }), {
    kind: 'upgrade',
    from: '17.9',
    to: '17.10',
  });
  assert.deepEqual(chooseVersion({ wish: '17.9', onOffer, running: '17.2' }), {
    kind: 'upgrade',
    from: '17.2',
    to: '17.9',
  });
});

const refusals: [string, string | undefined, string, string, RegExp][] = [
  ['a version with a gap', undefined, '17.3', 'VersionNotOnOffer', /choose 17\.10, 17\.9 or 17\.2$/],
  ['a major that nobody offers', undefined, '19', 'VersionNotSupported', /choose 15, 16, 17 or 18$/],
  ['an old major, though it is on offer', undefined, '14', 'VersionNotSupported', /not offered to new instances/],
  ['an exact version of an old major', undefined, '14.23', 'VersionNotSupported', /not offered to new instances/],
  [
    'a newer minor that is not there, of what runs',
    '17.10',
    '17.11',
    'VersionNotOnOffer',
    /choose 17\.10, 17\.9 or 17\.2/,
  ],
  ['a lower minor than what runs', '17.10', '17.9', 'VersionDowngrade', /set it to "17\.10" or "17"$/],
  ['a lower major than what runs', '17.10', '16', 'VersionDowngrade', /can not go down/],
  [
    'a higher major than what runs',
    '17.10',
    '18',
    'MajorUpgradeNotPossible',
    /set it back to "17", or make a new instance/,
  ],
];

for (const [sentence, running, wish, reason, message] of refusals) {
  test(`refused: ${sentence}`, () => {
    const choice = chooseVersion({ wish, onOffer, running });
    assert.ok(choice.kind === 'refused');
    assert.equal(choice.refused.reason, reason);
    assert.equal(choice.refused.field, 'updatePolicy.version');
    assert.equal(choice.refused.value, wish);
    assert.match(choice.refused.because, message);
  });
}

test('a higher major is a change of its own where the plane can make one, to what new instances would get', () => {
  const offered = ['17.10', '18.3', '18.4'];
  const choose = (wish: string): unknown => chooseVersion({ wish, onOffer: offered, running: '17.10', majors: true });
  assert.deepEqual(choose('18'), { kind: 'major', from: '17.10', to: '18.4' });
  assert.deepEqual(choose('18.3'), { kind: 'major', from: '17.10', to: '18.3' });
  assert.equal((choose('19') as { refused: { reason: string } }).refused.reason, 'VersionNotSupported');
  assert.equal((choose('16') as { refused: { reason: string } }).refused.reason, 'VersionDowngrade');
});

test('no major upgrade goes to where replication would run an owner’s functions as a superuser', () => {
  const choice = chooseVersion({ wish: '15', onOffer: ['15.18'], running: '14.20', majors: true });
  assert.ok(choice.kind === 'refused');
  assert.equal(choice.refused.reason, 'MajorUpgradeNotPossible');
  assert.match(choice.refused.because, /choose 16 or newer$/);
});

test('every major that new instances get has an end and facts', () => {
  for (const major of supportedMajors) {
    assert.match(endOfLifeOf(major) ?? '', /^20\d\d-11-\d\d$/);
    assert.ok(majorsWithFacts.includes(major));
    assert.ok(isSupportedMajor(major));
  }
  assert.equal(endOfLifeOf(99), undefined);
  assert.ok(!isSupportedMajor(14));
});
