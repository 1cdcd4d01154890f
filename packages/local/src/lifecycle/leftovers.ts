/** Removes what a plane that was killed left half made: templates, and versions that it was fetching. Whole ones have other names. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@larder/controller';
import type { Home } from '../home/home.ts';

/** The caller holds the home's lock. Never throws: what can't be removed is tried again at the next start. */
export async function removeLeftovers(home: Home, log: Logger): Promise<void> {
  const found = await Promise.all([hiddenIn(home.templates), hiddenIn(home.versions), versionsIn(home.versions)]);
  for (const path of found.flat()) {
    await rm(path, { recursive: true, force: true }).catch((error: Error) => {
      log.debug('cannot remove what an earlier start left', { path, error: error.message });
    });
  }
}

/** Versions lie in `<scope>/<package>/`, each beside its drafts. */
async function versionsIn(folder: string): Promise<string[]> {
  const scopes = (await foldersIn(folder)).filter(isShown);
  const packages = (await Promise.all(scopes.map(foldersIn))).flat().filter(isShown);
  return (await Promise.all(packages.map(hiddenIn))).flat();
}

async function hiddenIn(folder: string): Promise<string[]> {
  return (await foldersIn(folder)).filter(path => !isShown(path));
}

function isShown(path: string): boolean {
  return !/\/\.[^/]*$/.test(path);
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => join(folder, name));
}
