/** The fields of a CustomResourceDefinition, and what Kubernetes fills in. */
import type { Condition, KubeObject } from '../objects.ts';
import type { PrinterColumn } from '../resource.ts';
import type { Schema } from '../schema.ts';

export interface DefinitionNames {
  plural: string;
  singular?: string;
  shortNames?: string[];
  kind: string;
  listKind?: string;
  categories?: string[];
}

export interface DefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: {
    status?: Record<string, unknown>;
    scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  };
  additionalPrinterColumns?: Omit<PrinterColumn, 'cell'>[];
  selectableFields?: { jsonPath: string }[];
}

export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    names: DefinitionNames;
    scope: 'Cluster' | 'Namespaced';
    versions: DefinitionVersion[];
    conversion?: { strategy: string; webhook?: Record<string, unknown> };
    preserveUnknownFields?: boolean;
  };
  status?: { conditions?: Condition[]; acceptedNames?: DefinitionNames; storedVersions?: string[] };
}

/** Fills in the names, the conversion and the stored version that were left out. Changes `definition`; may be repeated. */
export function defaultCustomResourceDefinition(definition: CustomResourceDefinition): void {
  const { spec } = definition;
  spec.names.singular ||= spec.names.kind.toLowerCase();
  spec.names.listKind ||= `${spec.names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
  if (spec.preserveUnknownFields === false) delete spec.preserveUnknownFields;
  const stored = spec.versions.find(version => version.storage);
  if (!stored || (definition.status?.storedVersions?.length ?? 0) > 0) return;
  definition.status = { ...definition.status, storedVersions: [stored.name] };
}
