/** Holds the servers of a restore to the limits of the one that it makes: a long log is replayed in its memory, not in its neighbours'. */
import { openLimits } from '../limits.ts';
import type { RestoreOrder } from './order.ts';

/** What a server's process goes through first; `undefined` where there are no limits, or they can't be had: then the server itself has none. */
export async function admissionFor({
  limits,
}: Pick<RestoreOrder, 'limits'>): Promise<((pid: number) => Promise<void>) | undefined> {
  if (limits === undefined || (limits.memoryBytes === undefined && limits.milliCpu === undefined)) return undefined;
  const { home, name, memoryBytes, milliCpu } = limits;
  const groups = await openLimits({ folder: home });
  try {
    await groups.limit(name, { memoryBytes, milliCpu });
  } catch {
    return undefined;
  }
  return pid => groups.join(name, pid).catch(() => undefined);
}
