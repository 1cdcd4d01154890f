/**
 * Server-side apply: merges what a manager wants into what is there, field by field, and remembers who wants what.
 * Defaults, validation and what the server itself sets come after; nothing here changes its arguments.
 */
import { equalJson, isDeeperThan } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { groupOf, versionOf } from '../objects.ts';
import type { Schema } from '../schema.ts';
import { StatusError, badRequest } from '../status.ts';
import { compare } from './compare.ts';
import { conflictError } from './conflict.ts';
import { restrictFields } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { allowLastApplied, withLastApplied } from './last-applied.ts';
import { identityOf, readManagers, writeManagers } from './managers.ts';
import type { Manager, Managers } from './managers.ts';
import { mergeApplied } from './merge.ts';
import { ownedFields } from './owned-fields.ts';
import { pruneAbandoned } from './prune.ts';
import { atomicSet } from './schema-change.ts';
import { objectSchema } from './shape.ts';
import { sameOr, trackUpdate } from './track-update.ts';
import {
  changedFields,
  findConflicts,
  ownable,
  restrictComparison,
  takeFields,
  withoutManagedFields,
  writableFields,
} from './transfer.ts';
import { checkTypes, formatProblems } from './typed-check.ts';

export interface Apply {
  /** Absent when the apply creates the object. */
  live?: KubeObject;
  applied: KubeObject;
  schema: Schema;
  manager: string;
  /** Takes fields from other managers instead of failing. @default false */
  force?: boolean;
  subresource?: string;
  /** Top-level fields that this endpoint doesn't write: `['status']` for kinds whose status is a subresource. */
  ignored?: readonly string[];
  /** Now, as RFC 3339 in UTC to the second. */
  time: string;
}

/**
 * The merged object with its managed fields; equal to `live` when the apply changes nothing.
 * @throws StatusError `Conflict` with a cause for each field of another manager, `BadRequest`, or (as Kubernetes) 500 without a
 * reason when `applied` doesn't have the types of the schema
 */
export function serverSideApply(apply: Apply): KubeObject {
  checkRequest(apply);
  const schema = objectSchema(apply.schema);
  const managers = managersOfLive(apply, schema);
  const own = identityOf(selfOf(apply));
  const last = managers.get(own)?.fields;
  const writable = writableFields(apply.subresource, apply.ignored ?? []);
  const wanted = wantedPart(apply.applied, writable);
  const fields = ownable(restrictFields(ownedFields(wanted, schema), writable));
  managers.set(own, { ...selfOf(apply), fields, entry: managers.get(own)?.entry });
  const live = apply.live === undefined ? undefined : withoutManagedFields(apply.live);
  const merged = pruneAbandoned(mergeApplied(live ?? {}, wanted, schema), last, managers, schema) as KubeObject;
  const comparison = restrictComparison(compare(live ?? {}, merged, schema), writable);
  settle(apply, managers, changedFields(comparison), own);
  takeFields(managers, comparison.removed, own);
  const isSame = live !== undefined && equalJson(live, merged);
  keepTime(managers, own, isSame);
  return finish(apply, merged, managers);
}

function checkRequest({ live, applied, schema }: Apply): void {
  if (isDeeperThan(applied)) throw badRequest('cannot apply the configuration: it is nested too deep');
  if (live !== undefined && (live.apiVersion !== applied.apiVersion || live.kind !== applied.kind)) {
    throw badRequest(`invalid object type: ${describeKind(applied)}`);
  }
  if (applied.metadata.managedFields !== undefined && applied.metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const problems = checkTypes(applied, objectSchema(schema));
  if (problems.length === 0) return;
  const { name, namespace = '' } = applied.metadata;
  const message = `failed to create typed patch object (${namespace}/${name}; ${describeKind(applied)}): ${formatProblems(problems)}`;
  throw new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 });
}

const describeKind = ({ apiVersion, kind }: KubeObject): string =>
  `${groupOf(apiVersion)}/${versionOf(apiVersion)}, Kind=${kind}`;

/** The managers before the apply. What an untracked object has belongs to `before-first-apply` from now on. */
function managersOfLive({ live, time, ...apply }: Apply, schema: Schema): Managers {
  if (live === undefined) return new Map();
  const known = readManagers(live.metadata.managedFields) ?? new Map<string, Manager>();
  for (const manager of known.values()) manager.fields = atomicSet(manager.fields, schema);
  if (known.size > 0) return known;
  const after = withoutManagedFields(live);
  const ignored = apply.ignored;
  const entries = trackUpdate({ after, schema: apply.schema, manager: 'before-first-apply', ignored, time });
  return readManagers(entries) ?? new Map<string, Manager>();
}

const selfOf = ({ manager, applied, subresource = '', time }: Apply): Manager => ({
  name: manager,
  operation: 'Apply',
  apiVersion: applied.apiVersion,
  subresource,
  time,
  fields: undefined,
});

/** The configuration without what the endpoint doesn't write. */
function wantedPart(applied: KubeObject, writable: (field: string) => boolean): KubeObject {
  const identity = ['apiVersion', 'kind'];
  const entries = Object.entries(applied).filter(([field]) => identity.includes(field) || writable(field));
  return Object.fromEntries(entries) as KubeObject;
}

/** Takes what the apply changes from its managers, or fails when it isn't allowed to. */
function settle(apply: Apply, managers: Managers, changed: FieldSet | undefined, own: string): void {
  const conflicts = findConflicts(managers, changed, own);
  if (conflicts.size > 0 && apply.force !== true) {
    const left = apply.manager === 'kubectl' ? allowLastApplied(conflicts, apply.live, apply.schema) : conflicts;
    if (left.size > 0) throw conflictError(managers, left);
  }
  takeFields(managers, changed, own);
}

/** An apply that doesn't change the object leaves the time of the last one; a manager's first then has none. */
function keepTime(managers: Managers, own: string, isSame: boolean): void {
  const self = managers.get(own);
  if (self === undefined || !isSame) return;
  self.time = self.entry?.time;
  if (self.entry?.apiVersion !== self.apiVersion || !equalJson(self.entry.fieldsV1, self.fields ?? {})) return;
  self.fields = self.entry.fieldsV1 as FieldSet;
}

function finish(apply: Apply, merged: KubeObject, managers: Managers): KubeObject {
  const managedFields = sameOr(apply.live?.metadata.managedFields, writeManagers(managers));
  const object: KubeObject = { ...merged, metadata: { ...merged.metadata } };
  if (managedFields !== undefined) object.metadata.managedFields = managedFields;
  return apply.manager === 'kubectl' ? withLastApplied(object, apply.applied) : object;
}
