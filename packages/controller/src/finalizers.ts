/** Finalizers: put on before anything is made that must be cleared away, taken off when it is. */
import { isNotFound, refOf, type Client, type KubeObject } from '@larder/kube';

export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** The object with the finalizer; writes only when it lacks. @throws StatusError `Conflict` when the object changed since it was read */
export async function addFinalizer<T extends KubeObject>(client: Client, object: T, finalizer: string): Promise<T> {
  if (hasFinalizer(object, finalizer)) return object;
  return writeFinalizers(client, object, [...(object.metadata.finalizers ?? []), finalizer]);
}

/** Nothing happens when the finalizer or the object is gone. @throws StatusError `Conflict` when the object changed since it was read */
export async function removeFinalizer(client: Client, object: KubeObject, finalizer: string): Promise<void> {
  if (!hasFinalizer(object, finalizer)) return;
  const left = (object.metadata.finalizers ?? []).filter(each => each !== finalizer);
  try {
    await writeFinalizers(client, object, left);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** A list is replaced whole by a merge patch, so the resource version must come with it. */
function writeFinalizers<T extends KubeObject>(client: Client, object: T, finalizers: string[]): Promise<T> {
  const { uid, resourceVersion } = object.metadata;
  return client.patch<T>(refOf(object), { type: 'merge', body: { metadata: { uid, resourceVersion, finalizers } } });
}
