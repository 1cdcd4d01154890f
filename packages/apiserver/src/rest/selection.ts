/** Which objects of a kind a list or watch asks for. */
import {
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  type FieldSelector,
  type KubeObject,
  type LabelSelector,
} from '@larder/kube';
import type { Served } from '../registry/served.ts';

export interface Selection {
  labels: LabelSelector;
  fields: FieldSelector;
}

/** @throws StatusError `BadRequest` with Kubernetes' text */
export function parseSelection(served: Served, options: { labelSelector?: string; fieldSelector?: string }): Selection {
  const { labelSelector = '', fieldSelector = '' } = options;
  return {
    labels: parseLabelSelector(labelSelector),
    fields: parseFieldSelector(fieldSelector, served.definition.selectableFields, field => refusalOf(served, field)),
  };
}

/** As Kubernetes says it, in other words for each kind. */
function refusalOf({ custom, kind, definition: { selectableFields = [] } }: Served, field: string): string {
  if (kind === 'Job' && !custom) return `field label ${JSON.stringify(field)} not supported for Job`;
  if (custom || selectableFields.length > 0) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

export function selectsAll({ labels, fields }: Selection): boolean {
  return labels.length === 0 && fields.length === 0;
}

export function selects(selection: Selection, object: KubeObject): boolean {
  return matchesLabels(selection.labels, object.metadata.labels) && matchesFields(selection.fields, object);
}
