/** Where this process may make control groups, by what the kernel says of its own: text in, candidates out. Version 2 and version 1. */
import { dirname, join, relative } from 'node:path';

export type Controller = 'memory' | 'cpu';

/** A folder below which a group may be made. */
export interface GroupParent {
  version: 1 | 2;
  controllers: Controller[];
  folder: string;
}

interface Mount {
  version: 1 | 2;
  root: string;
  folder: string;
  options: string[];
}

/**
 * The candidates, best first. Version 1: below our own group, whose limits go on to hold. Version 2: beside or above our own group,
 * since groups with processes can't have groups below them, and since servers must outlive the service that we may be.
 */
export function groupParents(mountinfo: string, ownGroups: string): GroupParent[] {
  const mounts = parseMounts(mountinfo);
  const own = parseOwn(ownGroups);
  const first = mounts
    .filter(({ version }) => version === 1)
    .flatMap((mount): GroupParent[] => {
      const controllers = (['memory', 'cpu'] as const).filter(name => mount.options.includes(name));
      if (controllers.length === 0) return [];
      return [{ version: 1, controllers, folder: within(mount, own.get(controllers[0]!) ?? '/') }];
    });
  const second = mounts
    .filter(({ version }) => version === 2)
    .flatMap(mount => above(mount.folder, within(mount, own.get('') ?? '/')))
    .map((folder): GroupParent => ({ version: 2, controllers: ['memory', 'cpu'], folder }));
  return [...second, ...first];
}

/** mountinfo: id, parent, device, root, folder, options, optional fields, `-`, type, source, options of the file system. */
function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line): Mount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const [, , , root = '/', folder = ''] = before.split(' ');
    return [{ version: type === 'cgroup' ? 1 : 2, root, folder, options: options.split(',') }];
  });
}

/** `4:memory:/path`, `0::/path`: the path for each controller; the empty name is version 2's. */
function parseOwn(ownGroups: string): Map<string, string> {
  const lines = ownGroups.split('\n').map(line => /^\d+:([^:]*):(.*)$/.exec(line));
  return new Map(
    lines
      .filter(match => match !== null)
      .flatMap(([, names = '', path = '/']) => names.split(',').map(name => [name, path])),
  );
}

/** In a container the mount shows a part of the tree only, while our own path may be told from the tree's root. */
function within({ root, folder }: Mount, path: string): string {
  const inside = relative(root, path);
  return inside.startsWith('..') ? folder : join(folder, inside);
}

/** From the parent of `folder` up to `top`; `top` itself when that is where we are. */
function above(top: string, folder: string): string[] {
  const folders: string[] = [];
  for (let at = folder; at !== top && at.startsWith(top); at = dirname(at)) folders.push(dirname(at));
  return folders.length === 0 ? [top] : folders;
}
