/** What a service on offer consists of: the kinds that people write, and for each engine how such a claim is met. */
import type { AdmissionRule, KubeObject, PrinterColumn, Schema } from '@larder/kube';
import type { Composition } from './composition.ts';

export interface Service {
  /** `postgresql`: the folder it lives in. */
  name: string;
  /** Composite and claim, as the object to apply. */
  definition: CompositeResourceDefinition;
  compositions: ServiceComposition[];
  /** How a cluster meets claims: served to Crossplane as a function. */
  clusterCompositions?: ClusterComposition[];
  /** CustomResourceDefinitions of what the compositions compose or read, as objects to apply. */
  kinds: CustomResourceDefinition[];
  /** Rules about claims that their schema can't hold. */
  admission: AdmissionRule[];
  /** The connection secret of a claim that names none. */
  connectionSecretName(claimName: string): string;
  /** Its claims' secrets lead to servers that the plane lends its rights on: which secret is whose is recorded. */
  lendsRights?: boolean;
}

/** One engine's way to meet claims. */
export interface ServiceComposition {
  /** What `spec.compositionRef.name` says. */
  name: string;
  engine: 'local';
  /** What `spec.compositionSelector` matches. */
  labels: Record<string, string>;
  /** The Composition object to apply. */
  resource: KubeObject;
  compose: Composition;
}

/** Who runs instances on a cluster; what is done in them by SQL is the agent's. */
export type InstanceEngine = 'cloudnativepg' | 'stackgres';

/** One engine's way to meet claims on a cluster. The Composition objects are generated, since they hold the plane's settings. */
export interface ClusterComposition {
  /** What `spec.compositionRef.name` says. */
  name: string;
  engine: InstanceEngine | 'agent' | 'provider-sql';
  /** What `spec.compositionSelector` matches. */
  labels: Record<string, string>;
  /** Its settings come with the request, as `input`. */
  compose: Composition;
}

interface Names {
  kind: string;
  plural: string;
  singular?: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

/** An XRD of Crossplane's `apiextensions.crossplane.io/v1`: without a scope, so that there are claims. */
export interface CompositeResourceDefinition extends KubeObject {
  apiVersion: 'apiextensions.crossplane.io/v1';
  kind: 'CompositeResourceDefinition';
  spec: {
    group: string;
    names: Names;
    claimNames?: Names;
    connectionSecretKeys?: string[];
    defaultCompositionRef?: { name: string };
    enforcedCompositionRef?: { name: string };
    defaultCompositeDeletePolicy?: 'Background' | 'Foreground';
    versions: {
      name: string;
      served: boolean;
      referenceable: boolean;
      schema: { openAPIV3Schema: Schema };
      additionalPrinterColumns?: PrinterColumn[];
    }[];
  };
}

export interface CustomResourceDefinition extends KubeObject {
  apiVersion: 'apiextensions.k8s.io/v1';
  kind: 'CustomResourceDefinition';
  spec: {
    group: string;
    scope: 'Cluster' | 'Namespaced';
    names: Names & { singular: string; listKind: string };
    versions: {
      name: string;
      served: boolean;
      storage: boolean;
      schema: { openAPIV3Schema: Schema };
      subresources?: { status?: Record<string, never> };
      additionalPrinterColumns?: PrinterColumn[];
    }[];
  };
}
