/** Crossplane's words: the labels, finalizers, managers and fields that others read, spelled once. */
import type { Condition, KubeObject, ObjectRef } from '@larder/kube';

export const CROSSPLANE_API = 'apiextensions.crossplane.io/v1';

export const label = {
  composite: 'crossplane.io/composite',
  claimName: 'crossplane.io/claim-name',
  claimNamespace: 'crossplane.io/claim-namespace',
} as const;

export const resourceNameAnnotation = 'crossplane.io/composition-resource-name';

/**
 * On a composite: the uid of its claim's connection secret, as it was when it was written. Who may write secrets can forge their labels,
 * owner references and content, but not this.
 */
export const secretUidAnnotation = 'larder.dev/connection-secret-uid';

/** On a composite: the uid of the claim that it was made for. Another claim of the same name isn't given the data of the first. */
export const claimUidAnnotation = 'larder.dev/claim-uid';

/** On what a protected composite composed, while it is protected: nobody deletes that by hand either. */
export const protectedAnnotation = 'larder.dev/deletion-protection';

/** On a CustomResourceDefinition of ours of which nothing is left: it may go. */
export const unusedAnnotation = 'larder.dev/unused';

export const finalizer = {
  claim: 'finalizer.apiextensions.crossplane.io',
  composite: 'composite.apiextensions.crossplane.io',
  defined: 'defined.apiextensions.crossplane.io',
  offered: 'offered.apiextensions.crossplane.io',
} as const;

/** Field managers of server-side apply, and of our other writes. */
export const manager = {
  definition: 'apiextensions.crossplane.io/definition',
  claim: 'apiextensions.crossplane.io/claim',
  composite: 'apiextensions.crossplane.io/composite',
  composed: 'apiextensions.crossplane.io/composed',
} as const;

export const connectionSecretType = 'connection.crossplane.io/v1alpha1';

interface MachineStatus {
  conditions?: Condition[];
  connectionDetails?: { lastPublishedTime?: string };
  claimConditionTypes?: string[];
  [field: string]: unknown;
}

/** What people write. */
export interface Claim extends KubeObject {
  spec: {
    resourceRef?: ObjectRef;
    compositionRef?: { name: string };
    compositeDeletePolicy?: 'Background' | 'Foreground';
    writeConnectionSecretToRef?: { name: string };
    [field: string]: unknown;
  };
  status?: MachineStatus;
}

/** What a claim becomes. Cluster-scoped. */
export interface Composite extends KubeObject {
  spec: {
    claimRef?: Required<ObjectRef>;
    resourceRefs?: ObjectRef[];
    compositionRef?: { name: string };
    compositionSelector?: { matchLabels: Record<string, string> };
    writeConnectionSecretToRef?: { name: string; namespace: string };
    [field: string]: unknown;
  };
  status?: MachineStatus;
}

export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/** The uid of the object's controller. */
export function controllerUid(object: KubeObject): string | undefined {
  return object.metadata.ownerReferences?.find(reference => reference.controller === true)?.uid;
}

/** `PostgresServer "x"` or `Secret "ns/x"`: how messages name an object. */
export function nameOf(object: ObjectRef | KubeObject): string {
  const { name, namespace } = 'metadata' in object ? object.metadata : object;
  return `${object.kind} "${namespace === undefined ? name : `${namespace}/${name}`}"`;
}

/** The command that shows more of an object. */
export function describeCommand(object: KubeObject): string {
  return `kubectl describe ${argumentsFor(object)}`;
}

/** `box.test.dev a -n default`: how kubectl names an object; without a group for core kinds. */
export function argumentsFor(object: ObjectRef | KubeObject): string {
  const { apiVersion, kind } = object;
  const { name, namespace } = 'metadata' in object ? object.metadata : object;
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  return `${kind.toLowerCase()}${group} ${name}${namespace === undefined ? '' : ` -n ${namespace}`}`;
}

/** Finalizers that neither we nor the garbage collector take off. */
export function finalizersOfOthers({ metadata }: KubeObject): string[] {
  const known: string[] = [...Object.values(finalizer), 'foregroundDeletion', 'orphan'];
  return (metadata.finalizers ?? []).filter(each => !known.includes(each));
}
