/** A served kind as data: everything the API server needs to serve it, and the same shape for built-in kinds and CRDs. */
import type { KubeObject } from './objects.ts';
import type { Schema } from './schema.ts';

export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** Kubernetes' simple JSONPath, e.g. `.status.version`. */
  jsonPath: string;
  format?: string;
  description?: string;
  /** Columns with a priority above 0 show with `-o wide` only. @default 0 */
  priority?: number;
  /** What a path can't say (a count, `1/1`); then `jsonPath` is only shown. For built-in kinds. */
  cell?: (object: KubeObject, now: Date) => string | number | boolean | null;
}

export interface ResourceDefinition {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  /** @default `<kind>List` */
  listKind?: string;
  plural: string;
  singular: string;
  shortNames?: string[];
  categories?: string[];
  namespaced: boolean;
  /** Structural OpenAPI v3 schema of the whole object. */
  schema: Schema;
  /** Whether `/status` is served; then writes to the main resource keep `status`, and `generation` counts changes of the rest. */
  status?: boolean;
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  columns?: PrinterColumn[];
  /** JSONPaths beyond `metadata.name` and `metadata.namespace` that field selectors may use. */
  selectableFields?: string[];
  deprecated?: string;
}
