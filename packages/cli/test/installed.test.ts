/** After `git pull` brought new dependencies, `larder` says what to do instead of failing in node's words. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

type Packages = Record<string, { version?: string; dev?: boolean; optional?: boolean; link?: boolean }>;

const bin = fileURLToPath(new URL('../bin/', import.meta.url));
const needed: Packages = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/@b/c': { version: '2.0.0' } };

/** A checkout with nothing in it but the command and the two lists. The newer of them is the lock file unless said otherwise. */
function checkout(t: TestContext, lock: Packages, installed?: Packages, isOlder = false): string {
  const folder = mkdtempSync(join(tmpdir(), 'larder-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(bin, join(folder, 'packages/cli/bin'), { recursive: true });
  writeFileSync(join(folder, 'packages/cli/package.json'), '{ "type": "module", "version": "0.1.0" }');
  const put = (path: string, packages: Packages, time: number): void => {
    writeFileSync(path, JSON.stringify({ packages }));
    utimesSync(path, time, time);
  };
  put(join(folder, 'package-lock.json'), lock, isOlder ? 1_000 : 2_000);
  mkdirSync(join(folder, 'node_modules'));
  if (installed) put(join(folder, 'node_modules/.package-lock.json'), installed, 1_500);
  return folder;
}

function run(folder: string): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [join(folder, 'packages/cli/bin/larder.js'), 'version'], { encoding: 'utf8' });
}

/** What the command would say, without starting it. */
function told(folder: string): string {
  const program = `import { describeUninstalled, findUninstalled } from './packages/cli/bin/installed.js';
    process.stdout.write(describeUninstalled(findUninstalled('.')) ?? '');`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, encoding: 'utf8' });
}

test('a package that lacks is named, with what to do, and nothing is started', t => {
  const { status, stderr } = run(checkout(t, needed, { 'node_modules/a': { version: '1.0.0' } }));
  assert.equal(status, 1);
  assert.equal(
    stderr,
    'larder: package-lock.json asks for what is not installed: @b/c\n  npm install gets it, and so does make provision\n',
  );
});

test('in a checkout where nothing was installed the same is said', t => {
  const { status, stderr } = run(checkout(t, needed));
  assert.equal(status, 1);
  assert.match(stderr, /^larder: package-lock.json asks for what is not installed: a, @b\/c\n {2}npm install gets it/);
});

test('another version is said, and may do', t => {
  const folder = checkout(t, needed, { ...needed, 'node_modules/a': { version: '0.9.0' } });
  assert.match(told(folder), /^larder: package-lock.json asks for another version of a\n {2}npm install/);
});

test('what only developers need, or another machine, is not asked for', t => {
  const lock: Packages = {
    ...needed,
    '': {},
    'packages/x': { version: '1.0.0' },
    'node_modules/d': { version: '1.0.0', dev: true },
    'node_modules/o': { version: '1.0.0', optional: true },
  };
  assert.equal(told(checkout(t, lock, needed)), '');
});

test('an older lock file is not even read', t => assert.equal(told(checkout(t, needed, {}, true)), ''));
