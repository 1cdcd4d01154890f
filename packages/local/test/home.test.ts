/** Opening a home: made private, and refused with a remedy where it would fail later. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { homeFolder, HomeError, openHome, writeFileAtomic } from '../src/index.ts';
import { scratchFolder } from './scratch.ts';

const root = process.getuid?.() === 0;

test('a home is made once, private, and opens again', () => {
  const folder = join(scratchFolder(), 'deep', 'home');
  const home = openHome(folder);
  assert.deepEqual(openHome(folder), home);
  assert.equal(statSync(folder).mode & 0o777, root ? 0o711 : 0o700);
  assert.equal(statSync(home.pki).mode & 0o777, 0o700);
});

test('LARDER_HOME names the home, and nothing else does', () => {
  assert.equal(homeFolder({ LARDER_HOME: '/srv/larder' }), '/srv/larder');
  assert.equal(homeFolder({ LARDER_HOME: '' }), root ? '/var/lib/larder' : join(process.env.HOME!, '.larder'));
});

test(
  'as root, a home in a private folder is refused: servers could not reach it',
  { skip: !root && 'needs root' },
  () => {
    const folder = scratchFolder();
    chmodSync(folder, 0o700);
    assert.throws(() => openHome(join(folder, 'home')), /can't pass ".*"; run: chmod o\+x/);
  },
);

const refused: { name: string; arrange: (folder: string) => string; want: RegExp; needs?: boolean }[] = [
  {
    name: 'a folder that others may write',
    arrange: folder => (chmodSync(folder, 0o777), folder),
    want: /others may write it \(mode 777\); run: chmod go-w/,
  },
  {
    name: 'a folder below one that everybody may replace',
    arrange: folder => {
      const above = join(folder, 'above');
      mkdirSync(above);
      chmodSync(above, 0o777);
      return join(above, 'home');
    },
    want: /everybody may write ".*above", and so replace it; run: chmod o-w/,
  },
  {
    name: 'a path that is too long for PostgreSQL',
    arrange: folder => join(folder, 'x'.repeat(250), 'y'.repeat(250), 'z'.repeat(250)),
    want: /has \d+ bytes.*LARDER_HOME/,
  },
  { name: 'a path with a quote in it', arrange: folder => join(folder, "it's"), want: /quotes, backslashes/ },
  { name: 'a path with a newline in it', arrange: folder => join(folder, 'a\nb'), want: /control characters/ },
  {
    name: 'a file',
    arrange: folder => (writeFileSync(join(folder, 'file'), ''), join(folder, 'file')),
    want: /it is a file; set LARDER_HOME/,
  },
  {
    name: 'a read-only file system',
    arrange: () => '/sys/larder',
    want: /cannot make home "\/sys\/larder": .*; set LARDER_HOME/,
  },
];
for (const { name, arrange, want } of refused)
  test(`refused with a remedy: ${name}`, () => {
    const folder = arrange(scratchFolder());
    assert.throws(
      () => openHome(folder),
      (error: Error) => error instanceof HomeError && want.test(error.message),
    );
  });

test("somebody else's folder is refused", { skip: !root && 'needs root to give a folder away' }, () => {
  const folder = scratchFolder();
  chownSync(folder, 65534, 65534);
  assert.throws(() => openHome(folder), /it belongs to user id 65534, and you are 0; run Larder as its owner/);
});

test('a file is replaced whole, with its mode, and no draft stays', () => {
  const folder = scratchFolder();
  const path = join(folder, 'file');
  writeFileAtomic(path, 'one');
  writeFileAtomic(path, 'two', 0o644);
  assert.equal(statSync(path).mode & 0o777, 0o644);
  assert.deepEqual(readdirSync(folder), ['file']);
});
