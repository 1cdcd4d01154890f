/** Discovery in one document, as newer clients ask for it (`apidiscovery.k8s.io`). Pure. */
import type { Registry } from '../registry/registry.ts';
import { apiVersionOf, type Served } from '../registry/served.ts';
import { subresourcesOf } from '../registry/subresources.ts';

/** For `/api` the core group, for `/apis` all others. @param version of the answer's own kind */
export function groupDiscovery(registry: Registry, root: 'api' | 'apis', version: string): object {
  const groups = registry.groups().filter(({ name }) => (name === '') === (root === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === '' ? {} : { name },
      versions: versions.map(each => ({
        version: each,
        resources: sorted(registry.inGroupVersion(apiVersionOf(name, each))).map(resourceOf),
        freshness: 'Current',
      })),
    })),
  };
}

function sorted(served: readonly Served[]): Served[] {
  return [...served].sort((a, b) => (a.definition.plural < b.definition.plural ? -1 : 1));
}

function resourceOf(served: Served): object {
  const { group, version, plural, singular, namespaced, kind, shortNames, categories } = served.definition;
  const responseKind = { group, version, kind };
  const subresources = subresourcesOf(served).map(({ name, verbs, kind: own }) => ({
    subresource: name,
    responseKind: own ?? responseKind,
    verbs,
  }));
  return {
    resource: plural,
    responseKind,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: served.verbs,
    ...(shortNames?.length ? { shortNames } : {}),
    ...(categories?.length ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}
