/** A server's logs: kept within bounds, since they can grow however little may be written to its data, and read at their end. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LOG_FILE_MEGABYTES, parseLog, readUntrusted, run } from '@larder/postgres';
import type { InstancePlace } from './place.ts';
import type { InstanceRecord } from './record.ts';
import type { Work } from './work.ts';

/** Eight files of eight megabytes: what a busy server says in days. */
const FILES = 8;

/**
 * The most that records, and beside them plain lines, take between two looks, in bytes. Records are PostgreSQL's JSON or CSV; plain
 * lines what is said outside of its collector, or was before it wrote records.
 */
export const LOG_BYTES = 2 * FILES * LOG_FILE_MEGABYTES * 2 ** 20;

const LOG_NAME = /^postgresql-[\w-]+\.(log|json|csv)$/;

/** Removes all but the newest. As the server's own account: whatever it planted under such a name, only a name is removed. */
export async function removeOldLogs(
  { place }: Pick<Work, 'place'>,
  { account }: Pick<InstanceRecord, 'account'>,
): Promise<void> {
  const names = (await readdir(place.log)).filter(name => LOG_NAME.test(name));
  const isPlain = (name: string): boolean => name.endsWith('.log');
  const old = [names.filter(isPlain), names.filter(name => !isPlain(name))].flatMap(each =>
    byAge(each).slice(0, -FILES),
  );
  if (old.length > 0) await run('rm', ['-f', '--', ...old], { account: account ?? undefined, cwd: place.log });
}

/** Names that tell their time, oldest first; those of a weekday, as servers wrote them once, are older than all. */
function byAge(names: string[]): string[] {
  const key = (name: string): string => (/^postgresql-\d{8}-/.test(name) ? name : ` ${name}`);
  return names.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Far enough back for a server that ended hundreds of sessions. */
const END_BYTES = 2 ** 18;

/** The end of what it said last, as plain lines without statements and details: they may hold secrets. */
export async function endOfLog({ folder, log }: InstancePlace, uid: number): Promise<string> {
  const newest = await newestLog(log);
  if (newest === undefined) return '';
  const limits = { uid, maxBytes: END_BYTES, tail: true };
  const content = await readUntrusted(folder, `log/${newest}`, limits).catch(() => undefined);
  const records = parseLog(content?.toString('utf8') ?? '');
  return records
    .map(({ error_severity: severity, message = '' }) => (severity ? ` ${severity}:  ${message}` : message))
    .map(line => line.replaceAll('\n', ' '))
    .join('\n');
}

async function newestLog(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter(name => LOG_NAME.test(name));
  const found = await Promise.all(names.map(name => lstat(join(folder, name)).catch(() => undefined)));
  const seen = names.flatMap((name, index) => {
    const stats = found[index];
    return stats === undefined || stats.size === 0 ? [] : [{ name, at: stats.mtimeMs }];
  });
  return seen.sort((a, b) => b.at - a.at)[0]?.name;
}
