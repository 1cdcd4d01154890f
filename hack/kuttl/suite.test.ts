import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { readSuite, withToolsImage } from './suite.ts';

const SUITE = 'apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\n';

/** The suite that `files` hold, or the message it is refused with. */
function read(files: Record<string, string>): ReturnType<typeof readSuite> | string {
  const folder = mkdtempSync(join(tmpdir(), 'larder-suite-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return readSuite(join(folder, 'kuttl-test.yaml'));
  } catch (error) {
    return (error as Error).message.replaceAll(folder, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('readSuite', () => {
  it('reads steps in order of their numbers, and what each file means from its name', () => {
    const suite = read({
      'kuttl-test.yaml': `${SUITE}testDirs: [./cases]\ntimeout: 7\n`,
      'cases/one/10-later.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n',
      'cases/one/09-first.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
      'cases/one/09-assert.yaml':
        'apiVersion: v1\nkind: ConfigMap\n---\napiVersion: kuttl.dev/v1beta1\nkind: TestAssert\ntimeout: 3\n',
      'cases/one/10-errors.yaml': 'apiVersion: v1\nkind: Secret\n',
      'cases/one/README.md': 'not a step',
    });
    assert.ok(typeof suite === 'object');
    const steps = suite.cases[0]?.steps ?? [];
    assert.deepEqual(
      steps.map(({ index, name, apply, asserts, errors, timeout }) => ({
        index,
        name,
        counts: [apply.length, asserts.length, errors.length],
        timeout,
      })),
      [
        { index: 9, name: 'first', counts: [1, 1, 0], timeout: 3 },
        { index: 10, name: 'later', counts: [1, 0, 1], timeout: undefined },
      ],
    );
    assert.equal(suite.timeout, 7);
  });

  it('gives jobs the tools image of a cluster, and leaves other images alone', () => {
    const suite = read({
      'kuttl-test.yaml': `${SUITE}testDirs: [./cases]\n`,
      'cases/one/00-install.yaml':
        'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: "larder.dev/tools:0.1"}, {image: busybox}]}\n',
    });
    assert.ok(typeof suite === 'object');
    const [pod] = withToolsImage(suite, 'r.example.com/tools:abc').cases[0]?.steps[0]?.apply ?? [];
    assert.deepEqual(pod?.spec, { containers: [{ image: 'r.example.com/tools:abc' }, { image: 'busybox' }] });
  });

  const refused = [
    {
      reason: 'What the runner would not do is refused by name.',
      files: { 'kuttl-test.yaml': `${SUITE}startKIND: true\n` },
      want: /does not do TestSuite\.startKIND/,
    },
    {
      reason: 'A folder that is not there is not an empty suite.',
      files: { 'kuttl-test.yaml': `${SUITE}testDirs: [./nowhere]\n` },
      want: /testDirs names it/,
    },
    {
      reason: 'A case without steps would pass without testing anything.',
      files: { 'kuttl-test.yaml': `${SUITE}testDirs: [./cases]\n`, 'cases/one/install.yaml': 'a: 1\n' },
      want: /no file is named like/,
    },
  ];
  for (const { reason, files, want } of refused) {
    it(reason, () => {
      const answer = read(files as unknown as Record<string, string>);
      assert.ok(typeof answer === 'string');
      assert.match(answer, want);
    });
  }
});
