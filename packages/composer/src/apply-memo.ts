/** Remembers what was applied and what came of it, so that nothing is applied twice in vain. Forgetting it costs a request, nothing else. */
import { createHash } from 'node:crypto';
import type { KubeObject } from '@larder/kube';

export class ApplyMemo {
  readonly #manager: string;
  readonly #seen = new Map<string, string>();

  /** `manager` is the one that applies. */
  constructor(manager: string) {
    this.#manager = manager;
  }

  /** True when `body` was the last that was applied to the object `live`, and nobody changed anything of it since. */
  isCurrent(live: KubeObject | undefined, body: unknown): boolean {
    const { uid } = live?.metadata ?? {};
    return live !== undefined && uid !== undefined && this.#seen.get(uid) === this.#fingerprint(live, body);
  }

  /** `result` is what the API answered to applying `body`. */
  remember(result: KubeObject, body: unknown): void {
    const { uid } = result.metadata;
    if (uid !== undefined) this.#seen.set(uid, this.#fingerprint(result, body));
  }

  forget(uid: string | undefined): void {
    if (uid !== undefined) this.#seen.delete(uid);
  }

  /**
   * Whoever changes a field that was applied, or takes it away, takes it from its manager: as long as the manager has all that it
   * had, all is as it was applied. But the garbage collector takes owners off without a word.
   */
  #fingerprint({ metadata }: KubeObject, body: unknown): string {
    const ours = metadata.managedFields?.filter(
      ({ manager, operation, subresource }) => manager === this.#manager && operation === 'Apply' && !subresource,
    );
    const fields = ours?.map(({ fieldsV1 }) => fieldsV1);
    const { ownerReferences, deletionTimestamp } = metadata;
    return createHash('sha1')
      .update(JSON.stringify([fields, ownerReferences, deletionTimestamp, body]))
      .digest('base64');
  }
}
