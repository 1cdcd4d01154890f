/** The objects a composition wants, made ready to apply, and what the composite records of them first. Decides, touches nothing. */
import type { CompositionResponse, DesiredComposed } from '@larder/catalog';
import { equalJson, type KindRef, type KubeObject, type ObjectRef } from '@larder/kube';
import {
  finalizer,
  label,
  nameOf,
  protectedAnnotation,
  resourceNameAnnotation,
  type Composite,
} from '../crossplane.ts';
import { childName } from '../names.ts';

export interface PlannedObject {
  resourceName: string;
  ref: ObjectRef;
  /** The body of the server-side apply. */
  body: Record<string, unknown>;
  ready: boolean;
}

/** In the composition's order, which is the order of creation. @throws Error when a resource changed its kind */
export function planComposed(
  composite: Composite,
  wanted: CompositionResponse['composed'],
  observed: ReadonlyMap<string, { resource: KubeObject }>,
): PlannedObject[] {
  return Object.entries(wanted).map(([resourceName, { resource, ready }]) => {
    const { apiVersion, kind } = resource as unknown as KindRef;
    const live = observed.get(resourceName)?.resource;
    if (live !== undefined && live.kind !== kind) {
      throw new Error(`cannot change the kind of composed resource "${resourceName}" from ${live.kind} to ${kind}`);
    }
    const { metadata, ...rest } = resource;
    const { uid = '', name: prefix } = composite.metadata;
    const name = live?.metadata.name ?? metadata.name ?? childName(prefix, uid, resourceName);
    const namespace = live?.metadata.namespace ?? metadata.namespace;
    const ref = { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) };
    return {
      resourceName,
      ref,
      ready,
      body: { ...withoutStatus(rest), metadata: metadataOf(composite, resourceName, ref, metadata) },
    };
  });
}

/** The same object, marked as one that nobody may delete by hand. */
export function asProtected(planned: PlannedObject): PlannedObject {
  const metadata = planned.body.metadata as { annotations?: Record<string, string> };
  const annotations = { ...metadata.annotations, [protectedAnnotation]: 'true' };
  return { ...planned, body: { ...planned.body, metadata: { ...metadata, annotations } } };
}

function withoutStatus(fields: Omit<DesiredComposed['resource'], 'metadata'>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== 'status'));
}

function metadataOf(
  composite: Composite,
  resourceName: string,
  { name, namespace }: ObjectRef,
  own: DesiredComposed['resource']['metadata'],
): Record<string, unknown> {
  const { apiVersion, kind, metadata } = composite;
  const claim = [label.claimName, label.claimNamespace].flatMap(key => {
    const value = metadata.labels?.[key];
    return value === undefined ? [] : [[key, value]];
  });
  const owner = {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    labels: {
      ...own.labels,
      ...Object.fromEntries(claim),
      [label.composite]: metadata.labels?.[label.composite] ?? metadata.name,
    },
    annotations: { ...own.annotations, [resourceNameAnnotation]: resourceName },
    ownerReferences: [
      ...(own.ownerReferences ?? []).filter(each => each.uid !== metadata.uid && !each.controller),
      owner,
    ],
    ...(own.finalizers && { finalizers: own.finalizers }),
  };
}

export interface RecordInput {
  composite: Composite;
  compositionRef: { name: string };
  /** Absent: the composition publishes no details. */
  secretNamespace?: string;
  planned: readonly PlannedObject[];
  /** Objects that are still there, wanted or not: they stay recorded until they are gone. */
  present: readonly ObjectRef[];
}

/**
 * The merge patch that the composite needs before anything is made for it: its finalizer and label, the choice of its
 * composition, where its secret goes, and references to all that shall be made. `undefined` when all is there.
 */
export function planRecord(input: RecordInput): Record<string, unknown> | undefined {
  const { composite, compositionRef, secretNamespace, planned, present } = input;
  const { metadata, spec } = composite;
  const planning = planned.map(each => each.ref);
  const kept = present.filter(ref => !planning.some(other => nameOf(other) === nameOf(ref)));
  const resourceRefs = [...planning, ...kept];
  const wanted: Composite['spec'] = { compositionRef: { name: compositionRef.name }, resourceRefs };
  if (secretNamespace !== undefined && metadata.uid !== undefined) {
    wanted.writeConnectionSecretToRef = spec.writeConnectionSecretToRef ?? {
      name: metadata.uid,
      namespace: secretNamespace,
    };
  }
  const changed = Object.entries(wanted).filter(([field, value]) => !equalJson(spec[field] ?? [], value));
  const { finalizers = [], labels = {}, resourceVersion, name } = metadata;
  const held = finalizers.includes(finalizer.composite);
  const labelled = labels[label.composite] !== undefined;
  if (held && labelled && changed.length === 0) return undefined;
  return {
    metadata: {
      resourceVersion,
      ...(!held && { finalizers: [...finalizers, finalizer.composite] }),
      ...(!labelled && { labels: { [label.composite]: name } }),
    },
    ...(changed.length > 0 && { spec: Object.fromEntries(changed) }),
  };
}

/** The observed objects that the composition no longer wants, last made first. */
export function planGarbage(
  wanted: CompositionResponse['composed'],
  observed: ReadonlyMap<string, { resource: KubeObject }>,
): KubeObject[] {
  const unwanted = [...observed].filter(([name]) => !Object.hasOwn(wanted, name)).map(([, { resource }]) => resource);
  return unwanted.filter(resource => resource.metadata.deletionTimestamp === undefined).reverse();
}
