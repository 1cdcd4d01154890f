/** The managers of an object's fields: `metadata.managedFields` read and written. */
import { equalJson, isJsonObject } from '../json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../objects.ts';
import { union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { canonicalElement } from './path-element.ts';

export interface Manager {
  name: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  time?: string;
  /** Empty: the manager is gone. */
  fields: FieldSet | undefined;
  /** The entry that was read, while it still says the same. */
  entry?: ManagedFieldsEntry;
}

/** By identity: an applier is the same in all versions, an updater is another one in each. */
export type Managers = Map<string, Manager>;

/** The text that tells managers apart, and orders them. */
export function identityOf({ name, operation, apiVersion, subresource }: Omit<Manager, 'fields'>): string {
  return JSON.stringify([name, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** The managers that the entries name. `undefined` when an entry isn't one. */
export function readManagers(entries: unknown): Managers | undefined {
  const managers: Managers = new Map();
  if (entries === undefined || entries === null) return managers;
  if (!Array.isArray(entries)) return undefined;
  for (const entry of entries) {
    if (!isEntry(entry)) return undefined;
    const { manager = '', operation, apiVersion, subresource = '', time, fieldsV1 } = entry;
    const fields = Object.keys(fieldsV1 ?? {}).length === 0 ? undefined : (fieldsV1 as FieldSet);
    const known: Manager = { name: manager, operation, apiVersion, subresource, time, fields, entry };
    managers.set(identityOf(known), known);
  }
  return managers;
}

/** Fields that the wire may leave out are checked by whoever reads them. */
function isEntry(entry: unknown): entry is ManagedFieldsEntry {
  if (!isJsonObject(entry) || (entry.operation !== 'Apply' && entry.operation !== 'Update')) return false;
  if (typeof entry.apiVersion !== 'string' || entry.apiVersion === '' || entry.fieldsType !== 'FieldsV1') return false;
  return entry.fieldsV1 === undefined || isJsonObject(entry.fieldsV1);
}

/**
 * The managers that a written object starts from: those it names itself when it names any (so they can be edited), none when it
 * clears them (`[]` or `[{}]`), and those of the object before otherwise.
 */
export function managersOfUpdate(before: KubeObject | undefined, after: KubeObject, isSubresource: boolean): Managers {
  const current = before?.metadata.managedFields;
  const sent: unknown = after.metadata.managedFields;
  if (isSubresource || sent === current || equalJson(sent, current))
    return readManagers(current) ?? new Map<string, Manager>();
  if (isReset(sent)) return new Map();
  const edited = readManagers(sent);
  if (edited === undefined || edited.size === 0) return readManagers(current) ?? new Map<string, Manager>();
  for (const manager of edited.values()) {
    manager.fields = canonicalSet(manager.fields);
    manager.entry = undefined;
  }
  return edited;
}

function isReset(entries: unknown): boolean {
  if (!Array.isArray(entries)) return false;
  return entries.length === 0 || (entries.length === 1 && equalJson(entries[0], {}));
}

/** The set as we would have written it: others may escape the same element differently, or know elements that we don't. */
function canonicalSet(set: FieldSet | undefined): FieldSet | undefined {
  if (set === undefined) return undefined;
  const result: Record<string, FieldSet> = {};
  for (const [element, node] of Object.entries(set)) {
    const canonical = element === '.' ? element : canonicalElement(element);
    if (canonical === undefined || !isJsonObject(node)) continue;
    result[canonical] = union(result[canonical], canonicalSet(node)) ?? {};
  }
  return result;
}

/** The entries in Kubernetes' order: appliers first, then by time and name. `undefined` when there are none. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  const living = [...managers.values()].filter(({ fields }) => fields !== undefined);
  if (living.length === 0) return undefined;
  return living.sort(byOperationAndTime).map(entryOf);
}

function entryOf(manager: Manager): ManagedFieldsEntry {
  const { name, operation, apiVersion, time, fields, subresource, entry } = manager;
  if (entry !== undefined && entry.fieldsV1 === fields && entry.time === time) return entry;
  return {
    manager: name,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields ?? {},
    ...(subresource === '' ? {} : { subresource }),
  };
}

function byOperationAndTime(a: Manager, b: Manager): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.name, b.name) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const maxUpdaters = 10;

/** Keeps at most ten updaters: the oldest ones of a version become one, `ancient-changes`. */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, { operation, fields }]) => operation === 'Update' && fields !== undefined);
  let tooMany = updaters.length - maxUpdaters;
  updaters.sort(([, a], [, b]) => compareText(a.time ?? '', b.time ?? '') || compareText(a.name, b.name));
  const first = new Map<string, string>();
  for (const [identity, manager] of updaters) {
    if (tooMany <= 0) return;
    const { apiVersion } = manager;
    const oldest = first.get(apiVersion);
    if (oldest === undefined) {
      first.set(apiVersion, identity);
      continue;
    }
    const bucket: Manager = { ...manager, name: 'ancient-changes', subresource: '', entry: undefined };
    const bucketIdentity = identityOf(bucket);
    const merged = managers.get(bucketIdentity) ?? managers.get(oldest);
    bucket.fields = union(merged?.fields, manager.fields);
    managers.delete(identity);
    if (!managers.has(bucketIdentity)) managers.delete(oldest);
    managers.set(bucketIdentity, bucket);
    tooMany--;
  }
}
