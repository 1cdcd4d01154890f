/** A thread of its own unpacks as this one does, and ends with the same words. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { pack } from 'tar-stream';
import { gzip } from '../../src/backup/gzip.ts';
import { HostileArchiveError } from '../../src/restore/unpack.ts';
import { unpackApart, unpackHere } from '../../src/restore/unpack-apart.ts';

describe('unpacking in a thread of its own', () => {
  const home = mkdtempSync(join(tmpdir(), 'larder-apart-'));
  after(() => rmSync(home, { recursive: true, force: true }));

  it('makes the same files, and tells of every byte', async () => {
    // More than what may be under way at once.
    const content = randomBytes(9 * 2 ** 20);
    const seen: object[] = [];
    for (const [name, unpack] of Object.entries({ here: unpackHere, apart: unpackApart })) {
      let written = 0;
      const folder = newFolder();
      const entries = { 'base/5/16384': content, PG_VERSION: Buffer.from('17\n') };
      const order = { folder, compression: 'gzip', checkFrom: 2n ** 64n - 1n } as const;
      const done = await unpack(archiveOf(entries), order, bytes => (written += bytes));
      assert.ok(readFileSync(join(folder, 'base/5/16384')).equals(content), name);
      assert.equal(written, content.length + 3, name);
      // Random bytes are no pages.
      assert.deepEqual(done.damaged, ['base/5/16384'], name);
      seen.push(done);
    }
    assert.deepEqual(seen[0], seen[1]);
  });

  it('refuses what would lead elsewhere, as the same error', async () => {
    const archive = archiveOf({ '../elsewhere': Buffer.from('x') });
    const order = { folder: newFolder(), compression: 'gzip' } as const;
    await assert.rejects(
      unpackApart(archive, order, () => undefined),
      HostileArchiveError,
    );
  });

  it('fails with what the source failed with, and with what the thread met while much is still to come', async () => {
    const failing = archiveOf({ 'base/1': randomBytes(2 ** 20) });
    setImmediate(() => failing.destroy(new Error('the store is gone')));
    const order = { folder: newFolder(), compression: 'gzip' } as const;
    await assert.rejects(
      unpackApart(failing, order, () => undefined),
      /the store is gone/,
    );
    const endless = Readable.from(forEver(), { objectMode: false });
    await assert.rejects(
      unpackApart(endless, order, () => undefined),
      /incorrect header/,
    );
    assert.ok(endless.destroyed);
  });

  let folders = 0;
  function newFolder(): string {
    return mkdtempSync(join(home, String(folders++)));
  }
});

function archiveOf(entries: Record<string, Buffer>): Readable {
  const archive = pack();
  for (const [name, content] of Object.entries(entries)) archive.entry({ name }, content);
  archive.finalize();
  return Readable.from(gzip(archive as AsyncIterable<Buffer>));
}

function* forEver(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536, 'no gzip ');
}
