/** What the verbs work with: the served kinds, the store, and who asks how. */
import {
  badRequest,
  type AdmissionRule,
  type FieldError,
  type KubeObject,
  type ManagedFieldsEntry,
  type NameCheck,
  type StatusError,
} from '@larder/kube';
import type { Commits } from '../commits.ts';
import type { Registry } from '../registry/registry.ts';
import type { Served } from '../registry/served.ts';
import type { Stored, StoreKey } from '../store/store.ts';
import type { PageSnapshots } from './pages.ts';

export interface Api {
  registry: Registry;
  commits: Commits;
  /** By storage name; kinds without one only have what their schema says. */
  strategies: ReadonlyMap<string, Strategy>;
  rules: readonly AdmissionRule[];
  pages: PageSnapshots;
  now(): Date;
}

/** What one kind does beyond its schema. Every part is pure; objects are the callee's to change where it says so. */
export interface Strategy {
  /** @default a DNS subdomain */
  checkName?: NameCheck;
  /** Drops unknown fields below what the schema keeps whole; returns their paths. Changes `object`. */
  prune?(object: KubeObject): string[];
  /** Fills in what a schema's defaults can't say: part of decoding, so it counts as the writer's. Changes `object`. */
  fill?(object: KubeObject): void;
  /** Sets what the server sets, before validation. Changes `object`. `old` is absent on create. */
  prepare?(object: KubeObject, old: KubeObject | undefined, api: Api): void;
  /** As `prepare`, for a write to `/status`, whose `status` alone is the writer's. */
  prepareStatus?(object: KubeObject, old: KubeObject): void;
  /** Fills in, after validation, what reading the stored object would: nobody's field. Changes `object`. */
  settle?(object: KubeObject): void;
  /** Its `validate` says all that Kubernetes does: the schema is only asked about the rest. @default false */
  leads?: boolean;
  /** What the schema can't say. */
  validate?(object: KubeObject, old: KubeObject | undefined): FieldError[];
  /** Why this object may never be deleted. */
  refuseDelete?(object: KubeObject): StatusError | undefined;
  /** Changes `object` when a deletion is asked for; what it adds to hold the object back (a finalizer) does. */
  startDelete?(object: KubeObject): void;
  /** Whether an object that is being deleted must stay, beside its finalizers. */
  holds?(object: KubeObject): boolean;
  /** Whether the server counts changes of it. @default custom resources do */
  generation?: boolean;
  /** Whether a write to the main resource keeps `status` as it is. @default where `/status` is served */
  keepsStatus?: boolean;
  /** A delete answers with the object that was deleted. @default false: with a `Status` */
  answersDeleted?: boolean;
}

export interface User {
  username: string;
  uid?: string;
  groups: readonly string[];
  extra?: Record<string, string[]>;
}

/** Who writes and how. */
export interface WriteContext {
  user: User;
  /** For managed fields. */
  manager: string;
  dryRun: boolean;
  validation: 'Strict' | 'Warn' | 'Ignore';
  /** What strict decoding found wrong in the body already: `duplicate field "spec.a"`. */
  problems: readonly string[];
  /** Custom resources may be replaced without a resource version: for callers in this process. */
  unconditional?: boolean;
  warn(text: string): void;
}

/** One resource, and where asked for one object of it. */
export interface Target {
  served: Served;
  /** Empty: cluster-scoped, or all namespaces. */
  namespace: string;
  name: string;
  subresource?: 'status';
}

export function keyOfTarget({ served, namespace, name }: Target): StoreKey {
  return { resource: served.storage, namespace: served.definition.namespaced ? namespace : '', name };
}

export function strategyOf(api: Api, served: Served): Strategy {
  return api.strategies.get(served.storage) ?? {};
}

export function findStored(api: Api, target: Target): Stored | undefined {
  return api.commits.store.get(keyOfTarget(target));
}

/** Absent rather than empty. */
export function setManagedFields({ metadata }: KubeObject, managedFields: ManagedFieldsEntry[] | undefined): void {
  if (managedFields === undefined || managedFields.length === 0) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
}

/** RFC 3339 to the second, as Kubernetes writes times. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** @throws StatusError when a namespaced kind is asked for without a namespace */
export function requireNamespace(target: Target): void {
  if (target.served.definition.namespaced && target.namespace === '') {
    throw badRequest('an empty namespace may not be set during creation');
  }
}
