/** A foreign tar: what a data directory has is unpacked; what leads elsewhere, or is none of it, is refused. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { pack, type Header } from 'tar-stream';
import { backupParts, HostileArchiveError, unpack, type Unpacked } from '@larder/archive';

type Entry = Omit<Partial<Header>, 'name'> & { name: string; content?: string };

describe('unpacking a backup', () => {
  const home = mkdtempSync(join(tmpdir(), 'larder-unpack-'));
  after(() => rmSync(home, { recursive: true, force: true }));

  async function tarOf(entries: Entry[]): Promise<Buffer> {
    const archive = pack();
    for (const { content = '', ...header } of entries) archive.entry(header, content);
    archive.finalize();
    return buffer(archive);
  }

  async function into(tar: Buffer): Promise<{ folder: string; done: Unpacked }> {
    const folder = mkdtempSync(join(home, 'd-'));
    return { folder, done: await unpack(Readable.from([tar]), { folder }) };
  }

  it('makes files and folders that only their owner can use, whatever the tar says of their modes', async () => {
    const tar = await tarOf([
      { name: './', type: 'directory', mode: 0o777 },
      { name: './base/1', type: 'directory', mode: 0o777 },
      { name: 'base/1/1259', mode: 0o4777, content: 'page' },
      { name: 'global/1260', mode: 0o644, content: 'x' },
      { name: 'pg_wal', type: 'symlink', linkname: '/elsewhere' },
      { name: 'server.key', type: 'symlink', linkname: '/etc/shadow' },
      { name: 'pipe', type: 'fifo' },
    ]);
    const { folder, done } = await into(tar);
    assert.deepEqual(done, { files: 2, bytes: 5, skipped: ['server.key', 'pipe'], damaged: [] });
    assert.deepEqual((await readdir(folder)).sort(), ['base', 'global', 'pg_wal']);
    assert.equal(statSync(join(folder, 'base/1/1259')).mode & 0o7777, 0o600);
    assert.equal(statSync(join(folder, 'base/1')).mode & 0o7777, 0o700);
    assert.ok(statSync(join(folder, 'pg_wal')).isDirectory());
    assert.equal(await readFile(join(folder, 'base/1/1259'), 'utf8'), 'page');
  });

  it('takes the later of two entries of one name, as tar does', async () => {
    const { folder } = await into(
      await tarOf([
        { name: 'a', content: 'first' },
        { name: 'a', content: '2nd' },
      ]),
    );
    assert.equal(await readFile(join(folder, 'a'), 'utf8'), '2nd');
  });

  it('writes large files whole and looks at each page of them, wherever the stream is cut', async () => {
    const page = (writtenAt: number): Buffer => Buffer.concat([Buffer.alloc(8, writtenAt), Buffer.alloc(8184, 1)]);
    // Pages that are newer than the backup's beginning may be anything, but only where a page begins.
    const newer = Array.from({ length: 60 }, () => page(0x7f));
    const pages = { '16384': Buffer.concat(newer), '16385': Buffer.concat([...newer.slice(1), page(0), ...newer]) };
    const archive = pack();
    for (const [name, content] of Object.entries(pages)) archive.entry({ name: `base/5/${name}` }, content);
    archive.finalize();
    const tar = await buffer(archive);
    for (const cut of [5_000, 100_000, tar.length]) {
      const pieces = Array.from({ length: Math.ceil(tar.length / cut) }, (_, n) =>
        tar.subarray(n * cut, (n + 1) * cut),
      );
      const folder = mkdtempSync(join(home, 'd-'));
      const { damaged } = await unpack(Readable.from(pieces), { folder, checkFrom: 2n ** 62n });
      assert.deepEqual(damaged, ['base/5/16385'], `cut every ${cut} bytes`);
      for (const [name, content] of Object.entries(pages))
        assert.ok(content.equals(await readFile(join(folder, 'base/5', name))), `${name}, cut every ${cut} bytes`);
    }
  });

  for (const { name, entries } of [
    { name: 'a path upwards', entries: [{ name: '../evil', content: 'x' }] },
    { name: 'a path upwards in the middle', entries: [{ name: 'base/../../evil', content: 'x' }] },
    { name: 'an absolute path', entries: [{ name: '/tmp/larder-evil', content: 'x' }] },
    { name: 'a name with control characters', entries: [{ name: 'a\nb', content: 'x' }] },
    { name: 'a file with the name of the folder', entries: [{ name: './', type: 'file', content: 'x' }] },
    { name: 'a hard link', entries: [{ name: 'base/1', type: 'link', linkname: '/etc/shadow' }] },
    { name: 'a link among the data', entries: [{ name: 'base/1', type: 'symlink', linkname: '/etc' }] },
    { name: 'a tablespace', entries: [{ name: 'pg_tblspc/16384', type: 'symlink', linkname: '/etc' }] },
    { name: 'a device among the data', entries: [{ name: 'global/1', type: 'character-device' }] },
    {
      name: 'a file where a folder is',
      entries: [
        { name: 'a', type: 'directory' },
        { name: 'a', content: 'x' },
      ],
    },
    {
      name: 'a folder where a file is',
      entries: [
        { name: 'a', content: 'x' },
        { name: 'a/b', content: 'x' },
      ],
    },
  ] as { name: string; entries: Entry[] }[]) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(into(await tarOf(entries)), HostileArchiveError);
      assert.deepEqual(
        (await readdir(home)).filter(each => !each.startsWith('d-')),
        [],
      );
    });
  }

  it('never writes through a link, also when one entry would prepare another', async () => {
    const victim = join(home, 'd-victim');
    await writeFile(victim, 'mine');
    const tar = await tarOf([
      { name: 'conf', type: 'symlink', linkname: victim },
      { name: 'conf', content: 'theirs' },
    ]);
    const { folder } = await into(tar);
    assert.equal(await readFile(victim, 'utf8'), 'mine');
    assert.equal(await readFile(join(folder, 'conf'), 'utf8'), 'theirs');
  });

  it('fails for a tar that is cut', async () => {
    const tar = await tarOf([{ name: 'a', content: 'x'.repeat(5000) }]);
    await assert.rejects(into(tar.subarray(0, 3000)));
  });
});

describe('the archives of a backup', () => {
  const folder = 'p/s/base/20261123T001148/';
  const named = (...names: string[]): { key: string; size: number }[] =>
    names.map(name => ({ key: folder + name, size: 1 }));

  it('are put in order, whatever their compression, and nothing else is taken for one', () => {
    const parts = backupParts(
      folder,
      named('backup.info', 'data.tar', 'data_0002.tar.bz2', 'data_0001.tar.gz', 'database.tar'),
    );
    assert.deepEqual(
      parts.map(({ key, compression }) => [key.slice(folder.length), compression]),
      [
        ['data.tar', 'none'],
        ['data_0001.tar.gz', 'gzip'],
        ['data_0002.tar.bz2', 'bzip2'],
      ],
    );
  });

  for (const { names, says } of [
    { names: [], says: /no data\.tar/ },
    { names: ['data.tar.gz', 'data_0002.tar.gz'], says: /part 1 is missing/ },
    { names: ['data_0001.tar.gz'], says: /part 0 is missing/ },
    { names: ['data.tar.snappy'], says: /compression "snappy" is not read here/ },
    { names: ['data.tar.lz4'], says: /compression "lz4"/ },
    { names: ['data.tar', 'data.tar.gz'], says: /there twice/ },
  ]) {
    it(`are refused for ${names.join(', ') || 'none'}`, () => {
      assert.throws(() => backupParts(folder, named(...names)), says);
    });
  }
});
