/** Where an instance's PostgreSQL log is: the files in its log folder. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf, type Home } from '@larder/local';
import { CommandError } from './failure.ts';

/** The files of its log, oldest first. @throws CommandError when nothing was logged yet */
export function instanceLogs(home: Home, server: string): string[] {
  const folder = placeOf(home, server).log;
  const files = list(folder).filter(name => {
    const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
    // The instance's own user may write here: whatever isn't a plain file isn't read.
    return stats?.isFile() && stats.size > 0 && /\.(log|csv|json)$/.test(name);
  });
  if (files.length === 0) throw new CommandError(`cannot read the log of "${server}": there is none in "${folder}"`);
  return files.sort((one, other) => (ageKey(one) < ageKey(other) ? -1 : 1)).map(name => join(folder, name));
}

/** Names tell their time; records (JSON, CSV) come after the plain lines of the same time. Those of a weekday are of long ago. */
function ageKey(name: string): string {
  const [stem = '', kind = ''] = name.split('.');
  return `${/^postgresql-\d{8}-/.test(stem) ? stem : ` ${stem}`} ${kind === 'log' ? 0 : 1}`;
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
