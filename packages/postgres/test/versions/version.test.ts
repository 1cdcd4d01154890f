/** How versions of PostgreSQL and of its packages are read and ordered. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareVersions, newestBuilds, parsePackagedVersion, parseVersion } from '@larder/postgres';

describe('versions', () => {
  it('are majors and minors', () => {
    assert.deepEqual(parseVersion('17.10'), { major: 17, minor: 10 });
    for (const text of ['17', '17.10.0', '17.x', '', ' 17.1', '17.1\n'])
      assert.equal(parseVersion(text), undefined, text);
  });

  it('are ordered as numbers', () => {
    assert.deepEqual(['18.1', '17.10', '17.9'].sort(compareVersions), ['17.9', '17.10', '18.1']);
  });

  it('of packages name PostgreSQL’s and a build', () => {
    assert.equal(parsePackagedVersion('17.10.0-beta.17')?.version, '17.10');
    assert.equal(parsePackagedVersion('15.5.1-beta.11')?.version, '15.5');
    for (const text of ['latest', '17.10', '17.10.0-rc.1', '../17.1.0-beta.1'])
      assert.equal(parsePackagedVersion(text), undefined);
  });

  it('of packages are chosen by the highest build, with their gaps', () => {
    const published = [
      '17.2.0-beta.15',
      '17.2.0-beta.9',
      '14.3.0-alpha.21',
      '14.3.0-beta.6',
      '17.4.0-beta.15',
      '15.5.1-beta.9',
      '15.5.0-beta.30',
    ];
    assert.deepEqual(
      newestBuilds(published).map(({ version, packageVersion }) => `${version} ${packageVersion}`),
      ['17.4 17.4.0-beta.15', '17.2 17.2.0-beta.15', '15.5 15.5.1-beta.9', '14.3 14.3.0-beta.6'],
    );
  });
});
