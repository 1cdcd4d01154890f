/** An npm archive of binaries onto disk: plain files and folders below the target, verified first. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';

/** Where the packages keep the server, and what all else in them is not. */
const CONTENT = 'package/native/';

/** @throws Error unless the file has the hash that the registry states */
export async function verifyIntegrity(file: string, integrity: string): Promise<void> {
  const expected = integrity.split(/\s+/).find(part => part.startsWith('sha512-'));
  if (expected === undefined) throw new Error(`cannot verify ${basename(file)}: the registry states no sha512 for it`);
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  const found = `sha512-${hash.digest('base64')}`;
  if (found === expected) return;
  throw new Error(
    `cannot use ${basename(file)}: its hash is ${found.slice(0, 23)}…, the registry states ${expected.slice(0, 23)}…`,
  );
}

/** Writes the server's files of the archive into `folder`. `onBytes` hears how much was written, as it grows. */
export async function unpack(file: string, folder: string, onBytes: (bytes: number) => void = () => {}): Promise<void> {
  const extract = tar.extract();
  const reading = pipeline(createReadStream(file), createGunzip(), extract);
  // Without a handler of its own a broken archive would end the process before `reading` is awaited.
  reading.catch(() => undefined);
  let written = 0;
  for await (const entry of extract) {
    const { name, type, mode = 0, size = 0 } = entry.header;
    if (type === 'file' && name.startsWith(CONTENT)) {
      const target = inside(folder, name.slice(CONTENT.length));
      await mkdir(dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target, { mode: mode & 0o100 ? 0o755 : 0o644 }));
      onBytes((written += size));
    } else {
      entry.resume();
    }
  }
  await reading;
}

/** Makes the links that the package lists instead of containing them, since npm archives hold none. */
export async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const [from, to] = [source, target].map(path => inside(folder, path.replace(/^native\//, '')));
    await symlink(relative(dirname(to!), from!), to!).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

function inside(folder: string, path: string): string {
  const target = normalize(join(folder, path));
  if (target.startsWith(`${folder}/`)) return target;
  throw new Error(`cannot unpack "${path}": it lies outside the package`);
}
