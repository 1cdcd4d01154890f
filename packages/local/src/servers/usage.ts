/**
 * How much of the disk instances use. It is counted by each server's own account: only that one can look, and only into what is its own.
 * Many are counted by one command, since every start of a process costs the plane more than the counting costs that process.
 */
import { run } from '@larder/postgres';
import type { InstancePlace } from './place.ts';
import type { InstanceRecord } from './record.ts';

export interface Countable {
  name: string;
  place: Pick<InstancePlace, 'data' | 'log'>;
  account: InstanceRecord['account'];
}

/** Bytes of data and log. @throws Error when they can't be counted */
export async function usedBytes({ place, account }: Omit<Countable, 'name'>): Promise<number> {
  return sumOf(await run('du', ['-sk', '-x', place.data, place.log], { account: account ?? undefined }));
}

/** The same for many, by name; those that can't be counted are left out. Never throws. */
export async function usedByMany(instances: readonly Countable[]): Promise<Map<string, number>> {
  const used = await countTogether(instances).catch(() => new Map<string, number>());
  for (const instance of instances) {
    if (used.has(instance.name)) continue;
    const alone = await usedBytes(instance).catch(() => undefined);
    if (alone !== undefined) used.set(instance.name, alone);
  }
  return used;
}

/** For each: name, user id (empty: our own), group id, two folders. What is counted whole is followed by its name. */
const SCRIPT = `while [ $# -ge 5 ]; do
  if [ -n "$2" ]; then
    setpriv --reuid="$2" --regid="$3" --clear-groups du -sk -x "$4" "$5" && echo "whole $1"
  else
    du -sk -x "$4" "$5" && echo "whole $1"
  fi
  echo "next"
  shift 5
done 2>/dev/null
exit 0`;

async function countTogether(instances: readonly Countable[]): Promise<Map<string, number>> {
  const words = instances.flatMap(({ name, place, account }) => {
    const { uid = '', gid = '' } = account ?? {};
    return [name, String(uid), String(gid), place.data, place.log];
  });
  const said = await run('sh', ['-c', SCRIPT, 'count', ...words]);
  const parts = said.split(/^next\n/m).map(part => [/^whole (.+)$/m.exec(part)?.[1], sumOf(part)] as const);
  return new Map(parts.filter((part): part is [string, number] => part[0] !== undefined));
}

function sumOf(said: string): number {
  return [...said.matchAll(/^(\d+)\s/gm)].reduce((sum, match) => sum + Number(match[1]) * 1024, 0);
}
