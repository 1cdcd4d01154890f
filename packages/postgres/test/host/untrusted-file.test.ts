/** What a tenant can plant in its folder leads the plane nowhere. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { readUntrusted } from '@larder/postgres';
import { makeHome, scopeOfSuite } from '../machine.ts';

describe('reading below a tenant’s folder', () => {
  const scope = scopeOfSuite();
  const uid = process.geteuid?.() ?? 0;
  let root: string;
  before(() => {
    root = makeHome(scope, 'u');
    mkdirSync(join(root, 'data'));
    mkdirSync(join(root, 'elsewhere'));
    writeFileSync(join(root, 'elsewhere', 'secret'), 'secret');
    writeFileSync(join(root, 'data', 'plain'), 'begin and end');
    symlinkSync('../elsewhere/secret', join(root, 'data', 'link'));
    symlinkSync('../elsewhere', join(root, 'data', 'folder'));
    linkSync(join(root, 'elsewhere', 'secret'), join(root, 'data', 'hard'));
    execFileSync('mkfifo', [join(root, 'data', 'fifo')]);
  });

  it('gives plain files, their beginning or their end', async () => {
    assert.equal(String(await readUntrusted(root, 'data/plain', { uid })), 'begin and end');
    assert.equal(String(await readUntrusted(root, 'data/plain', { uid, maxBytes: 5 })), 'begin');
    assert.equal(String(await readUntrusted(root, 'data/plain', { uid, maxBytes: 3, tail: true })), 'end');
    assert.equal(await readUntrusted(root, 'data/none', { uid }), undefined);
  });

  for (const path of ['data/link', 'data/folder/secret', 'data/hard', 'data/fifo', 'data/plain/x', 'data']) {
    it(`refuses ${path}`, () =>
      assert.rejects(readUntrusted(root, path, { uid }), /not a plain file of the server's own/));
  }

  it('refuses a file of another account', () =>
    assert.rejects(readUntrusted(root, 'data/plain', { uid: uid + 1 }), /not a plain file/));
});
