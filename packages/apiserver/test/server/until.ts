/** Waiting for the server's own work, by watching. */
import { isNotFound, keyOf, type Client, type KubeObject, type ObjectRef } from '@larder/kube';

/** Resolves when the object is gone. */
export function gone(client: Client, ref: ObjectRef): Promise<void> {
  return until(client, ref, object => object === undefined).then(() => undefined);
}

/** Resolves with the object's state when it satisfies `holds`; `undefined` stands for one that isn't there. */
export async function until(
  client: Client,
  ref: ObjectRef,
  holds: (object: KubeObject | undefined) => boolean,
): Promise<KubeObject | undefined> {
  const { resourceVersion } = (await client.list(ref)).metadata;
  const now = await client.find(ref);
  if (holds(now)) return now;
  const stop = new AbortController();
  try {
    for await (const { type, object } of client.watch(ref, { resourceVersion, signal: stop.signal })) {
      if (keyOf(object) !== keyOf({ metadata: ref })) continue;
      const state = type === 'DELETED' ? undefined : object;
      if (holds(state)) return state;
    }
  } catch (error) {
    // The kind itself went, and the object with it.
    if (!isNotFound(error) || !holds(undefined)) throw error;
  } finally {
    stop.abort();
  }
  throw new Error(`the watch of ${ref.kind} ended`);
}
