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
  for (const batch of batchesOf(items)) {
    await Promise.all(batch.map(object => removeListed(api, target, object, options)));
  }
  return { items, revision };
}

/** As `removeCollection`, but one that can't go doesn't keep the others. What went wrong, by object. */
export async function removeAll(api: Api, target: Target, objects: KubeObject[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const batch of batchesOf(objects)) {
    const done = await Promise.allSettled(batch.map(object => removeListed(api, target, object, {})));
    failures.push(...done.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : [])));
  }
  return failures;
}

function batchesOf(objects: KubeObject[]): KubeObject[][] {
  return Array.from({ length: Math.ceil(objects.length / together) }, (_none, index) =>
    objects.slice(index * together, (index + 1) * together),
  );
}

async function removeListed(api: Api, target: Target, object: KubeObject, options: DeleteOptions): Promise<void> {
  const { name, namespace = '' } = object.metadata;
  try {
    await remove(api, { ...target, namespace, name }, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
