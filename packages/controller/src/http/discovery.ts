/** Which kinds an API serves, and under which paths; asked once a group and again when a kind lacks. */
import { groupOf, resourceNotFound, type KindRef } from '@larder/kube';
import { getJson, objectOfAnswer } from './answers.ts';
import type { Transport } from './transport.ts';

/** One entry of Kubernetes' `APIResourceList`, with its group's version. */
export interface DiscoveredResource extends KindRef {
  /** Plural: the word in the path. */
  name: string;
  singularName: string;
  namespaced: boolean;
  shortNames?: string[];
  categories?: string[];
  verbs: string[];
}

export interface Discovery {
  /** @throws StatusError `NotFound` when the API doesn't serve the kind */
  resourceOf(kind: KindRef): Promise<DiscoveredResource>;
  /** Everything in its preferred version, without sub-resources. */
  all(): Promise<DiscoveredResource[]>;
  /** What a user's word means: kind, plural, singular or short name, each with `.group` if wanted. */
  find(word: string): Promise<DiscoveredResource | undefined>;
}

export function discoveryOf(transport: Transport): Discovery {
  const groups = new Map<string, Promise<DiscoveredResource[]>>();
  const load = (apiVersion: string): Promise<DiscoveredResource[]> => {
    const loading = loadResources(transport, apiVersion);
    groups.set(apiVersion, loading);
    loading.catch(() => groups.delete(apiVersion));
    return loading;
  };
  const resourceOf = async ({ apiVersion, kind }: KindRef): Promise<DiscoveredResource> => {
    const isIt = (each: DiscoveredResource): boolean => each.kind === kind;
    const known = (await groups.get(apiVersion))?.find(isIt) ?? (await load(apiVersion)).find(isIt);
    if (known === undefined) throw resourceNotFound();
    return known;
  };
  const all = async (): Promise<DiscoveredResource[]> => {
    const { groups: served } = await getJson<{ groups: { preferredVersion: { groupVersion: string } }[] }>(
      transport,
      '/apis',
    );
    const versions = ['v1', ...served.map(each => each.preferredVersion.groupVersion)];
    return (await Promise.all(versions.map(load))).flat();
  };
  const find = async (word: string): Promise<DiscoveredResource | undefined> => {
    const [name = '', ...rest] = word.toLowerCase().split('.');
    const group = rest.join('.');
    return (await all()).find(each => {
      const words = [each.name, each.singularName, each.kind.toLowerCase(), ...(each.shortNames ?? [])];
      return words.includes(name) && (group === '' || groupOf(each.apiVersion) === group);
    });
  };
  return { resourceOf, all, find };
}

/** `/api/v1` or `/apis/<group>/<version>`. */
export function groupPath(apiVersion: string): string {
  const words = apiVersion.split('/').map(encodeURIComponent).join('/');
  return words.includes('/') ? `/apis/${words}` : `/api/${words}`;
}

async function loadResources(transport: Transport, apiVersion: string): Promise<DiscoveredResource[]> {
  const { status, body } = await transport.request({ method: 'GET', path: groupPath(apiVersion) });
  // Of a group that it doesn't serve, a kube-apiserver says so in plain text.
  if (status === 404) throw resourceNotFound();
  const list = objectOfAnswer<{ resources: DiscoveredResource[] }>(status, body);
  return list.resources.filter(each => !each.name.includes('/')).map(each => ({ ...each, apiVersion }));
}
