/** `deletecollection`: every object that a list would answer, one by one. */
import { isNotFound, type DeleteOptions, type KubeObject } from '@larder/kube';
import type { Api, Target } from './api.ts';
import { remove } from './delete.ts';
import { list, type ListRequest } from './read.ts';

/** Objects being deleted at once: enough to share a commit's fsync. */
const together = 64;

/** The objects as they were; not atomic, as in Kubernetes: a failure leaves the rest. @throws StatusError */
export async function removeCollection(
  api: Api,
  target: Target,
  request: ListRequest,
  options: DeleteOptions,
): Promise<{ items: KubeObject[]; revision: number }> {
  const { items, revision } = list(api, target, request);
  for (let start = 0; start < items.length; start += together) {
    const batch = items.slice(start, start + together);
    await Promise.all(batch.map(object => removeListed(api, target, object, options)));
  }
  return { items, revision };
}

async function removeListed(api: Api, target: Target, object: KubeObject, options: DeleteOptions): Promise<void> {
  const { name, namespace = '' } = object.metadata;
  try {
    await remove(api, { ...target, namespace, name }, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
