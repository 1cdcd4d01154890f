/** What a set of binaries brings with it: recorded when a server is first made, since it may never change silently. */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../host/run.ts';

export interface BinaryFacts {
  /** `1.1.1w` */
  openssl?: string;
  /** `60.2` */
  icu?: string;
  /** The C library, whose sorting every locale but `C` follows: `glibc 2.36`. */
  collation?: string;
}

/** Reads the libraries that `postgres` in `bin` loads. */
export async function observeFacts(bin: string): Promise<BinaryFacts> {
  const libraries = await loadedLibraries(bin);
  const find = (name: RegExp): string | undefined => libraries.find(path => name.test(basename(path)));
  const [crypto, icu] = [find(/^libcrypto\.so/), find(/^libicuuc\.so/)];
  const facts: BinaryFacts = {};
  if (crypto !== undefined) facts.openssl = await opensslVersion(crypto);
  if (icu !== undefined) facts.icu = /\.so\.([\d.]+)$/.exec(await realpath(icu))?.[1];
  const libc = await run('getconf', ['GNU_LIBC_VERSION']).catch(() => '');
  if (libc.trim() !== '') facts.collation = libc.trim();
  return facts;
}

async function loadedLibraries(bin: string): Promise<string[]> {
  const own = join(bin, '..', 'lib');
  const bundled = (await readdir(own).catch(() => [])).map(name => join(own, name));
  if (bundled.some(path => /libcrypto\.so/.test(path))) return bundled;
  const listed = await run('ldd', [join(bin, 'postgres')]).catch(() => '');
  return [...listed.matchAll(/=> (\/\S+)/g)].map(match => match[1]!);
}

async function opensslVersion(library: string): Promise<string | undefined> {
  const content = await readFile(library, 'latin1');
  return /OpenSSL (\d+\.\d+\.\d+[a-z]*) +\d{1,2} [A-Z][a-z]{2} \d{4}/.exec(content)?.[1];
}
