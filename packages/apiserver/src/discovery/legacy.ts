/** Discovery one document at a time: groups, then the resources of each version. Pure. */
import type { Registry } from '../registry/registry.ts';
import { apiVersionOf, type Served } from '../registry/served.ts';
import { subresourcesOf } from '../registry/subresources.ts';

/** `/api` */
export function coreVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis` */
export function groupList(registry: Registry): object {
  const names = registry.groups().map(({ name }) => name);
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: names.filter(name => name !== '').map(name => groupOf(registry, name)),
  };
}

/** `/apis/GROUP`; `undefined` for a group that isn't served. */
export function group(registry: Registry, name: string): object | undefined {
  const known = name !== '' && registry.groups().some(served => served.name === name);
  return known ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(registry, name) } : undefined;
}

function groupOf(registry: Registry, name: string): object {
  const versions = registry.groups().find(served => served.name === name)?.versions ?? [];
  const named = versions.map(version => ({ groupVersion: apiVersionOf(name, version), version }));
  return { name, versions: named, preferredVersion: named[0] };
}

/** `/api/v1`, `/apis/GROUP/VERSION`; `undefined` for one that isn't served. */
export function resourceList(registry: Registry, apiVersion: string): object | undefined {
  const served = registry.inGroupVersion(apiVersion);
  if (served.length === 0) return undefined;
  const resources = served.flatMap(resourcesOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources };
}

function resourcesOf(served: Served): { name: string }[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = served.definition;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: served.verbs,
    ...(shortNames?.length ? { shortNames } : {}),
    ...(categories?.length ? { categories } : {}),
  };
  const below = subresourcesOf(served).map(({ name, verbs, kind: own }) => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    ...(own ?? { kind }),
    verbs,
  }));
  return [main, ...below];
}
