/** Remembers what was applied and what came of it, so that nothing is applied twice in vain. Forgetting it costs a request, nothing else. */
import { createHash } from 'node:crypto';
import type { KubeObject } from '@larder/kube';

export class ApplyMemo {
  readonly #seen = new Map<string, string>();

  /** True when `body` was the last that was applied to the object `live`, and nobody changed the object since. */
  isCurrent(live: KubeObject | undefined, body: unknown): boolean {
    const { uid } = live?.metadata ?? {};
    return live !== undefined && uid !== undefined && this.#seen.get(uid) === fingerprint(live, body);
  }

  /** `result` is what the API answered to applying `body`. */
  remember(result: KubeObject, body: unknown): void {
    const { uid } = result.metadata;
    if (uid !== undefined) this.#seen.set(uid, fingerprint(result, body));
  }

  forget(uid: string | undefined): void {
    if (uid !== undefined) this.#seen.delete(uid);
  }
}

/** Of everything but what changes by itself: status and bookkeeping. */
function fingerprint({ status: _status, metadata, ...rest }: KubeObject, body: unknown): string {
  const { resourceVersion: _version, managedFields: _fields, generation: _generation, ...meta } = metadata;
  return createHash('sha1')
    .update(JSON.stringify([meta, rest, body]))
    .digest('base64');
}
