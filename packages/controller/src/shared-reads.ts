/** A client for reconcilers that never change what they read: in the API's own process nothing is copied for them. */
import type { Client } from '@larder/kube';

/** As `client`, but what it finds and lists is shared with others, and may be frozen. What writes answer is the caller's own. */
export function sharedReads(client: Client): Client {
  return {
    get: ref => client.get(ref),
    find: ref => client.find(ref, { shared: true }),
    list: (kind, options) => client.list(kind, { ...options, shared: true }),
    create: (object, options) => client.create(object, options),
    update: (object, options) => client.update(object, options),
    updateStatus: (object, options) => client.updateStatus(object, options),
    patch: (ref, change, options) => client.patch(ref, change, options),
    delete: (ref, options) => client.delete(ref, options),
    watch: (kind, options) => client.watch(kind, { ...options, shared: true }),
  };
}
