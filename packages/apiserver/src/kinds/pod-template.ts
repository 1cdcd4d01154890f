/** What Kubernetes fills into the containers of a pod, wherever a pod is described. */
import { isJsonObject, type JsonObject, type KubeObject } from '@larder/kube';

/** An image without a tag, or with `latest`, may be another one tomorrow: it is pulled each time. Changes `podSpec`. */
export function fillPullPolicies(podSpec: unknown): void {
  if (!isJsonObject(podSpec)) return;
  for (const container of [podSpec.containers, podSpec.initContainers].flat()) {
    if (!isJsonObject(container) || container.imagePullPolicy) continue;
    container.imagePullPolicy = isLatest(typeof container.image === 'string' ? container.image : '')
      ? 'Always'
      : 'IfNotPresent';
  }
}

function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const tag = /:([^/:]*)$/.exec(image)?.[1] ?? '';
  return tag === '' || tag === 'latest';
}

/** What lies at `path` below the object's spec; `undefined` where something on the way is no object. */
export function belowSpec(object: KubeObject, ...path: string[]): JsonObject | undefined {
  let at: unknown = (object as { spec?: unknown }).spec;
  for (const field of path) at = isJsonObject(at) ? at[field] : undefined;
  return isJsonObject(at) ? at : undefined;
}
