/**
 * Whether what the checkout's lock file asks for is installed. After `git pull` it may not be, and then node's own error names a file
 * that nobody knows. Reads two files, and only when the lock file is the newer one.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `missing`: packages that are not there at all; nothing can run. `stale`: those of another version. Both by name, empty when all is
 * well, or where there is no lock file, as in a package.
 */
export function findUninstalled(checkout) {
  const [lock, installed] = [join(checkout, 'package-lock.json'), join(checkout, 'node_modules', '.package-lock.json')];
  const none = { missing: [], stale: [] };
  if (timeOf(lock) === 0 || timeOf(lock) <= timeOf(installed)) return none;
  const there = timeOf(installed) === 0 ? {} : packagesIn(installed);
  const wanted = Object.entries(packagesIn(lock)).filter(([path, entry]) => isNeeded(path, entry));
  const named = found => found.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  return {
    missing: named(wanted.filter(([path]) => there[path] === undefined)),
    stale: named(wanted.filter(([path, { version }]) => there[path] !== undefined && there[path].version !== version)),
  };
}

/** What to tell; `undefined` when all is well. */
export function describeUninstalled({ missing, stale }) {
  const remedy = '  npm install gets it, and so does make provision';
  if (missing.length > 0)
    return `larder: package-lock.json asks for what is not installed: ${listed(missing)}\n${remedy}`;
  if (stale.length > 0) return `larder: package-lock.json asks for another version of ${listed(stale)}\n${remedy}`;
  return undefined;
}

function listed(names) {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
}

/** Not what only developers need, and not what is for another machine. */
function isNeeded(path, { dev, devOptional, optional, peer }) {
  return path.includes('node_modules/') && !dev && !devOptional && !optional && !peer;
}

function packagesIn(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
}

/** 0 for a file that isn't there. */
function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
