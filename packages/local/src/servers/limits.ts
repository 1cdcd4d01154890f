/** Holds servers to the memory and the processors of their claim, by control groups where there are any. */
import { createHash } from 'node:crypto';
import type { PostgresServerStatus } from '@larder/catalog';
import { ControlGroups, processesIn, type Limits } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { uidOf } from './observe.ts';
import type { InstanceRecord } from './record.ts';
import type { Site, Work } from './work.ts';

/** The groups of a home's servers. */
export function openLimits(home: Pick<Home, 'folder'>): Promise<ControlGroups> {
  return ControlGroups.open(`larder-${createHash('sha256').update(home.folder).digest('hex').slice(0, 10)}`);
}

/** What a server's process must go through before it becomes one. Limits that can't be had don't keep it from starting. */
export async function admission({
  plane,
  object,
}: Pick<Site, 'plane' | 'object'>): Promise<((pid: number) => Promise<void>) | undefined> {
  const { name } = object.metadata;
  try {
    await plane.limits.limit(name, limitsOf(object.spec));
  } catch (error) {
    plane.log.debug('cannot limit a server', { server: name, error: (error as Error).message });
    return undefined;
  }
  return pid =>
    plane.limits.join(name, pid).catch((error: Error) => {
      plane.log.debug('cannot limit a server', { server: name, error: error.message });
    });
}

/** Brings a running server's limits in, and says whether they hold. Servers that were started without a group are moved into one. */
export async function ensureLimits(
  { plane, place, object }: Work,
  record: InstanceRecord,
): Promise<PostgresServerStatus['resources']> {
  const limits = limitsOf(object.spec);
  const { name } = object.metadata;
  const none = limits.memoryBytes === undefined && limits.milliCpu === undefined;
  const can = plane.limits.holds(limits);
  try {
    await plane.limits.limit(name, limits);
    for (const { pid } of processesIn(place.data, uidOf(record))) {
      if (!(await plane.limits.has(name, pid))) await plane.limits.join(name, pid);
    }
  } catch (error) {
    return { enforced: false, message: `the limits don’t hold: ${(error as Error).message}` };
  }
  if (none) return { enforced: false, message: 'no limits are set: the server may use the whole machine' };
  if (can.memory && can.cpu) return { enforced: true };
  const lacks = can.memory || can.cpu ? `for ${can.memory ? 'cpu' : 'memory'}` : 'for memory and cpu';
  const message = `the plane may make no control groups ${lacks} here: those limits only size the settings; run it as root, or give its user a part of the cgroup tree`;
  return { enforced: false, message };
}

function limitsOf({ memoryBytes, milliCpu }: Limits): Limits {
  return { memoryBytes, milliCpu };
}
