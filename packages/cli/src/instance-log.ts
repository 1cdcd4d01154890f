/** Where an instance's PostgreSQL log is: the newest file in its log folder. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '@larder/local';
import { CommandError } from './failure.ts';

/** @throws CommandError when nothing was logged yet */
export function instanceLog(home: Home, server: string): string {
  const folder = join(home.instances, server, 'log');
  const files = list(folder)
    .map(name => join(folder, name))
    // The instance's own user may write here: whatever isn't a plain file isn't read.
    .filter(path => lstatSync(path).isFile() && /\.(log|csv|json)$/.test(path));
  const newest = files.sort((a, b) => lstatSync(a).mtimeMs - lstatSync(b).mtimeMs).at(-1);
  if (newest === undefined) throw new CommandError(`cannot read the log of "${server}": there is none in "${folder}"`);
  return newest;
}

/** The instances that may be that of a claim of this name, or that are called exactly so: a claim's is `<claim>-<5 letters or digits>`. */
export function instancesOf(home: Home, name: string): string[] {
  const all = list(home.instances).filter(each => !each.startsWith('.'));
  if (all.includes(name)) return [name];
  return all.filter(each => each.slice(0, -6) === name && /-[a-z0-9]{5}$/.test(each)).sort();
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
