/** What an XRD defines: the CustomResourceDefinitions of its composite and of its claim, as Crossplane derives them. */
import type { CompositeResourceDefinition, CustomResourceDefinition } from '@larder/catalog';
import type { KindRef, PrinterColumn, Schema } from '@larder/kube';
import {
  claimColumns,
  claimSpecFields,
  compositeColumns,
  compositeSpecFields,
  statusFields,
} from './standard-fields.ts';

export interface DefinedCrds {
  composite: CustomResourceDefinition;
  /** Absent when the XRD offers no claim. */
  claim?: CustomResourceDefinition;
}

type Version = CompositeResourceDefinition['spec']['versions'][number];

/** Composite names are label values, and a claim's name gets a dash and five letters to become one. */
const LONGEST_NAME = 63;
const SUFFIX = 6;

/** @throws Error when composite and claim share a name */
export function crdsOfDefinition(definition: CompositeResourceDefinition): DefinedCrds {
  const { names, claimNames } = definition.spec;
  const composite = crdOf(definition, names, {
    scope: 'Cluster',
    category: 'composite',
    columns: compositeColumns,
    specFields: compositeSpecFields(
      (definition.spec as { defaultCompositionUpdatePolicy?: string }).defaultCompositionUpdatePolicy,
    ),
    nameSchema: own => ({ maxLength: Math.min(LONGEST_NAME, (own?.maxLength ?? LONGEST_NAME) + SUFFIX) }),
  });
  if (claimNames === undefined) return { composite };
  if (claimNames.kind === names.kind || claimNames.plural === names.plural) {
    throw new Error(
      `cannot offer claims of ${nameOfDefinition(definition)}: spec.claimNames must differ from spec.names`,
    );
  }
  const claim = crdOf(definition, claimNames, {
    scope: 'Namespaced',
    category: 'claim',
    columns: claimColumns,
    specFields: claimSpecFields(definition.spec.defaultCompositeDeletePolicy),
    nameSchema: own => ({ ...own, maxLength: Math.min(LONGEST_NAME - SUFFIX, own?.maxLength ?? LONGEST_NAME) }),
  });
  return { composite, claim };
}

/** The names of both, also for a definition that can't be served. */
export function crdNamesOfDefinition({ spec }: CompositeResourceDefinition): { composite: string; claim?: string } {
  const composite = `${spec.names.plural}.${spec.group}`;
  return spec.claimNames === undefined
    ? { composite }
    : { composite, claim: `${spec.claimNames.plural}.${spec.group}` };
}

/** The kinds in the version that composites and claims refer to. */
export function kindsOfDefinition(definition: CompositeResourceDefinition): { composite: KindRef; claim?: KindRef } {
  const { group, names, claimNames, versions } = definition.spec;
  const referenced = versions.find(version => version.referenceable) ?? versions[0];
  const apiVersion = `${group}/${referenced?.name ?? 'v1'}`;
  const composite = { apiVersion, kind: names.kind };
  return claimNames === undefined ? { composite } : { composite, claim: { apiVersion, kind: claimNames.kind } };
}

interface Flavour {
  scope: 'Cluster' | 'Namespaced';
  category: string;
  columns: PrinterColumn[];
  specFields: Record<string, Schema>;
  nameSchema: (own: Schema | undefined) => Schema;
}

function crdOf(
  definition: CompositeResourceDefinition,
  names: CompositeResourceDefinition['spec']['names'],
  flavour: Flavour,
): CustomResourceDefinition {
  const { group, versions } = definition.spec;
  const { labels, uid = '' } = definition.metadata;
  const { apiVersion, kind } = definition;
  const owner = { apiVersion, kind, name: definition.metadata.name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${group}`, ...(labels && { labels }), ownerReferences: [owner] },
    spec: {
      group,
      scope: flavour.scope,
      names: {
        ...names,
        singular: names.singular ?? names.kind.toLowerCase(),
        listKind: names.listKind ?? `${names.kind}List`,
        categories: [...(names.categories ?? []), flavour.category],
      },
      versions: versions.map(version => versionOf(version, flavour)),
    },
  };
}

function versionOf(version: Version, flavour: Flavour): CustomResourceDefinition['spec']['versions'][number] {
  return {
    name: version.name,
    served: version.served,
    storage: version.referenceable,
    schema: { openAPIV3Schema: schemaOf(version.schema.openAPIV3Schema, flavour) },
    subresources: { status: {} },
    additionalPrinterColumns: [...(version.additionalPrinterColumns ?? []), ...flavour.columns],
  };
}

/** Crossplane's fields win over the XRD's own of the same name. */
function schemaOf(own: Schema, { specFields, nameSchema }: Flavour): Schema {
  const { spec = {}, status = {}, metadata = {} } = own.properties ?? {};
  const rules = own['x-kubernetes-validations'];
  return {
    type: 'object',
    required: ['spec'],
    ...(own.description !== undefined && { description: own.description }),
    ...(rules && { 'x-kubernetes-validations': rules }),
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', properties: { name: { type: 'string', ...nameSchema(metadata.properties?.name) } } },
      spec: { ...spec, type: 'object', properties: { ...spec.properties, ...specFields } },
      status: { ...status, type: 'object', properties: { ...status.properties, ...statusFields } },
    },
  };
}

function nameOfDefinition(definition: CompositeResourceDefinition): string {
  return `${definition.kind} "${definition.metadata.name}"`;
}
