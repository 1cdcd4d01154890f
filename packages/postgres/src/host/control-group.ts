/**
 * Control groups, through which the kernel holds a server to its memory and processors. One group a server, all below one of the
 * home's own. Needs root or a part of the tree that was given to our user; where it can't be had, it says why.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { groupParents, type Controller, type GroupParent } from './control-group-place.ts';

export interface Limits {
  memoryBytes?: number;
  milliCpu?: number;
}

/** Where groups are made: each controller's home. */
interface Tree {
  version: 1 | 2;
  folder: string;
}

/** The texts in which the kernel says what there is. */
export interface KernelView {
  mountinfo: string;
  ownGroups: string;
}

const PERIOD_US = 100_000;

export class ControlGroups {
  readonly #trees: ReadonlyMap<Controller, Tree>;

  private constructor(trees: ReadonlyMap<Controller, Tree>) {
    this.#trees = trees;
  }

  /** Finds where groups can be made, for groups below one called `name`. Never throws: without any, nothing is enforced. */
  static async open(name: string, { mountinfo, ownGroups }: KernelView = lookAtKernel()): Promise<ControlGroups> {
    const trees = new Map<Controller, Tree>();
    for (const parent of groupParents(mountinfo, ownGroups)) {
      const wanted = parent.controllers.filter(controller => !trees.has(controller));
      if (wanted.length === 0 || !(await canHold(parent, name))) continue;
      for (const each of wanted) trees.set(each, { version: parent.version, folder: join(parent.folder, name) });
    }
    return new ControlGroups(trees);
  }

  /** The limits that the kernel can be told here. */
  holds(limits: Limits): { memory: boolean; cpu: boolean } {
    return {
      memory: limits.memoryBytes === undefined || this.#trees.has('memory'),
      cpu: limits.milliCpu === undefined || this.#trees.has('cpu'),
    };
  }

  /** Makes the group of that name, with these limits and no others. @throws Error when it needs more memory than that already */
  async limit(name: string, { memoryBytes, milliCpu }: Limits): Promise<void> {
    for (const [controller, { version, folder }] of this.#trees) {
      const group = await ensureGroup({ version, folder }, name);
      if (controller === 'memory') await limitMemory(group, version, memoryBytes);
      else await limitCpu(group, version, milliCpu);
    }
  }

  /** Puts a process into the group; what it starts from then on is in it too. One that has ended meanwhile needs none. */
  async join(name: string, pid: number): Promise<void> {
    for (const folder of this.#folders(name)) {
      await writeFile(join(folder, 'cgroup.procs'), String(pid)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ESRCH') throw error;
      });
    }
  }

  /** Whether the process is in the group, whatever moved it. */
  async has(name: string, pid: number): Promise<boolean> {
    for (const folder of this.#folders(name)) {
      const members = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
      if (!members.split('\n').includes(String(pid))) return false;
    }
    return this.#trees.size > 0;
  }

  /** The group must have no processes any more; remains of some are waited for. May run twice. */
  async remove(name: string): Promise<void> {
    for (const folder of this.#folders(name)) await removeGroup(folder);
    // The last one takes the home's own along.
    for (const { folder } of this.#trees.values()) await rmdir(folder).catch(() => undefined);
  }

  /** Removes all groups. */
  async removeAll(): Promise<void> {
    for (const { folder } of this.#trees.values()) {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(folder, entry.name));
      await removeGroup(folder);
    }
  }

  #folders(name: string): string[] {
    return [...new Set([...this.#trees.values()].map(({ folder }) => join(folder, name)))];
  }
}

function lookAtKernel(): KernelView {
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return { mountinfo: read('/proc/self/mountinfo'), ownGroups: read('/proc/self/cgroup') };
}

/** Tries: whether a group may be made there, and be told limits. */
async function canHold({ version, controllers, folder }: GroupParent, name: string): Promise<boolean> {
  try {
    if (version === 2) await delegate(folder, controllers);
    await mkdir(join(folder, name), { recursive: true });
    if (version === 2) await delegate(join(folder, name), controllers);
    await rmdir(join(folder, name)).catch(() => undefined); // it may hold groups already
    return true;
  } catch {
    return false;
  }
}

/** Version 2 hands controllers down level by level. @throws Error where they aren't given to us */
async function delegate(folder: string, controllers: Controller[]): Promise<void> {
  const control = join(folder, 'cgroup.subtree_control');
  const has = (await readFile(control, 'utf8')).trim().split(' ');
  const missing = controllers.filter(controller => !has.includes(controller));
  if (missing.length > 0) await writeFile(control, missing.map(controller => `+${controller}`).join(' '));
}

async function ensureGroup({ version, folder }: Tree, name: string): Promise<string> {
  const group = join(folder, name);
  await mkdir(group, { recursive: true });
  if (version === 2) await delegate(folder, ['memory', 'cpu']);
  return group;
}

async function limitMemory(group: string, version: 1 | 2, bytes?: number): Promise<void> {
  const file = join(group, version === 1 ? 'memory.limit_in_bytes' : 'memory.max');
  if (bytes === undefined) return writeFile(file, version === 1 ? '-1' : 'max');
  const needed = await memoryInUse(group);
  if (needed > bytes) {
    // The kernel would end processes to get there.
    throw new Error(
      `it uses ${megabytes(needed)} now, and the limit of ${megabytes(bytes)} holds from its next restart`,
    );
  }
  await writeFile(file, String(bytes));
}

/** What the kernel can't take back from a group without ending something: all but files that are on disk anyway. */
async function memoryInUse(group: string): Promise<number> {
  const text = await readFile(join(group, 'memory.stat'), 'utf8').catch(() => '');
  const stat = new Map(text.split('\n').map(line => line.split(' ') as [string, string]));
  const number = (name: string): number => Number(stat.get(name) ?? 0);
  return number('anon') + number('rss') + number('shmem');
}

async function limitCpu(group: string, version: 1 | 2, milliCpu?: number): Promise<void> {
  // The kernel takes no quota below a millisecond.
  const quota = milliCpu === undefined ? undefined : Math.max(1_000, Math.round((milliCpu * PERIOD_US) / 1_000));
  if (version === 2) return writeFile(join(group, 'cpu.max'), `${quota ?? 'max'} ${PERIOD_US}`);
  await writeFile(join(group, 'cpu.cfs_period_us'), String(PERIOD_US));
  await writeFile(join(group, 'cpu.cfs_quota_us'), String(quota ?? -1));
}

const PATIENCE_MS = 5_000;

async function removeGroup(folder: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const code = await rmdir(folder).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code !== 'EBUSY' || performance.now() > deadline) return;
    await delay(20);
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)}Mi`;
}
