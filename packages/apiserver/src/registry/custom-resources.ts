/** Keeps the registry at what the stored CustomResourceDefinitions say. */
import { resourcesOfCrd, type KubeObject } from '@larder/kube';
import type { CommitListener, Commits } from '../commits.ts';
import { crdResource, isEstablished, storageVersionOf, type Crd } from './crd.ts';
import type { Registry } from './registry.ts';
import { apiVersionOf, LazySchema, Served } from './served.ts';

/** Serves what is stored now and follows every change from here on; returns the function that ends it. */
export function serveCustomResources(registry: Registry, commits: Commits): () => void {
  for (const { value } of commits.store.list(crdResource).items)
    registry.serveCustom(value.metadata.name, servedOf(value));
  const listener: CommitListener = ({ type, key, value, previous }) => {
    if (key.resource !== crdResource) return;
    if (type === 'put' && previous && servesSame(value as Crd, previous as Crd)) return;
    registry.serveCustom(key.name, type === 'delete' ? [] : servedOf(value));
  };
  return commits.listen(listener);
}

/** A change of metadata alone must not throw compiled schemas away. */
function servesSame(crd: Crd, before: Crd): boolean {
  if (isEstablished(crd) !== isEstablished(before)) return false;
  if (crd.metadata.deletionTimestamp !== before.metadata.deletionTimestamp) return false;
  return crd.metadata.generation === before.metadata.generation;
}

function servedOf(object: KubeObject): Served[] {
  const crd = object as Crd;
  if (!isEstablished(crd)) return [];
  const storageVersion = storageVersionOf(crd);
  const terminating = crd.metadata.deletionTimestamp !== undefined;
  const options = { custom: true, terminating, ...(storageVersion === undefined ? {} : { storageVersion }) };
  const { group, versions } = crd.spec;
  const all = resourcesOfCrd({
    ...crd,
    spec: { ...crd.spec, versions: versions.map(each => ({ ...each, served: true })) },
  });
  const schemas = new Map(
    all.map(({ version, schema }) => [apiVersionOf(group, version), new LazySchema(schema)] as const),
  );
  return resourcesOfCrd(crd).map(definition => new Served(definition, { ...options, schemas }));
}
