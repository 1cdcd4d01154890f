/** Binaries of all majors for tests, kept beside the tools between runs, so that each is fetched once a machine. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageName } from '@larder/postgres';

const cache = join(homedir(), '.cache', 'larder', 'postgres');

/** The builds that were fetched before. */
export function cachedBuilds(): string[] {
  return buildsIn(cache);
}

/** Gives a folder of versions what was fetched before. */
export function takeCached(versions: string, builds: string[] = cachedBuilds()): void {
  mkdirSync(versions, { recursive: true });
  for (const build of builds) copy(cache, versions, build);
}

/** Keeps what was fetched now. */
export function keepFetched(versions: string): void {
  const known = buildsIn(cache);
  for (const build of buildsIn(versions)) if (!known.includes(build)) copy(versions, cache, build);
}

function buildsIn(folder: string): string[] {
  const builds = join(folder, packageName);
  return existsSync(builds) ? readdirSync(builds).filter(name => !name.startsWith('.')) : [];
}

/** Into place in one step, since other tests may look. */
function copy(from: string, to: string, build: string): void {
  const target = join(to, packageName, build);
  if (existsSync(target)) return;
  const staging = join(dirname(target), `.${build}.${process.pid}`);
  mkdirSync(dirname(target), { recursive: true });
  execFileSync('cp', ['-R', join(from, packageName, build), staging]);
  execFileSync('mv', ['-T', staging, target]);
}
