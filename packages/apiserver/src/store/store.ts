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
  /** The commit that wrote this state; also its `metadata.resourceVersion`. */
  revision: number;
  /** Deeply frozen. */
  value: KubeObject;
}

export type Change =
  | {
      do: 'put';
      key: StoreKey;
      value: KubeObject;
      /** The revision the object must have now; 0: it must not be there. Absent: whatever is there. */
      expect?: number;
    }
  | {
      do: 'delete';
      key: StoreKey;
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
  /** Events after this revision. */
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
  /** All or nothing under one revision; resolves once durable (fsync). @throws StoreConflictError with the key and what is there */
  commit(changes: Change[]): Promise<Stored[]>;
  /** Ordered, unique, complete. @throws CompactedError */
  watch(
    resource: string,
    options: StoreWatchOptions,
  ): AsyncIterable<StoreEvent | { type: 'progress'; revision: number }>;
  close(): Promise<void>;
}
