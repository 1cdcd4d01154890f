/** The control groups that kubelet puts its pods below: made before it starts, since it refuses a root that isn't there; removed with the cluster. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP } from './configuration.ts';

const root = '/sys/fs/cgroup';

export function ensureCgroups(): void {
  for (const hierarchy of hierarchies()) {
    const folder = join(hierarchy, CGROUP);
    mkdirSync(folder, { recursive: true });
    inheritCpuset(hierarchy, folder);
  }
  if (isUnified()) delegate(root);
}

/** Removes ours and all below; they must be empty of processes. */
export function removeCgroups(): void {
  for (const hierarchy of hierarchies()) removeTree(join(hierarchy, CGROUP));
}

function hierarchies(): string[] {
  if (isUnified()) return [root];
  return readdirSync(root, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && existsSync(join(root, entry.name, 'cgroup.procs')))
    .map(entry => join(root, entry.name));
}

function isUnified(): boolean {
  return existsSync(join(root, 'cgroup.controllers'));
}

/** A new cpuset has no processors until it is told, and nothing can run in it. */
function inheritCpuset(hierarchy: string, folder: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const path = join(folder, file);
    if (!isUnified() && existsSync(path) && readFileSync(path, 'utf8').trim() === '')
      writeFileSync(path, readFileSync(join(hierarchy, file)));
  }
}

function delegate(folder: string): void {
  const controllers = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' ');
  for (const each of [folder, join(folder, CGROUP)])
    writeFileSync(join(each, 'cgroup.subtree_control'), controllers.map(name => `+${name}`).join(' '));
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  rmdirSync(folder);
}
