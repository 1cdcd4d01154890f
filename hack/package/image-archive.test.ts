/** Archives of images, read back with tar. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { compressedSize, writeImageArchive, type Image } from './image-archive.ts';

const scratch = mkdtempSync(join(tmpdir(), 'larder-test-image-'));
after(() => rmSync(scratch, { recursive: true }));

const large = 'x'.repeat(3_000_000);
mkdirSync(join(scratch, 'folder/below'), { recursive: true });
writeFileSync(join(scratch, 'folder/below/large'), large, { mode: 0o640 });
execFileSync('tar', ['-cf', join(scratch, 'root.tar'), '-C', join(scratch, 'folder'), 'below']);

const image: Image = {
  tag: 'example:1',
  layers: [
    [
      { path: '/bin/hello', content: 'hello', mode: 0o555 },
      { path: '/bin/hi', link: 'hello' },
      { path: '/data', source: join(scratch, 'folder'), uid: 26, gid: 26 },
    ],
    { tar: join(scratch, 'root.tar') },
  ],
  config: { Entrypoint: ['/bin/hello'], Labels: { mine: 'yes' } },
  labelLayer: (digest, index): Record<string, string> => (index === 1 ? { root: digest } : {}),
};

const entry = (archive: string, name: string): Buffer =>
  execFileSync('tar', ['-xOf', archive, name], { maxBuffer: 16 * 1024 ** 2 });

test('the manifest leads to configuration and layers, each named by what is in it', async () => {
  const target = join(scratch, 'made/image.tar');
  await writeImageArchive(target, image);
  const [{ Config, RepoTags, Layers }] = JSON.parse(entry(target, 'manifest.json').toString()) as [
    { Config: string; RepoTags: string[]; Layers: string[] },
  ];
  assert.deepEqual(RepoTags, ['example:1']);
  const configuration = JSON.parse(entry(target, Config).toString()) as {
    rootfs: { diff_ids: string[] };
    config: { Labels: Record<string, string>; Entrypoint: string[] };
  };
  const digests = Layers.map(name => `sha256:${createHash('sha256').update(entry(target, name)).digest('hex')}`);
  assert.deepEqual(configuration.rootfs.diff_ids, digests);
  assert.deepEqual(
    Layers,
    digests.map(digest => `${digest.replace('sha256:', '')}/layer.tar`),
  );
  assert.deepEqual(configuration.config, { Entrypoint: ['/bin/hello'], Labels: { mine: 'yes', root: digests[1] } });
  assert.deepEqual(entry(target, Layers[1]!), readFileSync(join(scratch, 'root.tar')));
  assert.deepEqual(readdirSync(join(scratch, 'made')), ['image.tar']);
});

test('a layer holds files, links and whole folders, of the owners that it says', async () => {
  const target = join(scratch, 'layer.tar');
  await writeImageArchive(target, image);
  const [{ Layers }] = JSON.parse(entry(target, 'manifest.json').toString()) as [{ Layers: string[] }];
  writeFileSync(join(scratch, 'first.tar'), entry(target, Layers[0]!));
  const listed = execFileSync('tar', ['--numeric-owner', '-tvf', join(scratch, 'first.tar')], { encoding: 'utf8' });
  const lines = listed
    .trim()
    .split('\n')
    .map(line => line.replace(/ +\d+ 1970-01-01 \S+ /, ' '));
  assert.deepEqual(lines, [
    '-r-xr-xr-x 0/0 bin/hello',
    'lrwxrwxrwx 0/0 bin/hi -> hello',
    'drwxr-xr-x 26/26 data',
    'drwxr-xr-x 26/26 data/below',
    '-rw-r----- 26/26 data/below/large',
  ]);
  assert.equal(entry(join(scratch, 'first.tar'), 'data/below/large').toString(), large);
});

test('the same files give the same archive, whose compressed size is told', async () => {
  const [first, second] = [join(scratch, 'a.tar'), join(scratch, 'b.tar')];
  await writeImageArchive(first, image);
  await writeImageArchive(second, image);
  assert.ok(readFileSync(first).equals(readFileSync(second)));
  assert.ok((await compressedSize(first)) < 100_000);
});

test('a file that lacks leaves no archive', async () => {
  const target = join(scratch, 'lacking/image.tar');
  const lacking = { ...image, layers: [[{ path: '/x', source: join(scratch, 'nothing') }]] };
  await assert.rejects(writeImageArchive(target, lacking), /ENOENT/);
  assert.deepEqual(readdirSync(join(scratch, 'lacking')), []);
});
