/** Keeps a server's logs within bounds: they can grow however little may be written to its data. */
import { readdir } from 'node:fs/promises';
import { LOG_FILE_MEGABYTES, run } from '@larder/postgres';
import type { InstanceRecord } from './record.ts';
import type { Work } from './work.ts';

/** Eight files of eight megabytes: what a busy server says in days. */
const FILES = 8;

/** The most that logs take between two looks, in bytes. */
export const LOG_BYTES = FILES * LOG_FILE_MEGABYTES * 2 ** 20;

/** Removes all but the newest. As the server's own account: whatever it planted under such a name, only a name is removed. */
export async function removeOldLogs(
  { place }: Pick<Work, 'place'>,
  { account }: Pick<InstanceRecord, 'account'>,
): Promise<void> {
  const names = (await readdir(place.log)).filter(name => /^postgresql-[\w-]+\.log$/.test(name));
  const old = byAge(names).slice(0, -FILES);
  if (old.length > 0) await run('rm', ['-f', '--', ...old], { account: account ?? undefined, cwd: place.log });
}

/** Names that tell their time, oldest first; those of a weekday, as servers wrote them once, are older than all. */
function byAge(names: string[]): string[] {
  const key = (name: string): string => (/^postgresql-\d{8}-/.test(name) ? name : ` ${name}`);
  return names.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
