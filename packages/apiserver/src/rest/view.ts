/** Stored objects as one served version shows them: with the defaults of the version they were stored in, and without what the shown one doesn't know. */
import { cloneJson, equalJson, type KubeObject } from '@larder/kube';
import type { Served } from '../registry/served.ts';

const views = new WeakMap<Served, WeakMap<KubeObject, KubeObject>>();

/** The object in `served`'s version; never to be changed. The stored object itself when that is what it shows. */
export function viewOf(served: Served, stored: KubeObject): KubeObject {
  let seen = views.get(served);
  if (seen === undefined) views.set(served, (seen = new WeakMap()));
  let view = seen.get(stored);
  if (view === undefined) seen.set(stored, (view = makeView(served, stored)));
  return view;
}

function makeView(served: Served, stored: KubeObject): KubeObject {
  if (served.alias) return served.alias.fromStored(stored);
  if (!served.custom) return stored;
  const view = cloneJson(stored);
  served.schemaOf(stored.apiVersion).applyDefaults(view);
  view.apiVersion = served.apiVersion;
  served.schema.prune(view);
  return equalJson(view, stored) ? stored : view;
}

/** The object as it is stored. */
export function toStorage(served: Served, object: KubeObject): KubeObject {
  if (served.alias) return served.alias.toStored(object);
  if (object.apiVersion === served.storageApiVersion) return object;
  const stored = cloneJson(object);
  stored.apiVersion = served.storageApiVersion;
  served.schemaOf(served.storageApiVersion).prune(stored);
  return stored;
}
