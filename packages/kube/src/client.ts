/**
 * The client port: how a reconciler, the composer or a command speaks with a Kubernetes API. Types only. The API server
 * implements it in-process, the controller package over HTTPS; both fail with `StatusError`.
 */
import type { KindRef, KubeList, KubeObject, ObjectRef } from './objects.ts';

export interface ReadOptions {
  /** The reader changes nothing of what it gets: it may be shared with others, and frozen. */
  shared?: boolean;
}

export interface ListOptions extends ReadOptions {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
}

export interface WriteOptions {
  fieldManager?: string;
  dryRun?: boolean;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export type Patch =
  | { type: 'json'; body: unknown[] }
  | { type: 'merge'; body: Record<string, unknown> }
  | { type: 'strategic'; body: Record<string, unknown> }
  | { type: 'apply'; body: Record<string, unknown>; force?: boolean };

export interface PatchOptions extends WriteOptions {
  subresource?: 'status' | 'scale';
}

export interface DeleteOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export interface WatchOptions extends ReadOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Where to start. Absent: `ADDED` for everything that is there, then what changes. */
  resourceVersion?: string;
  allowWatchBookmarks?: boolean;
  signal?: AbortSignal;
}

export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

/** Every method throws `StatusError` with Kubernetes' reasons (`NotFound`, `Conflict`, `AlreadyExists`, `Invalid`, `Expired` …). */
export interface Client {
  /** @throws StatusError `NotFound` */
  get<T extends KubeObject = KubeObject>(ref: ObjectRef): Promise<T>;
  /** `undefined` where `get` would throw `NotFound` for the object (an unknown kind still throws). */
  find<T extends KubeObject = KubeObject>(ref: ObjectRef, options?: ReadOptions): Promise<T | undefined>;
  list<T extends KubeObject = KubeObject>(kind: KindRef, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject = KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  /** Replaces the object; with `metadata.resourceVersion` set, only that version (`Conflict` otherwise). */
  update<T extends KubeObject = KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject = KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject = KubeObject>(ref: ObjectRef, patch: Patch, options?: PatchOptions): Promise<T>;
  /** The object as it is after the call: still there while finalizers hold it. `undefined` when gone. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<KubeObject | undefined>;
  /** Ends when `signal` aborts; throws `Expired` when the start is too old: list again, then watch. */
  watch<T extends KubeObject = KubeObject>(kind: KindRef, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
}
