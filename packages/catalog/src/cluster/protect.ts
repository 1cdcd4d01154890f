/**
 * Marks what a protected instance can not lose: the object with its data and the namespace around it. An admission policy of the cluster
 * refuses to delete what has the mark, but to those who carry out the claim's own deletion.
 */
import type { KubeObject } from '@larder/kube';
import type { DesiredComposed } from '../composition.ts';
import { fieldAt, isRecord } from '../postgresql/fields.ts';

/** The same that the local plane writes. */
export const protectedAnnotation = 'larder.dev/deletion-protection';

type Resource = DesiredComposed['resource'];

/** @param names of what is marked while the composite is protected */
export function protect(
  composite: KubeObject,
  composed: Record<string, DesiredComposed>,
  names: readonly string[],
): Record<string, DesiredComposed> {
  if (fieldAt(composite.spec, 'parameters.deletionProtection') !== true) return composed;
  return Object.fromEntries(
    Object.entries(composed).map(([name, one]) => [
      name,
      names.includes(name) ? { ...one, resource: marked(one.resource) } : one,
    ]),
  );
}

/** An Object that carries another is marked as well as what it carries. */
function marked(resource: Resource): Resource {
  const { metadata, spec } = resource;
  const annotations = { ...metadata.annotations, [protectedAnnotation]: 'true' };
  const carrier = fieldAt(spec, 'forProvider');
  const carried = fieldAt(carrier, 'manifest');
  const content =
    isRecord(spec) && isRecord(carrier) && isRecord(carried)
      ? { spec: { ...spec, forProvider: { ...carrier, manifest: marked(carried as unknown as Resource) } } }
      : {};
  return { ...resource, metadata: { ...metadata, annotations }, ...content };
}
