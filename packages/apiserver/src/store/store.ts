/** The store port: what the API server asks of durable storage. One revision counter, atomic commits, watches from any kept revision. */
import type { KubeObject } from '@larder/kube';

export interface StoreKey {
  /** `secrets`, or `postgresqlinstances.syn.tools`: one spelling for all served versions of a kind. */
  resource: string;
  /** Empty for cluster-scoped objects. */
  namespace: string;
  name: string;
}

export interface Stored {
  key: StoreKey;
  /** When this state was written; also its `metadata.resourceVersion`, which the store sets. Every change has one of its own. */
  revision: number;
  /** Deeply frozen, and exactly what JSON makes of what was written. */
  value: KubeObject;
}

export type Change =
  | {
      do: 'put';
      key: StoreKey;
      /** Copied, never frozen or changed. */
      value: KubeObject;
      /** The revision the object must have now; 0: it must not be there. Absent: whatever is there. */
      expect?: number;
    }
  | {
      do: 'delete';
      key: StoreKey;
      /** Absent: whatever is there; but something must be. */
      expect?: number;
    };

export interface StoreEvent {
  type: 'put' | 'delete';
  revision: number;
  key: StoreKey;
  /** The new state; for `delete` the last one, with the deletion's revision as its resource version. */
  value: KubeObject;
  /** The state before; absent for a creation. */
  previous?: KubeObject;
}

export interface StoreWatchOptions {
  namespace?: string;
  /** Events after this revision: a list's, an event's, an object's or a progress mark's. */
  since: number;
  signal?: AbortSignal;
  /** Yields a progress mark when nothing happened for so long (ms). Absent: never. */
  progressEveryMs?: number;
}

export interface Store {
  /** The newest durable revision. Reads never show anything newer. */
  readonly revision: number;
  /** Events up to here are gone; a watch from before throws `CompactedError`. */
  readonly compactedRevision: number;
  get(key: StoreKey): Stored | undefined;
  /** In key order (namespace, then name), from memory, as of `revision`. */
  list(resource: string, namespace?: string): { items: Stored[]; revision: number };
  /**
   * All or nothing, and seen all at once; resolves once durable (fsync) with what each change wrote, for a deletion its last state.
   * Changes get consecutive revisions, so that a watch may resume between any two.
   * @throws StoreConflictError with the key and what is there, which reads already show
   * @throws StoreUnavailableError when the disk refuses: nothing was written as far as anybody will see, it may be tried again
   */
  commit(changes: Change[]): Promise<Stored[]>;
  /**
   * Ordered, unique, complete, and as slow as its reader likes. Ends when its signal or the store does.
   * @throws CompactedError at once, or from the iteration when it fell behind what is kept
   */
  watch(
    resource: string,
    options: StoreWatchOptions,
  ): AsyncIterable<StoreEvent | { type: 'progress'; revision: number }>;
  close(): Promise<void>;
}
